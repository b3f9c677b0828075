/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Installed set-user-ID, numaprobe has privilege for one thing: to start numaprobe-walk. Then it is the real
 * user for good, before it reads its arguments.
 */
#ifndef NUMAPROBE_REAL_USER_H
#define NUMAPROBE_REAL_USER_H

/*
 * Whoever starts a program can close its descriptors 0 to 2, and the next files to be opened would take their
 * places. Opens what is missing as a descriptor that is good for nothing. 0 or -errno.
 */
int np_keep_standard_descriptors(void);

/*
 * The ids of the real user and group, and no capability; proves that root's can't be had back. Then the program
 * is an ordinary one: its own files in /proc are its user's again. 0 or -errno; then the program must end.
 */
int np_become_real_user(void);

#endif
