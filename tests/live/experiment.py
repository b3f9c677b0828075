# SPDX-License-Identifier: GPL-2.0-or-later
"""--experiment: what readers do to a target, and that no target is left stopped whatever becomes of numaprobe."""

import contextlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

from harness import (Factory, balancing, children_of, expect, expect_equal, frozen, kill_children, look, need_patience, program,
                     run, test, total, wait_until)

KILLS = int(os.environ.get("NUMAPROBE_KILLS", "50"))
FOUND, PARTIAL = 4, 3
EXPERIMENT_HANG_SECONDS = 900


def state(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]


def experiment(pid, *arguments):
    """Exit status, the report's target, and what was said on standard error. The balancer sets the pace."""
    done = subprocess.run([program("numaprobe"), "-J", *arguments, str(pid)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=EXPERIMENT_HANG_SECONDS, check=False)
    expect(done.returncode in (0, PARTIAL, FOUND), f"exit status {done.returncode}: {done.stderr}")
    return done.returncode, json.loads(done.stdout)["targets"][0], done.stderr


def effects(target, kind):
    return {effect["reader"]: effect for effect in target["experiment"]["effects"] if effect["effect"] == kind}


# One thread and 32 MiB in small pages, which move to another address every now and then: for the balancer a new mapping,
# and those are scanned with the others, while an old one of a process that takes no hint faults has its turn rarely.
MOVING = """
import ctypes, mmap, time
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = libc.mremap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + 3 * [ctypes.c_int] + [ctypes.c_long]
libc.mremap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int, ctypes.c_void_p]
size, private, anonymous, both = 32 << 20, 2, 0x20, 3
places = [libc.mmap(None, size + 4096, both, private | anonymous, -1, 0) for _ in range(2)]
here = 0
libc.memchr.restype, libc.memchr.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
libc.madvise(ctypes.c_void_p(places[here]), ctypes.c_size_t(size), 15)
ctypes.memset(places[here], 1, size)
print("ready", flush=True)
while True:
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        libc.memchr(places[here], 2, size)  # reads all of it, and takes no memory for it: faults are what is counted
    if libc.mremap(places[here], size, size, 3, places[1 - here]) != places[1 - here]:
        raise OSError(ctypes.get_errno())
    here = 1 - here
"""


@contextlib.contextmanager
def moving():
    with subprocess.Popen([sys.executable, "-c", MOVING], stdout=subprocess.PIPE, text=True) as process:
        try:
            expect_equal("it says", process.stdout.readline(), "ready\n")
            yield process.pid
        finally:
            process.kill()


@test(ci_may_skip=True)
def smaps_causes_hints():
    """
    A single-threaded process on its own node: the balancer leaves it alone, but while somebody reads smaps. Reading
    page tables, and load alone, cause nothing.
    """
    need_patience()
    rounds = 16  # with 8, the correction for all that is asked needs hints in almost every window beside smaps
    with balancing(1), moving() as pid:
        status, target, stderr = experiment(pid, "-x", "--rounds", str(rounds))
        causes = effects(target, "causes")
        expect_equal(f"smaps, of {causes['smaps']}", causes["smaps"]["verdict"], "yes")
        expect(causes["smaps"]["low"] > 0, f"its interval has none: {causes['smaps']}")
        for name in ("numaprobe", "busy"):  # a pass that hints nothing may not show, so that none is not always sure
            expect(causes[name]["verdict"] in ("none seen", "unknown"), f"{name}: {causes[name]}")
            expect(causes[name]["with"] < causes["smaps"]["low"], f"{name}: {causes[name]}, smaps: {causes['smaps']}")
        expect_equal(f"exit status, with {stderr!r}", status, FOUND)
        windows = target["experiment"]["windows"]
        expect_equal("windows", sorted(window["reader"] for window in windows),
                     sorted(rounds * ["none", "busy", "smaps", "numaprobe"]))


@test()
def nothing_is_known_of_the_unscanned():
    """Without the balancer nothing can be caused or lost; that is not known, and never a pass."""
    with balancing(0), Factory("--spin", "anon:4M") as factory:
        status, target, stderr = experiment(factory.pid, "-xstat", "--rounds", "3")
        for kind in ("causes", "loses"):
            found = effects(target, kind)
            expect_equal(f"{kind}: readers", set(found), {"stat", "busy"})
            for effect in found.values():
                expect_equal(f"{kind}: verdict", effect["verdict"], "unknown")
                expect_equal(f"{kind}: reason", effect["reason"], "NUMA balancing is off")
        expect("NUMA balancing is off" in stderr, stderr)
        expect(status in (PARTIAL, FOUND), f"exit status {status}")


TICK_NS = 10_000_000  # at 100 Hz: processor time is known up to the last tick only


@test()
def no_more_time_than_there_was():
    """A process of one thread runs for no longer than its windows last, though walking its memory takes many ticks."""
    with Factory("--spin", "anon:4G") as factory:
        _, target, _ = experiment(factory.pid, "-xstat", "--rounds", "2")
    windows = target["experiment"]["windows"]
    expect_equal("windows", sorted(window["reader"] for window in windows), sorted(2 * ["none", "busy", "stat"]))
    for window in windows:
        expect(window["run_ns"] <= window["elapsed_ns"] + TICK_NS, f"it ran for longer than the window: {window}")


@test()
def too_few_rounds_are_said():
    with balancing(0), Factory("--spin", "anon:4M") as factory:
        _, target, stderr = experiment(factory.pid, "-xstat", "--rounds", "1")
        expect_equal("stalls", effects(target, "stalls")["stat"]["reason"], "too few rounds to tell anything from chance")
        expect("too few rounds" in stderr, stderr)


@test()
def frozen_reading_clears_nothing():
    """Exactly: hints before and after each reader, on a process that is stopped for it and goes on."""
    with balancing(0) as set_balancing, Factory("--threads", "2", "--burn", "anon:64M", "thp:8M") as factory:
        set_balancing(1)
        wait_until("hints", lambda: total(look(factory.pid)["pages"]["hinted"]) > 1000)
        set_balancing(0)
        readers = "maps,smaps,smaps_rollup,numa_maps,pagemap,status,stat,move_pages,numaprobe"
        status, target, stderr = experiment(factory.pid, f"-x{readers}", "--freeze", "--rounds", "0")
        expect_equal("standard error", stderr, "")
        expect_equal("exit status", status, 0)
        expect_equal("readers", [read["reader"] for read in target["reads"]], readers.split(","))
        for read in target["reads"]:
            expect(read["hinted_before"] > 0, f"no hints: {read}")
            expect_equal(f"{read['reader']}: verdict", read["verdict"], "leaves hints alone")
        expect(state(factory.pid) != "T", "left stopped")


@contextlib.contextmanager
def probing(pid, stderr=subprocess.DEVNULL):
    with subprocess.Popen([program("numaprobe"), "-xsmaps,numa_maps,pagemap,move_pages", "--freeze", "--rounds", "0",
                           str(pid)], stdout=subprocess.DEVNULL, stderr=stderr, text=True) as process:
        yield process


@contextlib.contextmanager
def probing_stopped(pid, **options):
    """The same from the moment on at which the target is stopped; or is over, where that was not seen."""
    with probing(pid, **options) as process:
        # It is stopped for some milliseconds at a time.
        wait_until("stopped, or done", lambda: state(pid) == "T" or process.poll() is not None, every_seconds=0.001)
        yield process


@test()
def killed_at_any_moment():
    """SIGKILL, to numaprobe alone and at random: its guardian lets the target go on."""
    with Factory("--spin", "anon:256M") as factory:
        with probing(factory.pid) as process:
            start = time.monotonic()
            process.wait()
            length = time.monotonic() - start
        seen_stopped = 0
        for _ in range(KILLS):
            with probing(factory.pid) as process:
                time.sleep(random.uniform(0, length))
                seen_stopped += state(factory.pid) == "T"
                process.kill()
            wait_until("the target goes on", lambda: state(factory.pid) != "T")
        expect(seen_stopped > 0, "it was never stopped at the moment of the kill, so nothing was tried")


@test()
def its_guardian_killed():
    """Then nobody is left to let the target go on but numaprobe itself, which does, and says what happened."""
    said = ""
    with Factory("--spin", "anon:256M") as factory:
        for _ in range(KILLS):
            with probing_stopped(factory.pid, stderr=subprocess.PIPE) as process:
                kill_children(process.pid, lambda name: name != "numaprobe-walk")
                said += process.communicate()[1]
            expect(state(factory.pid) != "T", "left stopped")
            if "guardian" in said:
                break
    expect("the guardian of the stopped process was lost" in said, said)


@test()
def resumed_by_somebody_else():
    """What a process that went on did to its hints is no effect of a reader."""
    said = ""
    with Factory("--spin", "anon:256M") as factory:
        for _ in range(KILLS):
            with probing_stopped(factory.pid, stderr=subprocess.PIPE) as process:
                os.kill(factory.pid, signal.SIGCONT)
                said += process.communicate()[1]
            if "went on" in said:
                break
    expect("the process went on before the reading was over" in said, said)


@test()
def all_of_its_name_killed():
    """As by `pkill -9 numaprobe`, but of no other numaprobe on this machine."""
    seen_stopped = 0
    with Factory("--spin", "anon:256M") as factory:
        for _ in range(10):
            with probing_stopped(factory.pid) as process:
                walkers = [pid for pid, name in children_of(process.pid).items() if "numaprobe" in name]
                seen_stopped += state(factory.pid) == "T"
                for pid in (process.pid, *walkers):  # the oldest first, as pkill(1) does: it has no time to react
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            wait_until("the target goes on", lambda: state(factory.pid) != "T")
    expect(seen_stopped > 0, "it was never stopped at the moment of the kill, so nothing was tried")


@test()
def signals_let_it_go_on():
    with Factory("--spin", "anon:256M") as factory:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            tried = False
            for _ in range(KILLS):
                with probing_stopped(factory.pid) as process:
                    stopped = state(factory.pid) == "T"
                    process.send_signal(number)
                    tried = process.wait() == -number and stopped
                wait_until("the target goes on", lambda: state(factory.pid) != "T")
                if tried:
                    break
            expect(tried, f"{number.name}: it was never stopped when the signal came, so nothing was tried")


@test()
def stopped_stays_stopped():
    with frozen("anon:4M") as factory:
        _, target, _ = experiment(factory.pid, "-xsmaps", "--freeze", "--rounds", "0")
        expect_equal("what was read", [read["reader"] for read in target["reads"]], ["smaps"])
        expect_equal("state", state(factory.pid), "T")


@test()
def mistakes_are_told():
    for arguments in (("-xnonsense",), ("-xbusy",), ("-x", "--rounds", "65"), ("-x", "--rounds", "few"), ("--freeze",),
                      ("--rounds", "3"), ("-x", "--raw")):
        expect_equal(f"{arguments}: exit status", run(*arguments, os.getpid()).returncode, 2)
