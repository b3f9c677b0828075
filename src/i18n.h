/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Translation of messages: _() at the place of use, N_() in tables, P_() where a number decides. */
#ifndef NUMAPROBE_I18N_H
#define NUMAPROBE_I18N_H

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#if defined(ENABLE_NLS) && ENABLE_NLS
#include <libintl.h>
#define _(text) gettext(text)
#define P_(one, many, number) ngettext(one, many, number)
#else
#define _(text) (text)
#define P_(one, many, number) ((number) == 1 ? (one) : (many))
#endif

#define N_(text) (text)

#endif
