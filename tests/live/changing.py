# SPDX-License-Identifier: GPL-2.0-or-later
"""Targets that change, fork, exec and die while they are looked at."""

import contextlib
import pathlib
import random
import subprocess
import time

from harness import (Factory, balancing, expect, expect_equal, look_partly, outcome, pages_in, report, run, scratch,
                     test, total, wait_until)

RUNS = 200
FORK_FOR_EVER = "while :; do true & wait; /bin/true; done"


def look_at(*arguments, lives=False):
    return outcome(run("-J", "-v", *arguments), lives)


@contextlib.contextmanager
def shell(script):
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


@test()
def churning():
    with Factory("churn:4M", "toggle:4M", "anon:4M") as factory:
        for _ in range(RUNS):
            look_at(factory.pid, lives=True)


MAIN_THREAD_ENDS = r"""
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *volatile memory;

static void *rest(void *unused)
{
	memory = malloc(64 << 20);
	memset(memory, 1, 64 << 20);
	write(1, "\n", 1);
	pause();
	return unused;
}

int main(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, rest, NULL);
	pthread_exit(NULL);
}
"""


@test()
def main_thread_has_ended():
    """/proc/PID is a zombie's then, without memory; but the process has some."""
    with scratch() as directory:
        source = directory / "np-headless.c"
        source.write_text(MAIN_THREAD_ENDS, encoding="ascii")
        subprocess.run(["cc", "-O1", "-w", "-pthread", "-o", directory / "np-headless", source], check=True)
        with subprocess.Popen([directory / "np-headless"], stdout=subprocess.PIPE) as process:
            try:
                process.stdout.readline()
                status = pathlib.Path(f"/proc/{process.pid}/status")
                wait_until("zombie", lambda: "State:\tZ" in status.read_text(encoding="utf-8"))
                for arguments in ((process.pid,), ("np-headless",), ("-w0.05", "-c", "1", process.pid)):
                    target, = report(*arguments)["targets"]
                    expect_equal("pid, threads", (target["pid"], target["threads"]), (process.pid, 2))
                    expect(target["pages"]["resident"] >= 16384, f"{arguments}: {target['pages']}")
            finally:
                process.kill()


@test()
def others_stay_exact():
    """
    A thread that changes some mappings disturbs nothing in the others. Of its own mappings nothing is
    claimed: one that comes back at the same place looks the same before and after the walk.
    """
    with balancing(0), Factory("churn:4M", "anon:4M", "protnone:4M") as factory:
        for _ in range(RUNS):
            target = look_partly(factory.pid)
            expect_equal("anon", total(pages_in(target, factory.region("anon:4M"))["present"]), 1024)
            expect_equal("protnone", total(pages_in(target, factory.region("protnone:4M"))["protnone"]), 1024)


@test()
def toggling():
    """
    A mapping that goes to PROT_NONE and back again and again is all there at every moment. In which state is
    not to be known: permissions that are the same before and after the walk may have been others during it.

    An entry is empty while the kernel rewrites it, and stays so for as long as the CPU that does it is kept from
    going on. The table's lock lets one entry of a table be so, and 4 MiB are two tables; never for long.
    """
    with Factory("toggle:4M", "anon:4M") as factory:
        kept_from_going_on = 0
        for _ in range(RUNS):
            target = look_partly(factory.pid)
            toggled = pages_in(target, factory.region("toggle:4M"))
            lost = 1024 - toggled["resident"] - toggled["unknown"]
            expect(0 <= lost <= 2, f"{lost} pages of two tables are lost at once")
            kept_from_going_on = kept_from_going_on + 1 if lost else 0
            expect(kept_from_going_on < 3, "an entry is empty in three looks on end")
            expect_equal("anon: resident", pages_in(target, factory.region("anon:4M"))["resident"], 1024)


def all_over_a_look(script):
    """
    Looks at shells that run the script after a delay, from none to twice the time of a look: without one they have ended
    before numaprobe has its walker, each time.
    """
    with Factory("anon:64K") as factory:
        start = time.monotonic()
        look_at(factory.pid, lives=True)
        longest = 2 * (time.monotonic() - start)
    chance, found = random.Random(7), set()
    for _ in range(RUNS):
        with shell(f"sleep {chance.uniform(0, longest):.4f}; {script}") as process:
            found.add(look_at(process.pid) is not None)
    expect_equal("whether they were still there", found, {False, True})


@test()
def exiting():
    all_over_a_look("exit 0")


@test()
def executing():
    all_over_a_look("exec sh -c 'exec sh -c \"exec true\"'")


@test()
def forking():
    with shell(FORK_FOR_EVER) as process, Factory("anon:1M") as factory:
        for _ in range(RUNS // 2):
            look_at(process.pid, factory.pid, lives=True)


@test()
def forking_tree():
    with shell(FORK_FOR_EVER) as process:
        for _ in range(RUNS // 2):
            look_at("--tree", process.pid, lives=True)
