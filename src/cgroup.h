/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control groups: where their hierarchies are mounted, which processes are in one, which nodes one may use. */
#ifndef NUMAPROBE_CGROUP_H
#define NUMAPROBE_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "processes.h"

struct np_cgroup_mount {
	bool unified;	   /* version 2 */
	char *path;	   /* the mount point, absolute */
	char *root;	   /* which cgroup is mounted there; "/" but for a bind mount, or a container's view */
	char *controllers; /* version 1: the mount's options, "rw,cpuset"; "" of version 2 */
};

struct np_cgroup_mounts {
	size_t count;
	struct np_cgroup_mount *mounts; /* version 2 first, otherwise in the kernel's order */
};

/* Lines of mountinfo. 0, -EINVAL, -ENOMEM; *ret, untouched then, is for np_cgroup_mounts_free(). */
int np_parse_cgroup_mounts(const char *text, size_t length, struct np_cgroup_mounts *ret);
void np_cgroup_mounts_free(struct np_cgroup_mounts *mounts);

struct np_controller {
	uint64_t hierarchy; /* of version 1; 0: none, or version 2 */
	uint64_t groups;    /* the root among them */
};

/* The line of a controller in /proc/cgroups. 0, -EINVAL, -ERANGE, -ENOENT; *ret is untouched then. */
int np_parse_controller(const char *text, size_t length, const char *name, struct np_controller *ret);

/* Whether some cgroup but the root has cpusets, as far as can be seen. */
bool np_cpusets_in_use(int root_fd);

/*
 * Adds the processes of a cgroup and of all below it. path: as /proc/PID/cgroup has it ("/system.slice"), with or
 * without its first slash, looked for in version 2, then in each hierarchy of version 1, the first that has it
 * counting; or the absolute path of its directory below a mount. Processes of another PID namespace have no
 * number here: *ret_foreign counts them. 0, -ENOENT where there is no such cgroup, or -errno.
 */
int np_cgroup_add(int root_fd, const char *path, struct np_pids *pids, size_t *ret_foreign);

/*
 * The memory nodes that the cpuset of a process allows, as the kernel writes lists ("0-1"). Read from its cgroup:
 * status has it too, but takes a reference to the memory of the process (proc_pid_status(), fs/proc/array.c).
 * 0; -ENOENT where no cpuset is mounted; or -errno. The caller frees *ret.
 */
int np_cgroup_memory_nodes(int root_fd, int pid_dir_fd, char **ret);

#endif
