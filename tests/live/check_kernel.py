# SPDX-License-Identifier: GPL-2.0-or-later
"""--check-kernel: what it says with the balancer off and on, and that it leaves nothing behind, however it ends."""

import contextlib
import ctypes
import itertools
import json
import os
import pathlib
import random
import signal
import subprocess
import time

from harness import (NOBODY, Failure, Skip, balancing, expect, expect_complaint, expect_equal, need_root,
                     numaprobe_for_all, program, run, scratch, test, undo, wait_until)

WELL, WRONG_USAGE, PARTIAL, DEFECT = 0, 2, 3, 4
KILLS = int(os.environ.get("NUMAPROBE_KILLS", "20"))
PR_SET_THP_DISABLE = 41
HANG_SECONDS = 1500  # on an idle machine it takes two minutes or three; this only ends what would never end
BALANCING = pathlib.Path("/proc/sys/kernel/numa_balancing")


def check(*arguments, **options):
    """The exit status, and the check of the report."""
    done = subprocess.run([program("numaprobe"), "--check-kernel", "-J", *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=HANG_SECONDS, check=False, **options)
    expect(done.returncode in (WELL, PARTIAL, DEFECT), f"exit status {done.returncode}: {done.stderr}")
    expect_equal("standard error", done.stderr, "")
    return done.returncode, json.loads(done.stdout)["check"]


def expect_status(status, found):
    """
    The exit status is what the verdicts of the tests make, but for that of load alone; a cost that may be chance was
    tested.
    """
    verdicts = {item["verdict"] for item in found["tests"] if item["reader"] != "busy" and
                (item["verdict"] != "unknown" or not item["size"])}
    want = DEFECT if "fails" in verdicts else PARTIAL if "unknown" in verdicts else WELL
    expect_equal("exit status", status, want)


def by_name(found):
    return {item["name"]: item for item in found["tests"]}


@test()
def usage():
    for arguments in (["--check-kernel", "1"], ["--quick", "1"], ["--strict", "1"], ["--with-kvm", "1"],
                      ["--check-kernel", "--compare"], ["--check-kernel", "--vmas"]):
        done = run(*arguments)
        expect_equal(f"{arguments}: exit status", done.returncode, WRONG_USAGE)
        expect_complaint(f"{arguments}", done.stderr)


@test()
def quick_needs_nothing():
    """Whatever the machine: PROT_NONE is there for anybody, and no test is left undone."""
    for options in ({}, NOBODY):
        if options and os.geteuid() != 0:
            continue
        with numaprobe_for_all():
            done = run("--check-kernel", "--quick", "-J", "--source", "pagemap", **options)
        expect(done.returncode in (WELL, DEFECT), f"exit status {done.returncode}: {done.stderr}")
        found = json.loads(done.stdout)["check"]
        expect_equal("quick", found["quick"], True)
        expect_equal("effects", {item["effect"] for item in found["tests"]}, {"distorts"})
        unknown = [item["name"] for item in found["tests"] if item["verdict"] == "unknown" and
                   "transparent huge page" not in item["reason"]]
        expect_equal("unknown", unknown, [])


@test()
def without_balancing_nothing_about_hints_passes():
    with balancing(0):
        status, found = check()
        expect_equal("kernel.numa_balancing", BALANCING.read_text(encoding="ascii").strip(), "0")
    expect_status(status, found)
    expect_equal("exit status is not 0", status == WELL, False)
    for item in found["tests"]:
        about_hints = item["effect"] in ("clears", "causes", "loses-scans") or "hinted" in (item["memory"] or "")
        if about_hints and item["verdict"] != "absent":
            expect_equal(item["name"], item["verdict"], "unknown")
            expect("sysctl kernel.numa_balancing=1" in item["reason"], f"{item['name']}: {item['reason']}")
    expect_equal("regime", found["regime"]["name"] in (None, "blind"), True)


def expect_causes(tests):
    for reader in ("smaps", "smaps-rollup", "numa-maps"):
        item = tests[f"{reader}-causes"]
        expect_equal(f"{item['name']} {item['size']}", item["verdict"], "costs")
        expect(0 < item["size"]["low"] <= item["size"]["value"] <= item["size"]["high"] <= 1, f"{item['size']}")
    for control in ("busy", "numaprobe"):
        expect_equal(f"{control}: {tests[f'{control}-causes']['size']}", tests[f"{control}-causes"]["verdict"], "passes")


@test(ci_may_skip=True)
def with_balancing_all_is_known():
    """
    With a walker. Where cpusets keep the balancer from the one node there is, nothing can be seen; and what little
    status and its like cause may stay open where other work takes the reader's time.
    """
    with balancing(1):
        status, found = check()
    expect_status(status, found)
    tests = by_name(found)
    reasons = {item["reason"] for item in found["tests"] if item["verdict"] == "unknown" and not item["size"]}
    if any("cpuset" in reason for reason in reasons):
        raise Skip("cpusets are in use, and there is one node")
    expect_equal("unknown", reasons, set())
    expect(found["regime"]["name"], "the regime is not known")
    for item in found["tests"]:
        if item["effect"] == "clears" and item["verdict"] == "passes":
            expect(item["expected_pages"] > 0, f"{item['name']}: no hints were there to be cleared")
            expect_equal(item["name"], item["got_pages"], item["expected_pages"])
    expect_causes(tests)


# What this machine is kept from showing is unknown, with the reason and what would make it known.


def expect_unknown(found, effect, reason, readers=None):
    items = [item for item in found["tests"] if item["effect"] == effect and item["verdict"] != "absent" and
             (readers is None or item["reader"] in readers)]
    expect(items, f"no tests of {effect}")
    for item in items:
        expect_equal(item["name"], item["verdict"], "unknown")
        expect(reason in item["reason"], f"{item['name']}: {item['reason']}")


@test()
def without_huge_pages():
    """A process may be kept from having any, and its children are too."""
    status, found = check("--quick", preexec_fn=lambda: ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
    expect_status(status, found)
    huge = [item for item in found["tests"] if item["memory"] == "protnone-thp" and item["verdict"] != "absent"]
    expect_equal("verdicts", {item["verdict"] for item in huge}, {"unknown"})
    expect_equal("reasons", {item["reason"] for item in huge}, {
        "the kernel gave no transparent huge page; more free memory, or transparent_hugepage=madvise, would"})


@test()
def without_advice_about_huge_pages():
    """
    As in a kernel without transparent huge pages: then nothing but their protection keeps the memory for the tests and
    what lies beside it apart, and readers that tell of whole mappings would lose it.
    """
    need_root()
    with scratch() as directory:
        mark = directory / "mark"
        done = run("--check-kernel", "--quick", "-J", "--source", "pagemap",
                   command=[program("np-deny"), "madvise", "EINVAL", "1+", str(mark), program("numaprobe")],
                   preexec_fn=lambda: ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
        expect_equal("madvise(2) was denied", mark.exists(), True)
    found = json.loads(done.stdout)["check"]
    expect_status(done.returncode, found)
    expect_equal("exit status", done.returncode, PARTIAL)
    for reader in ("smaps", "smaps-rollup", "numa-maps"):
        item = by_name(found)[f"{reader}-counts-protnone"]
        expect_equal(f"{item['name']}: {item['got_pages']} of {item['expected_pages']}", item["verdict"], "passes")


def check_hints(*arguments, **options):
    """A check that may be short, where hints can be had."""
    with balancing(1):
        status, found = check("--rounds", "1", *arguments, **options)
    expect_status(status, found)
    if any("cpuset" in (item["reason"] or "") for item in found["tests"]):
        raise Skip("cpusets are in use, and there is one node")
    return found


@test(ci_may_skip=True)
def without_page_tables_or_time():
    found = check_hints("--source", "pagemap")
    expect_unknown(found, "clears", "page tables can't be read", ("maps", "smaps", "numa_maps", "pagemap", "numaprobe"))
    expect_unknown(found, "causes", "page tables can't be read", ("numaprobe",))
    expect_unknown(found, "causes", "more --rounds would make it known", ("smaps", "busy"))
    expect_unknown(found, "stalls", "more --rounds would make it known", ("smaps", "busy"))
    expect_equal("the regime is known all the same", found["regime"]["name"] is not None, True)


@test(ci_may_skip=True)
def with_one_cpu():
    cpu = min(os.sched_getaffinity(0))
    found = check_hints(preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
    for effect in ("causes", "loses-scans"):
        expect_unknown(found, effect, "it takes two CPUs")


CPUSETS = (pathlib.Path("/sys/fs/cgroup/cpuset"), pathlib.Path("/sys/fs/cgroup"))


@contextlib.contextmanager
def some_cpuset():
    """A cgroup with cpusets beside the root's: that is all it takes, whoever is in it."""
    need_root()
    for root in CPUSETS:
        if (root / "cpuset.cpus").exists():  # version 1
            with undo('rmdir "$1"', root / "numaprobe-test"):
                (root / "numaprobe-test").mkdir()
                yield
            return
    raise Skip("there is no hierarchy of cpusets to make one in")


@test(ci_may_skip=True)
def with_cpusets_on_one_node():
    """Since 6.16 nothing is hinted then: see np_why_not_hinted()."""
    if len(list(pathlib.Path("/sys/devices/system/node").glob("node[0-9]*"))) > 1:
        raise Skip("there is more than one node")
    with some_cpuset(), balancing(1):
        status, found = check("--rounds", "1")
    expect_status(status, found)
    if found["regime"]["name"] and any(item["verdict"] == "passes" for item in found["tests"] if item["effect"] == "clears"):
        raise Skip("this kernel hints in spite of cpusets")
    for effect in ("clears", "causes", "loses-scans"):
        expect_unknown(found, effect, "one node and cpusets in use keep it away since Linux 6.16; no cpuset, or a second "
                       "node, would make it known")


def session_members(session):
    """State and name of the processes of a session that still live."""
    members = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, rest = stat.read_text(errors="replace").rpartition(")")
        except OSError:
            continue
        fields = rest.split()
        if int(fields[3]) == session and fields[0] not in "ZX":
            members.append((fields[0], head))
    return members


def has_subject(session):
    """Whether there is a child that could be left behind."""
    return len(session_members(session)) > 1


@test()
def nothing_is_left_when_it_is_killed():
    """kill -9 at random moments: no child, stopped or not, outlives it, and no setting has changed."""
    seed = random.randrange(1 << 30)
    moments, caught = random.Random(seed), 0
    with balancing(1):
        for number in range(KILLS):
            with subprocess.Popen([program("numaprobe"), "--check-kernel"], start_new_session=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) as victim:
                time.sleep(moments.uniform(0, 60 if number % 10 == 9 else 3))  # the last parts begin after a minute
                caught += has_subject(victim.pid)
                victim.send_signal(signal.SIGKILL)
                victim.wait()
                wait_until(f"children of a killed numaprobe end (seed {seed}): {session_members(victim.pid)}",
                           lambda session=victim.pid: not session_members(session))
        expect_equal("kernel.numa_balancing", BALANCING.read_text(encoding="ascii").strip(), "1")
        expect(caught > 0, "it had no child at any of these moments, so nothing was tried")


@test()
def nothing_is_left_when_it_is_interrupted():
    """By a signal to it alone, and to its group as from a terminal; while it has a child to leave behind."""
    with balancing(1):
        for kill, number in itertools.product((os.kill, os.killpg), (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)):
            with subprocess.Popen([program("numaprobe"), "--check-kernel"], start_new_session=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) as victim:
                try:
                    wait_until("it has a child", lambda session=victim.pid: has_subject(session))
                    kill(victim.pid, number)
                    expect_equal(f"{kill.__name__}, {number.name}: status", victim.wait(), -number)
                except Failure:
                    victim.kill()
                    raise
                wait_until("children end", lambda session=victim.pid: not session_members(session))
