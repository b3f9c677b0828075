# SPDX-License-Identifier: GPL-2.0-or-later
"""Targets that change, fork, exec and die while they are looked at."""

import contextlib
import json
import subprocess

from harness import Factory, expect, expect_equal, look, pages_in, run, test, total

RUNS = 200
ALL_WELL, FAILURE, PARTIAL = 0, 1, 3


def check_any_outcome(*arguments):
    """Whatever becomes of the target: no crash, and a report wherever the exit status promises one."""
    done = run("-J", "-v", *arguments)
    expect(done.returncode in (ALL_WELL, FAILURE, PARTIAL), f"exit status {done.returncode}: {done.stderr}")
    if done.returncode != FAILURE:
        json.loads(done.stdout)
    else:
        expect(done.stderr.startswith("numaprobe: "), f"exit status 1 without a word: {done.stderr!r}")


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
            check_any_outcome(factory.pid)


@test()
def nothing_lost_under_churn():
    """A thread that changes one mapping takes nothing away from the others."""
    with Factory("churn:4M", "toggle:4M", "anon:4M", "protnone:4M") as factory:
        for _ in range(RUNS // 10):
            target = look(factory.pid)
            expect_equal("anon", pages_in(target, factory.region("anon:4M"))["resident"], 1024)
            expect_equal("protnone", total(pages_in(target, factory.region("protnone:4M"))["protnone"]), 1024)


@test()
def exiting():
    for _ in range(RUNS):
        with shell("exit 0") as process:
            check_any_outcome(process.pid)


@test()
def executing():
    for _ in range(RUNS):
        with shell("exec sh -c 'exec sh -c \"exec true\"'") as process:
            check_any_outcome(process.pid)


@test()
def forking():
    with shell("while :; do true & wait; /bin/true; done") as process, Factory("anon:1M") as factory:
        for _ in range(RUNS // 4):
            check_any_outcome("-t", process.pid)
            check_any_outcome(process.pid, factory.pid)
