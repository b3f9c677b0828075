// SPDX-License-Identifier: GPL-2.0-or-later
/* Privilege goes down, step by step, and never up. */
#include "privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534 /* the kernel's overflow id: owns nothing */

static void close_other_descriptors(void)
{
	if (syscall(SYS_close_range, 3U, ~0U, 0U) == 0)
		return;
	for (int fd = 3; fd < 65536; fd++) /* before 5.9 */
		close(fd);
}

void np_privilege_start(void)
{
	struct rlimit none = { 0, 0 };
	sigset_t no_signals;

	/* A missing 0, 1 or 2 would be given to the next file that is opened. */
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			_exit(127);
	close_other_descriptors();
	if (clearenv() != 0)
		_exit(127);
	for (int signal_number = 1; signal_number < NSIG; signal_number++)
		signal(signal_number, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&no_signals);
	sigprocmask(SIG_SETMASK, &no_signals, NULL); /* a blocked SIGTERM would outlive exec */
	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0); /* it outlives exec, and would keep the huge zero page unknown */
	umask(077);
	prctl(PR_SET_DUMPABLE, 0);
	if (setrlimit(RLIMIT_CORE, &none) < 0)
		_exit(127);
}

/* permitted and effective: these, as far as they are permitted now. */
static int keep_only(const cap_value_t *kept, int count, bool effective)
{
	cap_t now = cap_get_proc(), wanted = cap_init();
	int result = now && wanted ? 0 : -ENOMEM;

	for (int i = 0; !result && i < count; i++) {
		cap_flag_value_t has = CAP_CLEAR;

		cap_get_flag(now, kept[i], CAP_PERMITTED, &has);
		if (has != CAP_SET)
			continue;
		cap_set_flag(wanted, CAP_PERMITTED, 1, &kept[i], CAP_SET);
		if (effective)
			cap_set_flag(wanted, CAP_EFFECTIVE, 1, &kept[i], CAP_SET);
	}
	if (!result && cap_set_proc(wanted) < 0)
		result = -errno;
	cap_free(now);
	cap_free(wanted);
	return result;
}

/* Loading needs two; three more only serve to give everything up, and only root has them. */
static const cap_value_t loading[] = { CAP_BPF, CAP_PERFMON, CAP_SETUID, CAP_SETGID, CAP_SETPCAP };
#define LOADING ((int)(sizeof(loading) / sizeof(*loading)))

int np_privilege_narrow(void)
{
	return keep_only(loading, LOADING, true);
}

int np_privilege_suspend(void)
{
	return keep_only(loading, LOADING, false);
}

static void drop_bounding_set(void)
{
	for (cap_value_t cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); /* refused without CAP_SETPCAP, and then not needed */
}

static int become_ordinary(void)
{
	uid_t uid = getuid() ? getuid() : NOBODY;
	gid_t gid = getuid() ? getgid() : NOBODY;

	if (setgroups(0, NULL) < 0 && errno != EPERM)
		return -errno;
	/* Root without CAP_SETUID, as in some containers, stays root by number, without any capability. */
	if (setresgid(gid, gid, gid) < 0 && (errno != EPERM || getegid() != getgid()))
		return -errno;
	if (setresuid(uid, uid, uid) < 0 && (errno != EPERM || geteuid() != getuid()))
		return -errno;
	return 0;
}

static bool is_empty_but(cap_value_t allowed, bool keep)
{
	static const cap_flag_t sets[] = { CAP_EFFECTIVE, CAP_PERMITTED, CAP_INHERITABLE };
	cap_t now = cap_get_proc();
	bool empty = now != NULL;

	for (cap_value_t cap = 0; empty && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
		for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
			cap_flag_value_t has = CAP_SET;

			if (cap_get_flag(now, cap, sets[i], &has) < 0 ||
			    (has == CAP_SET && !(keep && cap == allowed && sets[i] != CAP_INHERITABLE)))
				empty = false;
		}
		empty &= prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 0;
	}
	cap_free(now);
	return empty;
}

/* Real, effective and saved ids are one, and root's can't be had. */
static bool are_ids_final(void)
{
	uid_t uid, effective_uid, saved_uid;
	gid_t gid, effective_gid, saved_gid;

	if (getresuid(&uid, &effective_uid, &saved_uid) < 0 || uid != effective_uid || uid != saved_uid ||
	    getresgid(&gid, &effective_gid, &saved_gid) < 0 || gid != effective_gid || gid != saved_gid)
		return false;
	if (uid == 0)
		return true; /* a container's, without capabilities: see become_ordinary() */
	return setuid(0) < 0 && seteuid(0) < 0 && (gid == 0 || (setgid(0) < 0 && setegid(0) < 0));
}

/* Tries to get back what was given up. */
static bool is_gone(bool keep_bpf)
{
	const cap_value_t wanted[] = { CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_SETUID };

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		cap_t caps = cap_get_proc();
		bool raised;

		if (!caps)
			return false;
		cap_set_flag(caps, CAP_PERMITTED, 1, &wanted[i], CAP_SET);
		cap_set_flag(caps, CAP_EFFECTIVE, 1, &wanted[i], CAP_SET);
		raised = cap_set_proc(caps) == 0;
		cap_free(caps);
		if (raised && !(keep_bpf && wanted[i] == CAP_BPF))
			return false;
	}
	return are_ids_final() && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
}

int np_privilege_drop(bool keep_bpf)
{
	const cap_value_t bpf = CAP_BPF;
	int result;

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	result = keep_only(loading, LOADING, true);
	drop_bounding_set();
	if (!result) {
		/*
		 * A change of user makes the process as dumpable as fs.suid_dumpable says, which may be anything;
		 * capabilities that its user lacks still keep ptrace away, so they go after that is put right.
		 */
		prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
		result = become_ordinary();
		prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	}
	prctl(PR_SET_DUMPABLE, 0);
	if (keep_only(&bpf, keep_bpf ? 1 : 0, true) < 0 && !result)
		result = -EPERM;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 && !result)
		result = -errno;
	if (!result && (!is_empty_but(CAP_BPF, keep_bpf) || !is_gone(keep_bpf)))
		result = -EPERM;
	return result;
}

#if defined(__x86_64__)
#define AUDIT_ARCH_HERE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define AUDIT_ARCH_HERE AUDIT_ARCH_AARCH64
#else
#error "name this architecture for the system-call filter"
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define ALLOW(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), RETURN(SECCOMP_RET_ALLOW)

int np_privilege_filter_calls(void)
{
	struct sock_filter filter[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_HERE, 1, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
		ALLOW(SYS_recvmsg),
		ALLOW(SYS_sendto), /* and not sendmsg, which could hand the program's descriptor out */
		ALLOW(SYS_close),
		ALLOW(SYS_exit_group),
		/* bpf(2) for running what is loaded, and nothing else. */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 3), /* past ALLOW, which is two */
		LOAD(args[0]), /* the low half; this kernel is little-endian */
		ALLOW(BPF_PROG_TEST_RUN),
		RETURN(SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = { .len = sizeof(filter) / sizeof(*filter), .filter = filter };

#if defined(__SANITIZE_ADDRESS__)
	return 0; /* the sanitizer's own calls are not foreseeable */
#endif
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}
