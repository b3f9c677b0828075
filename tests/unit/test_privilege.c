// SPDX-License-Identifier: GPL-2.0-or-later
/* How numaprobe-walk gives up privilege: each test is a process of its own that does so, and tries to get it back. */
#include "unit.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stddef.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "walk/privilege.h"

static void need_root(void)
{
	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
}

/* A child's check: its line is the exit status, kept below that of a signal's. */
#define CHECK(true)                                                                       \
	do {                                                                              \
		if (!(true)) {                                                            \
			dprintf(2, "test_privilege.c:%d: not so: %s\n", __LINE__, #true); \
			return 1;                                                         \
		}                                                                         \
	} while (0)

/* The system-call filter */

static int call_filtered(long number)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && np_privilege_filter_calls() == 0);
	/* Arguments that do nothing where the call is allowed: no descriptor, no memory. */
	syscall(number, -1L, 0L, 0L, 0L, 0L, 0L);
	syscall(SYS_exit_group, 77);
	return 1;
}

static bool is_filtered_here(void)
{
#if defined(__SANITIZE_ADDRESS__)
	return false; /* the filter is not there either */
#else
	return true;
#endif
}

static void test_calls(void **state)
{
	static const long allowed[] = { SYS_recvmsg, SYS_sendto, SYS_close };

	(void)state;
	if (!is_filtered_here())
		skip();
	for (long number = 0; number < 600; number++) {
		bool serves = false;
		int status;

		for (size_t i = 0; i < UNIT_COUNT(allowed); i++)
			serves |= number == allowed[i];
		/* 335 and 336 are uretprobe and uprobe on x86-64, which no filter sees (kernel/seccomp.c). */
		if (number == SYS_exit_group || number == 335 || number == 336)
			continue;
		status = status_of(call_filtered, number);
		if (serves != (WIFEXITED(status) && WEXITSTATUS(status) == 77) ||
		    serves != !(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS))
			fail_msg("system call %ld: status %#x", number, (unsigned)status);
	}
}

/* The same numbers by other doors. */
static void test_calls_of_other_abis(void **state)
{
	const long x32 = 0x40000000;

	(void)state;
	if (!is_filtered_here())
		skip();
	for (long number = 0; number < 600; number++) {
		int status = status_of(call_filtered, x32 | number);

		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	}
}

#if defined(__x86_64__)
static int call_32_bits(long number)
{
	struct rlimit none = { 0, 0 };
	long result;

	setrlimit(RLIMIT_CORE, &none);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && np_privilege_filter_calls() == 0);
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(-1), "c"(0), "d"(0) : "memory");
	syscall(SYS_exit_group, 77);
	return (int)result;
}

/* Number 3 is read there and close here, 252 is exit_group there. */
static void test_32_bit_calls(void **state)
{
	static const long numbers[] = { 1, 3, 6, 11, 231, 252, 357 };

	(void)state;
	if (!is_filtered_here())
		skip();
	for (size_t i = 0; i < UNIT_COUNT(numbers); i++) {
		int status = status_of(call_32_bits, numbers[i]);

		/* a kernel without 32-bit calls faults */
		assert_true(WIFSIGNALED(status) && (WTERMSIG(status) == SIGSYS || WTERMSIG(status) == SIGSEGV));
	}
}
#endif

static int call_bpf(long command)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && np_privilege_filter_calls() == 0);
	syscall(SYS_bpf, command, 0L, 0L);
	syscall(SYS_exit_group, 77);
	return 1;
}

static void test_bpf_commands(void **state)
{
	(void)state;
	if (!is_filtered_here())
		skip();
	for (long command = 0; command < 64; command++) {
		int status = status_of(call_bpf, command);

		if (command == BPF_PROG_TEST_RUN)
			assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 77);
		else
			assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	}
}

/* Dropping */

static int caps_match(const char *text)
{
	cap_t now = cap_get_proc(), wanted = cap_from_text(text);
	int same = now && wanted && cap_compare(now, wanted) == 0;

	cap_free(now);
	cap_free(wanted);
	return same;
}

static int caps_are(bool bpf)
{
	return caps_match(bpf ? "cap_bpf=ep" : "=");
}

static int is_dropped(bool keep_bpf)
{
	uid_t uid, effective_uid, saved_uid;
	gid_t gid, effective_gid, saved_gid;

	CHECK(getresuid(&uid, &effective_uid, &saved_uid) == 0 && uid == 65534 && effective_uid == uid && saved_uid == uid);
	CHECK(getresgid(&gid, &effective_gid, &saved_gid) == 0 && gid == 65534 && effective_gid == gid && saved_gid == gid);
	CHECK(getgroups(0, NULL) == 0);
	CHECK(caps_are(keep_bpf));
	CHECK(setuid(0) < 0 && setgid(0) < 0 && setgroups(0, NULL) < 0);
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 0 &&
		      prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 0);
	CHECK(open("/etc/shadow", O_RDONLY) < 0);
	return 0;
}

static int drop(long keep_bpf)
{
	CHECK(np_privilege_narrow() == 0);
	CHECK(np_privilege_drop(keep_bpf) == 0);
	return is_dropped(keep_bpf);
}

static int drop_after_suspending(long keep_bpf)
{
	CHECK(np_privilege_narrow() == 0 && np_privilege_suspend() == 0);
	CHECK(np_privilege_drop(keep_bpf) == 0);
	return is_dropped(keep_bpf);
}

/* Root whose change of user takes nothing away, and who has everything ambient and inheritable. */
static int drop_with_securebits(long keep_bpf)
{
	cap_t all = cap_get_proc();

	for (cap_value_t cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
		cap_flag_value_t has = CAP_CLEAR;

		cap_get_flag(all, cap, CAP_PERMITTED, &has);
		cap_set_flag(all, CAP_INHERITABLE, 1, &cap, has);
	}
	CHECK(cap_set_proc(all) == 0);
	cap_free(all);
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
	CHECK(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED, 0, 0, 0) == 0);
	return drop_after_suspending(keep_bpf);
}

static int drop_with_groups(long keep_bpf)
{
	const gid_t groups[] = { 0, 1, 2, 42 };

	CHECK(setgroups(UNIT_COUNT(groups), groups) == 0 && setresgid(0, 0, 0) == 0);
	return drop(keep_bpf);
}

static void test_drop(void **state)
{
	(void)state;
	need_root();
	for (long keep_bpf = 0; keep_bpf <= 1; keep_bpf++) {
		assert_int_equal(status_of(drop, keep_bpf), 0);
		assert_int_equal(status_of(drop_after_suspending, keep_bpf), 0);
		assert_int_equal(status_of(drop_with_securebits, keep_bpf), 0);
		assert_int_equal(status_of(drop_with_groups, keep_bpf), 0);
	}
}

/* Root without CAP_SETUID and CAP_SETGID, as in some containers: root by number, with nothing. */
static int drop_in_container(long keep_bpf)
{
	cap_t few = cap_from_text("cap_bpf,cap_perfmon=ep");

	CHECK(few && cap_set_proc(few) == 0);
	cap_free(few);
	CHECK(np_privilege_narrow() == 0 && np_privilege_drop(keep_bpf) == 0);
	CHECK(caps_are(keep_bpf) && getuid() == 0 && setgroups(0, NULL) < 0);
	return 0;
}

static void test_drop_in_container(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(status_of(drop_in_container, 0), 0);
	assert_int_equal(status_of(drop_in_container, 1), 0);
}

/* Where privilege can't be given up, that is said: a saved user ID that is not the real one. */
static int fail_to_drop(long dumpable)
{
	CHECK(np_privilege_narrow() == 0);
	CHECK(setresgid(65534, 65534, 0) == 0 && setresuid(65534, 65534, 0) == 0);
	(void)dumpable;
	return np_privilege_drop(false) == 0 ? is_dropped(false) : 0;
}

static void test_saved_user(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(status_of(fail_to_drop, 0), 0);
}

/* What loading has, and while it is tried whether running needs it. */

static int narrow(long unused)
{
	(void)unused;
	CHECK(np_privilege_narrow() == 0);
	CHECK(caps_match("cap_bpf,cap_perfmon,cap_setuid,cap_setgid,cap_setpcap=ep"));
	CHECK(open("/proc/1/pagemap", O_RDONLY) < 0); /* root by number alone */
	CHECK(np_privilege_suspend() == 0);
	CHECK(caps_match("cap_bpf,cap_perfmon,cap_setuid,cap_setgid,cap_setpcap=p"));
	return 0;
}

static void test_narrow(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(status_of(narrow, 0), 0);
}

/*
 * A system call that says that it did something, and did nothing: what is given up is not believed, but looked at.
 * A filter that returns the error 0 is such a liar.
 */
static int lie(long number, long first_argument)
{
	unsigned low = first_argument < 0 ? 0 : (unsigned)first_argument;
	unsigned high = first_argument < 0 ? ~0U : low;
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, low, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, high, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = UNIT_COUNT(filter), .filter = filter };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static const struct {
	long number, first_argument; /* -1: any */
} lies[] = {
	{ SYS_capset, -1 },
	{ SYS_setresuid, -1 },
	{ SYS_setresgid, -1 },
	{ SYS_prctl, PR_SET_NO_NEW_PRIVS },
};

/* It has to be said that privilege was not given up. */
static int drop_with_a_liar(long which)
{
	CHECK(setresgid(1, 1, 0) == 0 && setresuid(1, 1, 0) == 0 && seteuid(0) == 0);
	CHECK(lie(lies[which].number, lies[which].first_argument) == 0);
	CHECK(np_privilege_narrow() == 0);
	return np_privilege_drop(false) == 0;
}

/* Even where what tells of capabilities lies with what sets them: whoever gets one that it must not have, has it. */
static int drop_with_two_liars(long unused)
{
	(void)unused;
	CHECK(setresgid(1, 1, 0) == 0 && setresuid(1, 1, 0) == 0 && seteuid(0) == 0);
	CHECK(lie(SYS_capset, -1) == 0 && lie(SYS_capget, -1) == 0);
	CHECK(np_privilege_narrow() == 0);
	return np_privilege_drop(false) == 0;
}

/* Who can change no user is as dumpable as before. */
static int stay_dumpable(long unused)
{
	cap_t few = cap_from_text("cap_sys_admin,cap_bpf=ep");

	(void)unused;
	CHECK(few && cap_set_proc(few) == 0 && prctl(PR_SET_DUMPABLE, 1) == 0);
	cap_free(few);
	CHECK(lie(SYS_prctl, PR_SET_DUMPABLE) == 0 && np_privilege_narrow() == 0);
	return np_privilege_drop(false) == 0;
}

static void test_liars(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(status_of(stay_dumpable, 0), 0);
	assert_int_equal(status_of(drop_with_two_liars, 0), 0);
	for (size_t i = 0; i < UNIT_COUNT(lies); i++)
		if (status_of(drop_with_a_liar, (long)i) != 0)
			fail_msg("system call %ld, argument %ld: its lie is believed", lies[i].number,
				 lies[i].first_argument);
}

/* The start */

static int start_clean(long unused)
{
	struct rlimit core;
	sigset_t blocked;

	(void)unused;
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_IGN);
	sigfillset(&blocked);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	setenv("LIBBPF_LOG_LEVEL", "debug", 1);
	umask(0);
	CHECK(fcntl(1, F_DUPFD, 3) >= 3 && fcntl(1, F_DUPFD, 100) >= 100);
	close(0);
	np_privilege_start();
	CHECK(!environ || !*environ);
	CHECK(umask(0) == 077);
	CHECK(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0);
	CHECK(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	CHECK(sigprocmask(SIG_SETMASK, NULL, &blocked) == 0 && sigisemptyset(&blocked));
	CHECK(signal(SIGTERM, SIG_DFL) == SIG_DFL && signal(SIGPIPE, SIG_IGN) == SIG_IGN);
	CHECK(fcntl(0, F_GETFD) >= 0 && fcntl(1, F_GETFD) >= 0 && fcntl(2, F_GETFD) >= 0);
	for (int fd = 3; fd < 1024; fd++)
		CHECK(fcntl(fd, F_GETFD) < 0);
	return 0;
}

/* From here on this call fails. */
static int refuse(long number, unsigned error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = UNIT_COUNT(filter), .filter = filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int start_before_close_range(long unused)
{
	CHECK(refuse(SYS_close_range, ENOSYS) == 0);
	return start_clean(unused);
}

static void test_start(void **state)
{
	(void)state;
	assert_int_equal(status_of(start_clean, 0), 0);
	assert_int_equal(status_of(start_before_close_range, 0), 0);
}

/* What can't be had ends the program before anything else is done. */
static int start_without(long number)
{
	close(0);
	CHECK(refuse(number, EMFILE) == 0);
	np_privilege_start();
	return 0;
}

static void test_no_start(void **state)
{
	static const long numbers[] = { SYS_openat, SYS_prlimit64 };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(numbers); i++) {
		int status = status_of(start_without, numbers[i]);

		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 127);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_calls_of_other_abis),
#if defined(__x86_64__)
		cmocka_unit_test(test_32_bit_calls),
#endif
		cmocka_unit_test(test_bpf_commands),
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_drop_in_container),
		cmocka_unit_test(test_saved_user),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_liars),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_no_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
