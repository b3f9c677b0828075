# SPDX-License-Identifier: GPL-2.0-or-later
"""--watch: its lines and frames, its end, its rates, and that it disturbs nothing."""

import contextlib
import fcntl
import json
import os
import pathlib
import pty
import select
import signal
import struct
import subprocess
import termios

from harness import (HANG_SECONDS, Factory, balancing, expect, expect_equal, expect_run, need_root, program, report,
                     run, test, total, wait_until)

ANON = "anon:64M"


def looks(*arguments):
    """Reports of --watch -J."""
    return [json.loads(line) for line in expect_run("-J", *arguments).stdout.splitlines()]


@contextlib.contextmanager
def watching(*arguments, **options):
    with subprocess.Popen([program("numaprobe"), *map(str, arguments)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()


@test()
def count_and_lines():
    with Factory("anon:4M", "protnone:1M") as factory:
        factory.freeze()  # or it may still be on its way to its first command, which takes pages
        lines = expect_run("-w0.05", "-c", "3", factory.pid).stdout.splitlines()
        expect_equal("lines", len(lines), 4)
        expect(lines[0].split()[:2] == ["TIME", "PID"], lines[0])
        expect_equal("every line is as wide as the headings", {len(line) for line in lines}, {len(lines[0])})
        raw = expect_run("-w0.05", "-c", "3", "-r", factory.pid).stdout.splitlines()
        expect_equal("raw: lines, and headings once", (len(raw), raw[0].split()[0]), (4, "TIME"))
        expect_equal("pairs", len(expect_run("-w0.05", "-c", "3", "-P", factory.pid).stdout.splitlines()), 3)
        reports = looks("-w0.05", "-c", "3", factory.pid)
        expect_equal("reports", len(reports), 3)
        rates = [report["targets"][0]["rates"] for report in reports]
        expect_equal("the first has no rates", (rates[0]["interval_ns"], rates[0]["hints_made"]), (None, None))
        expect(all(rate["interval_ns"] > 0 and rate["moved"] == 0 for rate in rates[1:]), f"rates: {rates}")
        expect_equal("resident", len({report["targets"][0]["pages"]["resident"] for report in reports}), 1)


@test()
def mappings():
    """With -v: each look has them all, and their pages are those of the process."""
    with Factory("anon:4M", "protnone:1M") as factory:
        factory.freeze()
        for report in looks("-w0.05", "-c", "3", "-v", factory.pid):
            target = report["targets"][0]
            expect_equal("mappings", sum(total(mapping["pages"]["protnone"]) for mapping in target["mappings"]),
                         total(target["pages"]["protnone"]))
            expect_equal("resident", sum(mapping["pages"]["resident"] for mapping in target["mappings"]),
                         target["pages"]["resident"])
        lines = expect_run("-w0.05", "-c", "2", "-vz", factory.pid).stdout.splitlines()
        expect_equal("headings once", [line.split()[:2] for line in lines].count(["TIME", "START"]), 1)
        expect_equal("lines of two looks are alike", [line.split()[1:] for line in lines[1:len(lines) // 2 + 1]],
                     [line.split()[1:] for line in lines[len(lines) // 2 + 1:]])
        done = run("-w", "-v", "-o", "+policy", factory.pid)
        expect("numa_maps" in done.stderr and done.returncode == 2, f"policies: {done.returncode} {done.stderr}")


@test()
def range_without_memory():
    """Where no process has any, in the kernel's half, too: a sum of nothing is no mistake."""
    with Factory("anon:1M") as factory:
        for addresses in ("1000-2000", "4000000000000-4000000001000", "ffffffffff600000-ffffffffff601000"):
            for arguments in ((), ("-w0.05", "-c", "1")):
                target, = report(*arguments, "--range", addresses, factory.pid)["targets"]
                expect_equal(f"{arguments} {addresses}: resident", target["pages"]["resident"], 0)


@test()
def ends_with_its_target():
    with Factory("anon:1M") as factory, watching("-w0.05", factory.pid) as process:
        process.stdout.readline()
        process.stdout.readline()
        factory.process.kill()
        rest, errors = process.communicate(timeout=HANG_SECONDS)
        expect_equal("exit status", process.returncode, 0)
        expect_equal("standard error", errors, "")
        expect(all(line.endswith("\n") for line in rest.splitlines(keepends=True)), "a line was cut")


@test()
def ends_at_a_signal():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with Factory("anon:1M") as factory, watching("-w0.05", factory.pid) as process:
            process.stdout.readline()
            process.stdout.readline()
            process.send_signal(number)
            errors = process.communicate(timeout=HANG_SECONDS)[1]
            expect_equal(f"{number.name}: exit status and standard error", (process.returncode, errors), (0, ""))


@test()
def ends_without_a_reader():
    """Also while it waits for an hour."""
    with Factory("anon:1M") as factory, watching("-w3600", factory.pid) as process:
        process.stdout.readline()
        process.stdout.readline()
        process.stdout.close()
        expect_equal("status", process.wait(timeout=HANG_SECONDS), 0)


@test()
def frames_on_a_terminal():
    with Factory("anon:4M") as factory:
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ["TERM"] = "xterm"
            os.execv(program("numaprobe"), ["numaprobe", "-w0.05", str(factory.pid)])
        shown = b""
        while shown.count(b"\033[?7h") < 4:
            expect(select.select([terminal], [], [], HANG_SECONDS)[0], "no frame")
            shown += os.read(terminal, 65536)
        os.write(terminal, b"\x03")
        with contextlib.suppress(OSError):
            while os.read(terminal, 65536):
                pass
        os.close(terminal)
        expect_equal("status after ^C", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        frames = shown.split(b"\033[?7h")
        expect(b"\033[2J" not in shown, "the screen is cleared, which flickers")
        lines = frames[0].count(b"\n")
        expect(f"\033[{lines}F".encode() in frames[1], "a frame is not put in the place of the one before")


@test()
def low_terminal():
    """What does not fit is not missed in silence."""
    with Factory("anon:4M") as factory:
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ["TERM"] = "xterm"
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 8, 80, 0, 0))
            os.execv(program("numaprobe"), ["numaprobe", "-w0.05", "-c", "2", "-v", str(factory.pid)])
        shown = b""
        with contextlib.suppress(OSError):
            while True:
                shown += os.read(terminal, 65536)
        os.close(terminal)
        expect_equal("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        frame = shown.split(b"\033[?7h")[0]
        expect_equal("lines of a frame", frame.count(b"\n"), 7)
        expect(b" lines more, for which this terminal is too low" in frame.split(b"\n")[-2], f"it ends {frame[-80:]}")


@test()
def terminal_gone():
    with Factory("anon:1M") as factory:
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ["TERM"] = "xterm"
            os.execv(program("numaprobe"), ["numaprobe", "-w0.05", str(factory.pid)])
        os.read(terminal, 1)
        os.close(terminal)
        ended = []
        wait_until("it ends without a terminal", lambda: ended.append(os.waitpid(pid, os.WNOHANG)) or ended[-1] != (0, 0))
        # 0: it was hung up on first. 1: it could not write.
        expect(os.waitstatus_to_exitcode(ended[-1][1]) in (0, 1), f"it ends as {ended[-1]} says")


@test()
def sees_new_memory():
    """Mappings that come later are known by their pages, though maps is not read at every look."""
    script = ("import mmap, sys\nkept = []\nprint('ready', flush=True)\n"
              "for line in sys.stdin:\n m = mmap.mmap(-1, 8 << 20)\n m.write(b'x' * (8 << 20))\n kept.append(m)\n"
              " print('done', flush=True)\n")
    with subprocess.Popen(["python3", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as target:
        try:
            target.stdout.readline()
            with watching("-J", "-w0.05", target.pid) as process:
                first = json.loads(process.stdout.readline())["targets"][0]["pages"]
                for _ in range(3):
                    target.stdin.write("\n")
                    target.stdin.flush()
                    target.stdout.readline()
                # Looks from before the memory was there may still be in the pipe.
                for _ in range(100):
                    last = json.loads(process.stdout.readline())["targets"][0]["pages"]
                    if last["resident"] - first["resident"] >= 3 * 2048:
                        break
                expect(last["resident"] - first["resident"] >= 3 * 2048, f"{first} and then {last}")
                expect_equal("unknown", last["unknown"], 0)
        finally:
            target.kill()


@test()
def tells_an_mprotect_from_hints():
    """New inaccessible pages are taken for hints at first, and not for exact; maps is asked within a second or two."""
    script = ("import ctypes, mmap, sys\nm = mmap.mmap(-1, 16 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\n"
              "m.write(b'x' * (16 << 20))\nprint('ready', flush=True)\nsys.stdin.readline()\n"
              "at = ctypes.addressof(ctypes.c_char.from_buffer(m))\n"
              "print(ctypes.CDLL(None).mprotect(ctypes.c_void_p(at), ctypes.c_size_t(16 << 20), 0), flush=True)\n"
              "sys.stdin.readline()\n")
    with balancing(0), subprocess.Popen(["python3", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True) as target:
        try:
            target.stdout.readline()
            with watching("-J", "-w0.1", target.pid) as process:
                process.stdout.readline()
                target.stdin.write("\n")
                target.stdin.flush()
                expect_equal("mprotect()", target.stdout.readline(), "0\n")
                for _ in range(200):
                    seen = json.loads(process.stdout.readline())["targets"][0]
                    if total(seen["pages"]["protnone"]):
                        break
                    expect(not total(seen["pages"]["hinted"]) or not seen["source"]["exact"], f"exact: {seen['pages']}")
                expect_equal("PROT_NONE, hinted, exact",
                             (total(seen["pages"]["protnone"]) >= 4096, seen["pages"]["hinted"], seen["source"]["exact"]),
                             (True, {}, True))
        finally:
            target.kill()


@test()
def follows_an_exec():
    with subprocess.Popen(["sh", "-c", "read a; exec sleep 1000"], stdin=subprocess.PIPE, text=True) as target:
        try:
            with watching("-J", "-w0.05", target.pid) as process:
                expect_equal("before", json.loads(process.stdout.readline())["targets"][0]["command"], "sh")
                target.stdin.write("\n")
                target.stdin.flush()
                wait_until("exec", lambda: "sleep" in process.stdout.readline())
        finally:
            target.kill()


@test()
def counts_hints():
    """Hints that come and go are seen between looks, and a touch clears exactly those that there were."""
    with balancing(0) as set_balancing, Factory("--threads", "2", "--burn", ANON) as factory:
        # Only this mapping: nobody touches what is hinted elsewhere, in the libraries say.
        region = factory.region(ANON)
        options = ("-J", "-w0.1", f"--range={region['start']}-{region['end']}", factory.pid)
        with watching(*options) as process:
            process.stdout.readline()
            set_balancing(1)
            wait_until("hints", lambda: json.loads(process.stdout.readline())["targets"][0]["rates"]["hints_made"])
            set_balancing(0)
        factory.freeze()
        with watching(*options) as process:
            hinted = total(json.loads(process.stdout.readline())["targets"][0]["pages"]["hinted"])
            expect(hinted > 0, "no hint is left to be cleared")
            factory.thaw()
            factory.touch(ANON)
            factory.freeze()
            cleared = []

            def none_left():
                target = json.loads(process.stdout.readline())["targets"][0]
                cleared.append(target["rates"]["hints_cleared"])
                return total(target["pages"]["hinted"]) == 0

            wait_until("no hint is left", none_left)
            expect_equal("cleared", sum(cleared), hinted)


def minor_faults(pid):
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[7])


def run_seconds(pid):
    """Processor time of the main thread so far, without a reference to its memory."""
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def faults_in(seconds, factory, *command):
    """
    Minor faults of a process in so many seconds of its processor time, by which the balancer goes, with a command beside
    it. Both ends are read once only.
    """
    before, end = minor_faults(factory.pid), run_seconds(factory.pid) + seconds
    with contextlib.ExitStack() as stack:
        if command:
            process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.DEVNULL))
            stack.callback(process.kill)
        wait_until(f"it runs for {seconds} seconds", lambda: run_seconds(factory.pid) >= end)
        after = minor_faults(factory.pid)
    return after - before


@test()
def disturbs_nothing():
    """
    A busy process with one thread takes no more faults beside --watch=0.1 than alone, with balancing on. Where a
    reader of smaps in a loop makes no faults either, the test could not have failed, and says so. Each process is new:
    from its third pass on the balancer takes mappings one by one (vma_is_accessed() in kernel/sched/fair.c, 6.18), so
    that an old one may see none of it for minutes.
    """
    need_root()

    def faults(*command):
        with Factory("--spin", ANON) as factory:
            return faults_in(6, factory, *(word.replace("PID", str(factory.pid)) for word in command))

    with balancing(1):
        alone = watched = 0
        for _ in range(2):  # alternating, so that what the system does by itself falls on both sides
            alone += faults()
            watched += faults(program("numaprobe"), "-w0.1", "-J", "PID")
        reader = faults("sh", "-c", "while :; do cat /proc/PID/smaps; done")
    expect(watched <= alone + 64, f"{alone} faults alone, {watched} beside --watch=0.1, {reader} beside a smaps reader")
    expect(reader > 10 * (watched + 64), f"a reader of smaps makes {reader} faults, so this test shows nothing")
    print(f"# {alone} faults alone, {watched} beside --watch=0.1, {reader} in half the time beside a smaps reader")


@test()
def many_targets():
    with Factory("anon:1M") as one, Factory("anon:1M") as other:
        reports = looks("-w0.05", "-c", "2", "np-factory")
        for report in reports:
            found = {target["pid"] for target in report["targets"]}
            expect({one.pid, other.pid} <= found, f"only {found}")


@test()
def nothing_to_watch():
    done = run("-w0.05", "999999999"[:7])
    expect_equal("exit status", done.returncode, 2)
    done = run("-w0.05", "no-such-command-name")
    expect_equal("exit status and output", (done.returncode, done.stdout), (1, ""))
    expect_equal("standard error", done.stderr, "numaprobe: no-such-command-name: find: no process has this command name\n")
