# SPDX-License-Identifier: GPL-2.0-or-later
"""Which processes are meant: all, families, cgroups, names; and the table of many."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys

from harness import (HANG_SECONDS, NOBODY, Factory, Skip, expect, expect_equal, expect_run, need_plain_build,
                     need_root, numaprobe_for_all, program, report, run, test, total)

PARTIAL = 3
MANY = 500

FAMILY = """
import os, signal, sys, threading
def family(depth, pids):
    pid = os.fork()
    if pid == 0:
        # A child of a thread belongs to that thread, not to the main one.
        if depth:
            thread = threading.Thread(target=family, args=(depth - 1, pids))
            thread.start()
        else:
            os.write(pids, b"ready")
        signal.pause()
        os._exit(0)
for _ in range(int(sys.argv[1])):
    family(int(sys.argv[2]), 1)
signal.pause()
"""


@contextlib.contextmanager
def family(width, depth):
    """A process with so many children, each the first of a line of so many more; and all of their PIDs."""
    with subprocess.Popen([sys.executable, "-c", FAMILY, str(width), str(depth)],
                          stdout=subprocess.PIPE, start_new_session=True) as process:
        try:
            expect_equal("family", len(process.stdout.read(5 * width)), 5 * width)
            members = [int(stat.parent.name) for stat in pathlib.Path("/proc").glob("[0-9]*/stat")
                       if session(stat) == process.pid]
            expect_equal("processes", len(members), 1 + width * (depth + 1))
            yield process.pid, sorted(members)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(HANG_SECONDS)


def session(stat):
    try:
        return int(stat.read_text(errors="replace").rpartition(")")[2].split()[3])
    except (OSError, IndexError):
        return 0


def pids_of(*arguments, **options):
    return [target["pid"] for target in report(*arguments, **options)["targets"]]


def rows(*arguments, status=0, **options):
    done = run("-r", "-n", *arguments, **options)
    expect_equal(f"{arguments}: exit status ({done.stderr})", done.returncode, status)
    return [line.split(" ") for line in done.stdout.splitlines()]


@test()
def tree():
    """Descendants of any depth, those of threads too, each once, the named one first."""
    with family(3, 2) as (first, members):
        expect_equal("-t", sorted(pids_of("-t", first)), members)
        expect_equal("-t, named twice and with a descendant", sorted(pids_of("-t", first, members[-1], first)), members)
        expect_equal("order", pids_of("-t", members[-1], first)[:2], [members[-1], first])
        expect_equal("rows", sorted(int(row[0]) for row in rows("-t", first)), members)


@test()
def duplicates_and_order():
    with Factory("anon:1M") as one, Factory("anon:1M") as other:
        high, low = max(one.pid, other.pid), min(one.pid, other.pid)
        expect_equal("PIDs", pids_of(high, low, high), [high, low])


@test()
def all_processes():
    """Every process with memory is there, and no kernel thread is."""
    need_root()
    with Factory("anon:8M", "protnone:4M") as factory:
        # One look: another may meet a process that changes just then, and end with another status.
        done = run("-r", "-n", "-b", "-a", "-o", "pid,command,protnone")
        expect(done.returncode in (0, PARTIAL), f"exit status {done.returncode}: {done.stderr}")
        found = {row[0]: row[1:] for row in (line.split(" ") for line in done.stdout.splitlines())}
        expect_equal("the factory", found.get(str(factory.pid)), ["np-factory", str(4 << 20)])
        commands = {row[0] for row in found.values()}
        expect("kthreadd" not in commands, "a kernel thread is listed")
        expect("2" not in found or pathlib.Path("/proc/2/comm").read_text(encoding="utf-8") != "kthreadd\n",
               "a kernel thread is listed")


@contextlib.contextmanager
def frozen_all(pids):
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    yield


@test()
def many_at_once():
    """The sum of the many is what was built, and the table, raw columns, pairs and JSON agree."""
    with family(MANY, 0) as (first, members), frozen_all(members):
        table = rows("-t", "-b", "-o", "pid,resident", "-s", "pid", first)
        expect_equal("PIDs", [int(row[0]) for row in table], members)
        human = expect_run("-t", "-b", "-o", "command,resident", first).stdout.splitlines()
        expect(any(line.split() == [str(len(members)), "processes", str(sum(int(row[1]) for row in table))]
                   for line in human), "no sum of all rows")
        expect_equal("pairs", len(expect_run("-P", "-t", first).stdout.splitlines()), len(members))


@test()
def memory_does_not_grow_with_targets():
    """The memory of numaprobe for 500 processes is that for one, but for a page or so each."""
    need_plain_build("a sanitizer keeps memory that was freed")
    with family(MANY, 0) as (first, members):
        script = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); "
                  "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
        one, many = (int(run("-c", script, program("numaprobe"), *arguments, command=[sys.executable]).stdout)
                     for arguments in (("-r", "-t", members[-1]), ("-r", "-t", first)))
        expect(many - one < 4 * MANY, f"{one} kB for one process, {many} kB for {len(members)}")


@test()
def sorted_rows():
    with Factory("anon:8M") as small, Factory("anon:32M") as large:
        by_size = [row[0] for row in rows("np-factory", "-o", "pid")]
        expect(by_size.index(str(large.pid)) < by_size.index(str(small.pid)), "the largest is not first")
        ascending = [row[0] for row in rows("np-factory", "-o", "pid", "-s", "resident")]
        expect(ascending.index(str(small.pid)) < ascending.index(str(large.pid)), "-s resident does not sort")


@test()
def names_of_one_or_many():
    """The columns of raw output don't depend on how many processes there are."""
    with Factory("anon:1M", "protnone:1M") as one:
        heading = run("-r", "np-factory").stdout.splitlines()[0]
        expect("PID COMMAND THREADS RESIDENT" in heading, heading)
        expect("START" in run("-r", str(one.pid)).stdout.splitlines()[0], "a PID's raw table is of mappings")
        expect("START" in run("-v", "np-factory").stdout.splitlines()[0], "-v is of mappings")


@test()
def unreadable_are_counted():
    """Another user sees how many there are that it may not look at, in one line."""
    need_root()
    with numaprobe_for_all(), Factory("anon:1M") as factory:
        done = run("-a", **NOBODY)
        expect_equal("exit status", done.returncode, 1)  # of nobody's processes there is none
        lines = done.stderr.splitlines()
        expect(len(lines) <= 5, f"a flood: {done.stderr[:500]}")
        expect("more like it" in done.stderr and "try as root" in done.stderr, done.stderr)
        unreadable = [t for t in json.loads(run("-J", "-a", **NOBODY).stdout)["targets"]
                      if t["pid"] == factory.pid]
        expect(unreadable and unreadable[0]["pages"] is None, "JSON lacks what could not be read, or calls it 0")


@contextlib.contextmanager
def cgroup(version):
    """A cgroup of our own with one below it; the directory, its path in the hierarchy, and the one below."""
    need_root()
    for line in pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        fields, _, rest = line.partition(" - ")
        kind = rest.split()[0]
        controllers = rest.split()[-1]
        if kind == version and (version == "cgroup2" or "pids" in controllers):
            mount = pathlib.Path(fields.split()[4])
            break
    else:
        raise Skip(f"no {version} is mounted")
    top = mount / f"numaprobe-test-{os.getpid()}"
    below = top / "below"
    try:
        below.mkdir(parents=True)
    except OSError as error:
        raise Skip(f"cannot make a cgroup: {error}") from error
    try:
        yield top, below
    finally:
        below.rmdir()
        top.rmdir()


def check_cgroup(version):
    with cgroup(version) as (top, below), Factory("anon:1M") as one, Factory("anon:1M") as other:
        try:
            for directory, factory in ((top, one), (below, other)):
                (directory / "cgroup.procs").write_text(f"{factory.pid}\n", encoding="ascii")
            both = sorted((one.pid, other.pid))
            expect_equal("by its directory", pids_of("-g", top), both)
            expect_equal("by its path", pids_of("-g", "/" + top.name), both)
            expect_equal("by its path without a slash", pids_of("-g", f"{top.name}/below"), [other.pid])
            expect_equal("with a PID", pids_of("-g", top, other.pid), [other.pid, one.pid])
            expect_equal("resident", [total(target["pages"]["present"]) > 256
                                      for target in report("-g", top)["targets"]], [True, True])
        finally:
            for factory in (one, other):
                factory.__exit__()


@test(ci_may_skip=True)
def cgroup_version_2():
    check_cgroup("cgroup2")


@test(ci_may_skip=True)
def cgroup_version_1():
    check_cgroup("cgroup")


@test()
def no_such_cgroup():
    done = run("-g", "no/such/cgroup")
    expect_equal("exit status", done.returncode, 1)
    expect_equal("standard error", done.stderr, "numaprobe: no/such/cgroup: find: no cgroup has this path\n")


@test()
def one_of_a_name_has_ended():
    """Of several of one name, those that have ended are left out; the only one of a name is not."""
    with Factory("anon:1M") as alive, Factory("anon:1M") as dead:
        os.kill(dead.pid, signal.SIGKILL)
        os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)  # now it is a zombie
        done = run("-J", "np-factory")
        found = {target["pid"] for target in json.loads(done.stdout)["targets"]}
        expect(alive.pid in found and dead.pid not in found, f"{found}: {alive.pid} lives, {dead.pid} does not")
        expect(str(dead.pid) not in done.stderr, done.stderr)
        done = run(dead.pid)
        expect(done.returncode == 1 and "zombie" in done.stderr, f"by its PID: {done.returncode} {done.stderr}")
