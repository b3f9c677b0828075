# SPDX-License-Identifier: GPL-2.0-or-later
"""A numaprobe-walk that is missing or broken: the second-best source and the reason, or one clear line."""

import shutil

from harness import balancing, expect, expect_complaint, expect_equal, frozen, installed, look, look_partly, run, test


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
