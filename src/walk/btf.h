/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few facts that are needed of the kernel's type information (BTF), found in one pass.
 *
 * libbpf would relocate the program by itself, but reads and indexes all of it: some 10 ms of CPU against
 * less than one. Documentation/bpf/btf.rst has the format.
 */
#ifndef NUMAPROBE_BTF_H
#define NUMAPROBE_BTF_H

#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "../bpf/walk_abi.h"
#include "arch.h"

/*
 * Offsets of all members that the BPF program needs, from a BTF blob.
 * 0; -EINVAL: damaged or foreign; -ENOENT: a structure or member is not there.
 */
int np_btf_offsets(const void *btf, size_t length, struct np_offsets *ret);

/* What the names of functions and types tell of the layout of swap types; what they don't tell is -1. */
int np_btf_swap_layout(const void *btf, size_t length, struct np_swap_layout *ret);

#endif
