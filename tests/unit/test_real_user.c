// SPDX-License-Identifier: GPL-2.0-or-later
/* numaprobe with privilege of its own becomes its real user, or says that it could not. */
#include "unit.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "real_user.h"

#define USER 65534

/* From here on this call says that it did its work, and does not. */
static int lie(long number)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = UNIT_COUNT(filter), .filter = filter };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* As an ordinary user who started a program that is set-user-ID and set-group-ID root. */
static int start(void)
{
	return setresgid(USER, 0, 0) < 0 || setresuid(USER, 0, 0) < 0;
}

static int become(long unused)
{
	uid_t uid, effective_uid, saved_uid;
	gid_t gid, effective_gid, saved_gid;

	(void)unused;
	if (start() || np_become_real_user() < 0)
		return 1;
	if (getresuid(&uid, &effective_uid, &saved_uid) < 0 || getresgid(&gid, &effective_gid, &saved_gid) < 0)
		return 2;
	return uid != USER || effective_uid != USER || saved_uid != USER || gid != USER || effective_gid != USER ||
	       saved_gid != USER || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 1;
}

static int become_by_lies(long number)
{
	return start() || lie(number) < 0 || np_become_real_user() == 0;
}

static void need_root(void)
{
	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
}

static void test_become(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(status_of(become, 0), 0);
}

static void test_liars(void **state)
{
	static const long numbers[] = { SYS_setresuid, SYS_setresgid };

	(void)state;
	need_root();
	for (size_t i = 0; i < UNIT_COUNT(numbers); i++)
		if (status_of(become_by_lies, numbers[i]) != 0)
			fail_msg("system call %ld: its lie is believed", numbers[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_become),
		cmocka_unit_test(test_liars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
