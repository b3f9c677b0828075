#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes ./configure in a checkout.
set -eu
cd "$(dirname "$0")"
exec autoreconf --install --warnings=all
