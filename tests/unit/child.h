/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A test that needs a process of its own: what it gives up is gone for good. After unit.h. */
#ifndef NUMAPROBE_TESTS_CHILD_H
#define NUMAPROBE_TESTS_CHILD_H

#include <sys/wait.h>
#include <unistd.h>

/* The status of a child that runs this; its return value is the exit status. */
static inline int status_of(int (*run)(long argument), long argument)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(run(argument));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

#endif
