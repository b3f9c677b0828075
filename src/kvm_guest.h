/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest as small as can be: one page of code that reads memory of this process through KVM's own page tables. */
#ifndef NUMAPROBE_KVM_GUEST_H
#define NUMAPROBE_KVM_GUEST_H

#include <stddef.h>

/*
 * Runs a guest that reads one byte of each page of [memory, memory + bytes), whole pages, so that KVM looks each one
 * up in the page tables of this process (hva_to_pfn(), virt/kvm/kvm_main.c). Opens /dev/kvm.
 * 0; -errno of it; -ENOTSUP: another architecture; -EPROTO: the guest did not run to its end.
 */
int np_kvm_guest_read(void *memory, size_t bytes);

#endif
