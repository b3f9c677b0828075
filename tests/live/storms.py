# SPDX-License-Identifier: GPL-2.0-or-later
"""
Targets that fork, exec, exit, map and unmap as fast as they can: no crash, nothing left behind, and no total
shown as exact that is wrong. NUMAPROBE_STORM_SECONDS makes it longer.
"""

import contextlib
import json
import os
import pathlib
import select
import signal
import subprocess
import time

from client import ABSENT, PRESENT, UNKNOWN, Client, Gone
from harness import (HANG_SECONDS, NOBODY, Factory, children_of, expect, expect_equal, installed, need_root, outcome,
                     program, run, scratch, test)

SECONDS = float(os.environ.get("NUMAPROBE_STORM_SECONDS", "4"))
ALL_WELL, PARTIAL = 0, 3

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

# Gives page tables back as fast as it can, and fills what was given back with words that look like entries of
# PROT_NONE pages: whoever believes a table that is free by now sees a state that this process never has.
FREED = r"""
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES (8UL << 20)

int main(int argc, char **argv)
{
	char *fixed = (char *)strtoul(argv[1], NULL, 16);

	(void)argc;
	for (;;) {
		uint64_t *lies = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		char *at = mmap(fixed, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

		if (at == MAP_FAILED || lies == MAP_FAILED)
			return 1;
		madvise(at, BYTES, MADV_NOHUGEPAGE);
		madvise(lies, BYTES, MADV_NOHUGEPAGE);
		for (size_t i = 0; i < BYTES; i += 4096)
			at[i] = 1;
		munmap(at, BYTES);
		for (size_t i = 0; i < BYTES / 64; i++)
			lies[i] = 0x8000000000000180;
		munmap(lies, BYTES);
	}
}
"""


@contextlib.contextmanager
def storm(*arguments, program_text=STORM, **options):
    with scratch() as directory:
        source = directory / "storm.c"
        source.write_text(program_text, encoding="ascii")
        subprocess.run(["cc", "-O1", "-pthread", "-o", directory / "storm", source], check=True)
        with subprocess.Popen([directory / "storm", *arguments], start_new_session=True, **options) as process:
            try:
                yield process.pid
            finally:
                os.killpg(process.pid, signal.SIGKILL)


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
        look_until((busy, executing, churning.pid), lambda pid: outcome(run("-J", "-v", pid), lives=pid != executing))
    expect_equal("walkers left", walkers(), [])


@test()
def what_rests_is_told_exactly():
    """In the midst of it, memory that nobody touches: every page is told of, at every look, or said to be unknown."""
    exact, looks = [], []
    with storm() as busy, Factory("anon:16M:half", "churn:4M", "churn:8M") as factory:
        region = factory.region("anon:16M:half")

        def look(_):
            done = run("-J", "-v", "--range", f"{region['start']}-{region['end']}", factory.pid)
            got = outcome(done)
            expect(got, f"it could not be looked at: {done.stderr}")
            pages = [mapping["pages"] for mapping in got["targets"][0]["mappings"]]
            resident, unknown = (sum(tally[key] for tally in pages) for key in ("resident", "unknown"))
            looks.append(resident)
            if done.returncode == PARTIAL:
                expect(resident <= 2048 <= resident + unknown, f"{resident} pages and {unknown} unknown: {got['problems']}")
                return
            expect_equal("resident", (resident, unknown), (2048, 0))
            exact.append(resident)

        look_until((busy,), look)
    expect(len(exact) * 2 > len(looks), f"{len(exact)} of {len(looks)} looks told exactly of memory that rests")


def resources(pid):
    """Open descriptors, children, and kilobytes, of a process."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    size, = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")]
    return len(os.listdir(f"/proc/{pid}/fd")), len(children_of(pid)), size


@test()
def watched():
    """Look after look from one process: no descriptor, no child and no memory piles up, and every line is whole."""
    with storm() as busy, storm("exec") as executing, Factory("churn:4M", "toggle:4M", "anon:4M") as churning, \
            subprocess.Popen([program("numaprobe"), "-w0.02", "-J", str(busy), str(executing), str(churning.pid)],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1) as process:
        first, lines, end = None, 0, time.monotonic() + SECONDS
        while time.monotonic() < end or lines < 20:
            expect(select.select([process.stdout], [], [], HANG_SECONDS)[0], "it says nothing more")
            line = process.stdout.readline()
            expect(line.endswith("\n"), f"it ended after {lines} lines: {line!r}")
            report = json.loads(line)
            unknown = [target["pid"] for target in report["targets"] if target["pages"] and target["pages"]["unknown"]]
            about = [problem["what"] for problem in report["problems"] if problem["operation"] == "walk"]
            expect(all(f"/proc/{pid}" in about for pid in unknown), f"unknown pages of {unknown}, problems of {about}")
            pids = {target["pid"] for target in report["targets"]}
            expect(pids == {busy, executing, churning.pid}, f"line {lines} is about {pids}")
            lines += 1
            if lines % 10 == 0:
                now = resources(process.pid)
                first = first or now
                expect(now[0] <= first[0] + 3 and now[1] == 1 and now[2] <= first[2] + 16384,
                       f"descriptors, children, KiB: {first} after 10 looks, {now} after {lines}")
        process.terminate()
        process.stdout.read()
        expect_equal("status", process.wait(HANG_SECONDS) in (ALL_WELL, PARTIAL), True)


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


@test()
def tables_that_are_freed():
    """
    A table may be given back and used for something else while it is copied: what was copied is believed only if
    the way to it is still the same. Here the something else looks like pages of a state that the process never has.
    """
    need_root()
    start, size = 0x500000000000, 8 << 20
    seen, walks = set(), 0
    with installed() as (_, walk), Client(walk, **NOBODY) as client, \
            storm(hex(start), program_text=FREED) as pid, open(f"/proc/{pid}/pagemap", "rb") as pagemap:
        client.ready()
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for _ in range(100):
                error, runs = client.walk(pagemap.fileno(), start, start + size)
                expect_equal("error, pages", (error, sum(pages for _, pages in runs)), (0, size // 4096))
                seen |= {code & 15 for code, _ in runs}
                walks += 1
            expect(seen <= {ABSENT, PRESENT, UNKNOWN}, f"states {seen} after {walks} walks")
    expect({ABSENT, PRESENT} <= seen, f"states {seen}")
