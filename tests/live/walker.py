# SPDX-License-Identifier: GPL-2.0-or-later
"""
A numaprobe-walk that is missing or broken: the second-best source and the reason, or one clear line. And what it
learns at its start, wherever that is.
"""

import ctypes
import os
import shutil

from client import PRESENT, Client
from harness import Factory, balancing, expect, expect_complaint, expect_equal, frozen, installed, look, look_partly, \
    run, setting, test

PR_SET_THP_DISABLE = 41


def check_without_walk(numaprobe, factory, what):
    command = {"command": [str(numaprobe)]}
    target = look_partly(factory.pid, **command)
    expect_equal(f"{what}: source", target["source"]["name"], "pagemap")
    expect(target["source"]["why_not_better"], f"{what}: no reason why the source is not better")
    done = run("--source", "bpf", factory.pid, **command)
    expect_equal(f"{what}: exit status of --source bpf", (done.returncode, done.stdout), (1, ""))
    expect_complaint(what, done.stderr)


@test()
def missing_or_broken():
    with balancing(0), installed() as (numaprobe, walk), frozen("anon:4M", "protnone:4M") as factory:
        expect_equal("source", look(factory.pid, command=[str(numaprobe)])["source"]["name"], "bpf")
        walk.unlink()
        check_without_walk(numaprobe, factory, "missing")
        shutil.copy(shutil.which("true"), walk)
        check_without_walk(numaprobe, factory, "says nothing")
        walk.write_text("no program at all\n", encoding="utf-8")
        walk.chmod(0o755)
        check_without_walk(numaprobe, factory, "not a program")
        walk.chmod(0o644)
        check_without_walk(numaprobe, factory, "not executable")
        walk.unlink()
        walk.mkdir()
        check_without_walk(numaprobe, factory, "a directory")


@test()
def silent():
    """One that lives, and never answers."""
    with balancing(0), installed() as (numaprobe, walk), frozen("anon:4M") as factory:
        shutil.copy(shutil.which("cat"), walk)
        check_without_walk(numaprobe, factory, "silent")


@test()
def huge_pages_forbidden_to_its_caller():
    """What a caller has set for itself and its children does not keep the walker from learning the huge zero page."""
    def forbid():
        ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)

    with balancing(0), frozen("hugezero:8M") as factory:
        plain, forbidden = (look(factory.pid, preexec_fn=function)["pages"] for function in (None, forbid))
        expect(plain["zero"] >= 2048, f"no huge zero page: {plain}")
        expect_equal("pages", forbidden, plain)


@test()
def huge_zero_page_switched_off():
    """Then what is learnt of reading untouched memory is a page of the walker's own, which is somebody else's later."""
    def on_one_cpu():  # whose free pages are used again first
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    with setting("/sys/kernel/mm/transparent_hugepage/use_zero_page", 0), installed() as (_, walk), \
            Client(walk, preexec_fn=on_one_cpu) as client:
        client.ready()
        with Factory("thp:64M", preexec_fn=on_one_cpu) as factory, open(f"/proc/{factory.pid}/pagemap", "rb") as pagemap:
            region = factory.region("thp:64M")
            error, runs = client.walk(pagemap.fileno(), int(region["start"], 16), int(region["end"], 16))
            expect_equal("error", error, 0)
            expect_equal("states, pages", ({code & 15 for code, _ in runs}, sum(pages for _, pages in runs)),
                         ({PRESENT}, 16384))
