/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How numaprobe-walk gets rid of what it does not need: first its surroundings, then its privilege, then most system calls. */
#ifndef NUMAPROBE_PRIVILEGE_H
#define NUMAPROBE_PRIVILEGE_H

#include <stdbool.h>

/*
 * Before anything else: descriptors 0-2 are open and all others closed, the environment is empty, signals and
 * umask are the defaults, no core and no dump. Ends the program where that can't be had.
 */
void np_privilege_start(void);

/* From all capabilities down to the two that loading needs: CAP_BPF and CAP_PERFMON. 0 or -errno. */
int np_privilege_narrow(void);

/* Makes the capabilities ineffective, to try whether serving works without; np_privilege_drop() must follow. */
int np_privilege_suspend(void);

/*
 * For good: the real user and group (nobody's for root), no supplementary groups, no capability in any set but,
 * where asked for, CAP_BPF, no new privileges. Then proves that none of it comes back. 0, or -errno with
 * everything that could be dropped dropped: then nothing may be served.
 */
int np_privilege_drop(bool keep_bpf);

/* Only what serving needs: receive, send, close, run a BPF program, exit. Anything else kills. 0 or -errno. */
int np_privilege_filter_calls(void);

#endif
