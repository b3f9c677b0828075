# SPDX-License-Identifier: GPL-2.0-or-later
"""
Targets that fork, exec, exit, map and unmap as fast as they can: no crash, nothing left behind, and no total
shown as exact that is wrong. NUMAPROBE_STORM_SECONDS makes it longer.
"""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time

from client import Client, Gone
from harness import NOBODY, Factory, expect, expect_equal, installed, need_root, run, scratch, test

SECONDS = float(os.environ.get("NUMAPROBE_STORM_SECONDS", "4"))
ALL_WELL, FAILURE, PARTIAL = 0, 1, 3

STORM = r"""
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void *map_and_unmap(void *unused)
{
	for (unsigned i = 0;; i++) {
		size_t bytes = (size_t)(1 + i % 7) << (12 + i % 11);
		char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (at == MAP_FAILED)
			continue;
		memset(at, 1, bytes);
		mprotect(at, bytes / 2 & ~4095UL, PROT_NONE);
		if (i % 3)
			munmap(at + bytes / 2, bytes - bytes / 2);
		munmap(at, bytes);
	}
	return unused;
}

static void *give_back(void *unused)
{
	char *at = mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (unsigned i = 0;; i++) {
		madvise(at, 64 << 20, i % 2 ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
		for (size_t k = 0; k < 64 << 20; k += 1 << 16)
			at[k] = 1;
		madvise(at, 64 << 20, MADV_DONTNEED);
	}
	return unused;
}

static void *fork_and_exit(void *unused)
{
	for (;;) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc > 1 && strcmp(argv[1], "exec") == 0) {
		char *memory = malloc(1 << 20);

		memset(memory, 1, 1 << 20);
		execv("/proc/self/exe", argv);
	}
	pthread_create(&thread, NULL, map_and_unmap, NULL);
	pthread_create(&thread, NULL, give_back, NULL);
	fork_and_exit(NULL);
}
"""


@contextlib.contextmanager
def storm(*arguments, **options):
    with scratch() as directory:
        source = directory / "storm.c"
        source.write_text(STORM, encoding="ascii")
        subprocess.run(["cc", "-O1", "-pthread", "-o", directory / "storm", source], check=True)
        with subprocess.Popen([directory / "storm", *arguments], start_new_session=True, **options) as process:
            try:
                yield process.pid
            finally:
                os.killpg(process.pid, signal.SIGKILL)


def check(done):
    expect(done.returncode in (ALL_WELL, FAILURE, PARTIAL), f"exit status {done.returncode}: {done.stderr}")
    if done.returncode == FAILURE:
        expect(done.stderr.startswith("numaprobe: "), f"standard error {done.stderr!r}")
        return None
    return json.loads(done.stdout)


def walkers():
    """numaprobe-walk processes whose parent is gone, or is this one."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            text = stat.read_text(errors="replace")
            if "(numaprobe-walk)" in text and int(text.rpartition(")")[2].split()[1]) in (1, os.getpid()):
                found.append(stat.parent.name)
    return found


def look_until(pids, look):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        for pid in pids:
            look(pid)


@test()
def processes_that_never_rest():
    with storm() as busy, storm("exec") as executing, Factory("churn:4M", "toggle:4M") as churning:
        look_until((busy, executing, churning.pid), lambda pid: check(run("-J", "-v", pid)))
    expect_equal("walkers left", walkers(), [])


@test()
def what_rests_is_told_exactly():
    """In the midst of it, memory that nobody touches: every page is told of, at every look."""
    with storm() as busy, Factory("anon:16M:half", "churn:4M", "churn:8M") as factory:
        region = factory.region("anon:16M:half")

        def look(_):
            got = check(run("-J", "-v", "--range", f"{region['start']}-{region['end']}", factory.pid))
            if got and not got["problems"]:
                expect_equal("resident", sum(m["pages"]["resident"] for m in got["targets"][0]["mappings"]), 2048)

        look_until((busy,), look)


@test()
def one_walker_for_all_of_it():
    """Asked for one process after another that changes and dies: nothing piles up, and it still serves."""
    need_root()
    with installed() as (_, walk), Client(walk, **NOBODY) as client, storm() as busy, storm("exec") as executing:
        client.ready()
        before = len(os.listdir(f"/proc/{client.pid}/fd"))

        def look(pid):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/pagemap", "rb") as pagemap:
                error, runs = client.walk(pagemap.fileno())
                expect(error in (0, 3), f"error {error}")
                if not error:
                    expect_equal("pages", sum(pages for _, pages in runs), client.space_end // 4096)

        try:
            look_until((busy, executing), look)
        except Gone:
            expect(False, f"the walker ended with status {client.wait()}")
        client.still_serves("the storm")
        expect_equal("descriptors", len(os.listdir(f"/proc/{client.pid}/fd")), before)
