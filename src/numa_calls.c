// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The system calls that libnuma's <numaif.h> declares, made directly.
 *
 * libnuma's own are no more than this, but loading the library runs its constructor: it reads the nodes, their
 * meminfo and its own status twice, and sets and resets the memory policy. That is 0.6 ms of CPU, more than
 * everything else that happens before main(), for calls that most runs don't even make. Defined here, they keep the
 * library out of the program (--as-needed); its header still gives constants and prototypes.
 */
#include <numaif.h>
#include <sys/syscall.h>
#include <unistd.h>

long move_pages(int pid, unsigned long count, void **pages, const int *nodes, int *status, int flags)
{
	return syscall(SYS_move_pages, pid, count, pages, nodes, status, flags);
}

long get_mempolicy(int *mode, unsigned long *nodes, unsigned long bits, void *addr, unsigned flags)
{
	return syscall(SYS_get_mempolicy, mode, nodes, bits, addr, flags);
}

long set_mempolicy(int mode, const unsigned long *nodes, unsigned long bits)
{
	return syscall(SYS_set_mempolicy, mode, nodes, bits);
}

long mbind(void *start, unsigned long bytes, int mode, const unsigned long *nodes, unsigned long bits,
	   unsigned flags)
{
	return syscall(SYS_mbind, start, bytes, mode, nodes, bits, flags);
}
