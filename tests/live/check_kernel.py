# SPDX-License-Identifier: GPL-2.0-or-later
"""--check-kernel: what it says with the balancer off and on, and that it leaves nothing behind, however it ends."""

import json
import os
import pathlib
import random
import signal
import subprocess
import time

from harness import Skip, balancing, expect, expect_complaint, expect_equal, program, run, test, wait_until

WELL, WRONG_USAGE, PARTIAL, DEFECT = 0, 2, 3, 4
KILLS = int(os.environ.get("NUMAPROBE_KILLS", "20"))
HANG_SECONDS = 1500  # on an idle machine it takes two minutes or three; this only ends what would never end
BALANCING = pathlib.Path("/proc/sys/kernel/numa_balancing")


def check(*arguments):
    """The exit status, and the check of the report."""
    done = subprocess.run([program("numaprobe"), "--check-kernel", "-J", *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=HANG_SECONDS, check=False)
    expect(done.returncode in (WELL, PARTIAL, DEFECT), f"exit status {done.returncode}: {done.stderr}")
    expect_equal("standard error", done.stderr, "")
    return done.returncode, json.loads(done.stdout)["check"]


def expect_status(status, found):
    """The exit status is what the verdicts of the tests make."""
    verdicts = {item["verdict"] for item in found["tests"]}
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
    for options in ({}, {"user": 65534, "group": 65534, "extra_groups": []}):
        if options and os.geteuid() != 0:
            continue
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
    """With a walker. Where cpusets keep the balancer from the one node there is, nothing can be seen."""
    with balancing(1):
        status, found = check()
    expect_status(status, found)
    tests = by_name(found)
    reasons = {item["reason"] for item in found["tests"] if item["verdict"] == "unknown"}
    if any("cpuset" in reason for reason in reasons):
        raise Skip("cpusets are in use, and there is one node")
    expect_equal("unknown", reasons, set())
    expect(found["regime"]["name"], "the regime is not known")
    for item in found["tests"]:
        if item["effect"] == "clears" and item["verdict"] == "passes":
            expect(item["expected_pages"] > 0, f"{item['name']}: no hints were there to be cleared")
            expect_equal(item["name"], item["got_pages"], item["expected_pages"])
    expect_causes(tests)


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


@test()
def nothing_is_left_when_it_is_killed():
    """kill -9 at random moments: no child, stopped or not, outlives it, and no setting has changed."""
    seed = random.randrange(1 << 30)
    moments = random.Random(seed)
    with balancing(1):
        for _ in range(KILLS):
            with subprocess.Popen([program("numaprobe"), "--check-kernel"], start_new_session=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) as victim:
                time.sleep(moments.uniform(0, 3))
                victim.send_signal(signal.SIGKILL)
                victim.wait()
                wait_until(f"children of a killed numaprobe end (seed {seed}): {session_members(victim.pid)}",
                           lambda session=victim.pid: not session_members(session))
        expect_equal("kernel.numa_balancing", BALANCING.read_text(encoding="ascii").strip(), "1")


@test()
def nothing_is_left_when_it_is_interrupted():
    with balancing(1):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with subprocess.Popen([program("numaprobe"), "--check-kernel"], start_new_session=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) as victim:
                time.sleep(1)
                os.killpg(victim.pid, number)
                victim.wait()
                wait_until("children end", lambda session=victim.pid: not session_members(session))
