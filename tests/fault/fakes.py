# SPDX-License-Identifier: GPL-2.0-or-later
"""Walkers that lie, babble or die: numaprobe says so in one line, and shows nothing that they said."""

import contextlib
import json
import os
import random
import subprocess
import sys
import time

from client import ANSWER, END, HELLO, MAGIC, RUN, RUNS, VERSION
from faults import SPECS, check_outcome, every_place
from harness import (HANG_SECONDS, balancing, children_of, expect, expect_equal, frozen, installed, kill_children,
                     program, run, scratch, test, wait_until)

ALL_WELL, FAILURE, PARTIAL = 0, 1, 3
GREETING = HELLO.pack(MAGIC, VERSION, 0, 0, 4)
FAKE = """#!/usr/bin/env python3
import contextlib, socket, sys
client = socket.socket(fileno=0)
first, after = eval({messages!r})
with contextlib.suppress(OSError):  # who is caught lying is hung up on
    for message in first:
        client.send(message)
    if after is not None:
        client.recv(1000)
        for message in after:
            client.send(message)
"""


def runs(*values, count=None, kind=RUNS, error=0):
    body = b"".join(RUN.pack(code | pages << 16) for code, pages in values)
    return ANSWER.pack(kind, len(values) if count is None else count, error, 0, 0) + body


END_WELL = ANSWER.pack(END, 0, 0, 0, 0)
WHOLE = (1 << 47) // 4096

# Name: what it says at first, and after a request (None: it does not wait for one).
FAKES = {
    "nothing": ([], None),
    "an empty hello": ([b""], None),
    "half a hello": ([GREETING[:12]], None),
    "a long hello": ([GREETING + b"\0"], None),
    "another magic": ([HELLO.pack(1, VERSION, 0, 0, 4)], None),
    "another version": ([HELLO.pack(MAGIC, VERSION + 1, 0, 0, 4)], None),
    "a reason out of range": ([HELLO.pack(MAGIC, VERSION, 0xFFFFFFFF, 5, 4)], None),
    "no levels": ([HELLO.pack(MAGIC, VERSION, 0, 0, 0)], None),
    "64 levels": ([HELLO.pack(MAGIC, VERSION, 0, 0, 64)], None),
    "hello and no more": ([GREETING], None),
    "hello and an end at once": ([GREETING, END_WELL], []),
    "no answer": ([GREETING], []),
    "an empty answer": ([GREETING], [b""]),
    "half a header": ([GREETING], [END_WELL[:10]]),
    "an end without runs": ([GREETING], [END_WELL]),
    "an end with runs": ([GREETING], [runs((1, 1), kind=END)]),
    "an end with a negative error": ([GREETING], [ANSWER.pack(END, 0, -1, 0, 0)]),
    "runs of nothing": ([GREETING], [runs((1, 0)), END_WELL]),
    "no runs": ([GREETING], [runs(), END_WELL]),
    "a count too large": ([GREETING], [runs((1, 1), count=2), END_WELL]),
    "a count too small": ([GREETING], [runs((1, 1), (0, 1), count=1), END_WELL]),
    "the largest count": ([GREETING], [runs((1, 1), count=0xFFFFFFFF), END_WELL]),
    "a count that overflows": ([GREETING], [runs((1, 1), count=0x20000001), END_WELL]),
    "too many runs": ([GREETING], [runs(*[(1, 1)] * 4001), END_WELL]),
    "a run more than it says, in the longest answer": ([GREETING], [runs(*[(1, 1)] * 4001, count=4000), END_WELL]),
    "too many pages": ([GREETING], [runs((1, (1 << 48) - 1)), END_WELL]),
    "pages that overflow": ([GREETING], [runs(*[(1, (1 << 48) - 1)] * 4000), END_WELL]),
    "a page too many": ([GREETING], [runs((1, WHOLE + 1)), END_WELL]),
    "pages, and no end": ([GREETING], [runs((1, 5))]),
    "pages, and an early end": ([GREETING], [runs((1, 5)), END_WELL]),
    "states that there are not": ([GREETING], [runs((12, 5)), END_WELL]),
    "state 15": ([GREETING], [runs((15, 5)), END_WELL]),
    "a kind that there is not": ([GREETING], [runs((1, 1), kind=7), END_WELL]),
    "garbage": ([GREETING], [b"\xff" * 4096, b"\xaa" * 100]),
    "an error": ([GREETING], [ANSWER.pack(END, 0, 12, 0, 0)]),
    "an error after pages": ([GREETING], [runs((1, 5)), ANSWER.pack(END, 0, 12, 0, 0)]),
    "an error of no name": ([GREETING], [ANSWER.pack(END, 0, 0x7FFFFFFF, 0, 0)]),
}


def check(what, done):
    """Either nothing was believed, or the other source was taken and the reason named."""
    expect(done.returncode in (ALL_WELL, FAILURE, PARTIAL), f"{what}: exit status {done.returncode}: {done.stdout} {done.stderr}")
    # Where nothing was hinted since the system started, the other source knows all, and has nothing to complain of.
    expect(all(line.startswith("numaprobe: ") for line in done.stderr.splitlines()) and
           bool(done.stderr) == (done.returncode != ALL_WELL), f"{what}: standard error {done.stderr!r}")
    for target in json.loads(done.stdout)["targets"] if done.returncode != FAILURE else []:
        if target["pages"]:
            expect_equal(f"{what}: source", target["source"]["name"], "pagemap")
            expect("numaprobe-walk" in target["source"]["why_not_better"], f"{what}: {target['source']['why_not_better']}")


@test()
def liars():
    with balancing(0), installed() as (numaprobe, walk), frozen("anon:4M", "protnone:4M") as factory:
        # One that tells no lie is believed, or that the others are not would say nothing.
        region = factory.region("anon:4M")
        walk.write_text(FAKE.format(messages=repr(([GREETING], [runs((1, 1024)), END_WELL]))), encoding="utf-8")
        walk.chmod(0o755)
        done = run("-J", f"--range={region['start']}-{region['end']}", factory.pid, command=[str(numaprobe)])
        expect_equal(f"source, {done.stderr}", json.loads(done.stdout)["targets"][0]["source"]["name"], "bpf")
        for what, messages in FAKES.items():
            walk.write_text(FAKE.format(messages=repr(messages)), encoding="utf-8")
            walk.chmod(0o755)
            check(what, run("-J", "-v", factory.pid, command=[str(numaprobe)]))
            done = run(factory.pid, command=[str(numaprobe)])
            expect("resident" not in done.stdout or "page tables read directly" not in done.stdout,
                   f"{what}: shown as a direct reading: {done.stdout}")


@test()
def babblers():
    """Random bytes, well-formed in part."""
    chance = random.Random(4)
    with balancing(0), installed() as (numaprobe, walk), frozen("anon:1M") as factory:
        for i in range(60):
            messages = []
            for _ in range(chance.randrange(1, 6)):
                values = [(chance.randrange(1 << 16), chance.randrange(1 << chance.randrange(1, 48))) for _ in range(chance.randrange(5))]
                messages.append(chance.choice((chance.randbytes(chance.randrange(200)), runs(*values), END_WELL)))
            walk.write_text(FAKE.format(messages=repr(([GREETING], messages))), encoding="utf-8")
            walk.chmod(0o755)
            check(f"babbler {i}: {messages!r}", run("-J", factory.pid, command=[str(numaprobe)]))


# Answers well, but for one thing: an expression of what is sent for a request of so many pages.
PLAUSIBLE = """#!/usr/bin/env python3
import contextlib, socket, struct

def answer(kind, *runs, count=None, error=0):
    head = struct.pack("=IIiIQ", kind, len(runs) if count is None else count, error, 0, 0)
    return head + b"".join(struct.pack("=Q", code | pages << 16) for code, pages in runs)

def end(error=0):
    return answer(1, error=error)

def around(pages):
    # as many pages as asked for, modulo 2 to the 64
    most = (1 << 48) - 1
    whole, rest = divmod(pages + (1 << 64), most)
    runs = [(1, most)] * whole + [(1, rest)]
    return [answer(0, *runs[i:i + 4000]) for i in range(0, len(runs), 4000)]

client = socket.socket(fileno=0)
asked = 0
with contextlib.suppress(OSError):
    client.send({greeting!r})
    while request := client.recv(1000):
        asked += 1
        first, last = struct.unpack("=QQ", request[16:])
        pages = (last - first) // 4096
        for message in {messages}:
            client.send(message)
"""
WELL = "[answer(0, (1, pages)), end()]"
LIES = {
    "a run of nothing": "[answer(0, (1, 0), (1, pages)), end()]",
    "more pages than there are numbers": "[*around(pages), end()]",
    "a state that there is not": "[answer(0, (12, pages)), end()]",
    "an end too early": "[answer(0, (1, pages - 1)), end()]",
    "an end at once": "[end()]",
    "a negative error": "[answer(0, (1, pages)), end(-1)]",
    "another kind": "[answer(7, (1, pages)), end()]",
    "more than it says": "[answer(0, (1, pages), (1, 1), count=1), end()]",
    "less than it says": "[answer(0, (1, pages - 1), count=2), end()]",
    "an end that is longer": "[answer(0, (1, pages)), end() + b'12345678']",
    "a run more than it says, in the longest answer":
        "[answer(0, *[(1, 1)] * 3999, (1, pages - 3999), (1, 1), count=4000), end()]",
    "nonsense at first": "[end()] if asked == 1 else [answer(0, (1, pages)), end()]",
}


def put_plausible(walk, greeting=GREETING, messages=WELL):
    walk.write_text(PLAUSIBLE.format(greeting=greeting, messages=messages), encoding="utf-8")
    walk.chmod(0o755)


@test()
def one_lie():
    """All is as it should be, but for one thing: nothing is believed, not even of the next process."""
    with balancing(0), installed() as (numaprobe, walk), frozen("anon:1M") as one, frozen("anon:2M") as other:
        put_plausible(walk)
        target = json.loads(run("-J", one.pid, command=[str(numaprobe)]).stdout)["targets"][0]
        expect_equal("source, of one that tells no lie", target["source"]["name"], "bpf")
        for what, messages in LIES.items():
            put_plausible(walk, messages=messages)
            done = run("-J", one.pid, other.pid, command=[str(numaprobe)])
            expect(done.returncode in (FAILURE, PARTIAL), f"{what}: exit status {done.returncode}: {done.stdout} {done.stderr}")
            for target in json.loads(done.stdout or '{"targets": []}')["targets"]:
                expect(not target["pages"] or target["source"]["name"] != "bpf", f"{what}: believed: {target['pages']}")


# Has one mapping that says so at its start, and that can be read, or not, by turns: at each SIGUSR1.
TURNING = """
import ctypes, mmap, signal
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + 3 * [ctypes.c_int] + [ctypes.c_long]
at, access = libc.mmap(None, 1 << 20, 3, 0x21, -1, 0), [3]
def turn(*_):
    access[0] ^= 3
    libc.mprotect(ctypes.c_void_p(at), ctypes.c_size_t(1 << 20), access[0])
signal.signal(signal.SIGUSR1, turn)
print(at, flush=True)
while True:
    signal.pause()
"""
# Says that all of that mapping is present, some times, and then inaccessible, letting it turn in time for the first so
# many of those answers.
TURNS = """#!/usr/bin/env python3
import contextlib, os, signal, socket, struct, time

def answer(kind, *runs):
    runs = [run for run in runs if run[1]]
    return struct.pack("=IIiIQ", kind, len(runs), 0, 0, 0) + b"".join(struct.pack("=Q", code | pages << 16) for code, pages in runs)

def permissions():
    with open("/proc/{pid}/maps", encoding="utf-8") as maps:
        return next((line.split()[1] for line in maps if line.startswith("{start:x}-")), None)

client, calm, turns = socket.socket(fileno=0), {calm}, {turns}
with contextlib.suppress(OSError):
    client.send({greeting!r})
    while request := client.recv(1000):
        first, last = struct.unpack("=QQ", request[16:])
        pages, before, inside = (last - first) // 4096, ({start} - first) // 4096, 256
        if not first <= {start} < last:
            client.send(answer(0, (0, pages)))
        else:
            calm -= 1
            if turns and calm < 0:
                turns, old = turns - 1, permissions()
                os.kill({pid}, signal.SIGUSR1)
                while permissions() == old:
                    time.sleep(0.001)
            client.send(answer(0, (0, before), (1 if calm >= 0 else 2, inside), (0, pages - before - inside)))
        client.send(answer(1))
"""


@contextlib.contextmanager
def turning(turns, calm=0):
    """numaprobe with a walker that lets its target turn, and the target's PID."""
    with balancing(0), installed() as (numaprobe, walk), \
            subprocess.Popen([sys.executable, "-c", TURNING], stdout=subprocess.PIPE, text=True) as target:
        try:
            walk.write_text(TURNS.format(pid=target.pid, start=int(target.stdout.readline()), greeting=GREETING, turns=turns,
                                         calm=calm),
                            encoding="utf-8")
            walk.chmod(0o755)
            yield numaprobe, target.pid
        finally:
            target.kill()


@test()
def mapping_that_changes_during_the_walk():
    """What permissions decide is believed only where they are still the same after the walk."""
    for turns, wanted in ((0, {"hinted": 256, "protnone": 0, "unknown": 0}), (1, {"hinted": 0, "protnone": 256, "unknown": 0}),
                          (2, {"hinted": 256, "protnone": 0, "unknown": 0}), (99, {"hinted": 0, "protnone": 0, "unknown": 256})):
        for arguments in ((), ("-v",)):
            with turning(turns) as (numaprobe, pid):
                done = run("-J", *arguments, pid, command=[str(numaprobe)])
            expect(done.returncode in (ALL_WELL, PARTIAL), f"{done.returncode}: {done.stderr}")
            expect_equal(f"turns {turns} times, {arguments}: unknown is told", done.returncode == PARTIAL, wanted["unknown"] > 0)
            pages = json.loads(done.stdout)["targets"][0]["pages"]
            got = {state: sum(value.values()) if isinstance(value, dict) else value for state, value in pages.items()}
            expect_equal(f"turns {turns} times, {arguments}", {state: got[state] for state in wanted}, wanted)


@test()
def mapping_that_changes_while_watched():
    """Where new hints may be an mprotect() in truth, the mappings are read again; not more often than once a second."""
    with turning(1, calm=1) as (numaprobe, pid):
        done = run("-J", "-w1.1", "-c", "3", pid, command=[str(numaprobe)])
        looks = [json.loads(line)["targets"][0]["pages"] for line in done.stdout.splitlines()]
    expect_equal(f"looks, {done.stderr}", len(looks), 3)
    expect_equal("hinted, protnone at last", (sum(looks[-1]["hinted"].values()), sum(looks[-1]["protnone"].values())), (0, 256))


@test()
def pages_outside_of_all_mappings():
    """They are unknown, and said to be so."""
    with balancing(0), installed() as (numaprobe, walk), frozen("anon:1M") as factory:
        put_plausible(walk)  # says that every page is there, also where nothing is mapped
        done = run("-J", factory.pid, command=[str(numaprobe)])
        pages = json.loads(done.stdout)["targets"][0]["pages"]
        expect_equal("exit status", done.returncode, PARTIAL)
        expect("belong to no mapping" in done.stderr, done.stderr)
        expect(pages["unknown"] > 1 << 20, f"{pages}")


GREETINGS = {
    "half a hello": GREETING[:12], "a long hello": GREETING + b"\0", "another magic": HELLO.pack(1, VERSION, 0, 0, 4),
    "another version": HELLO.pack(MAGIC, VERSION + 1, 0, 0, 4), "not ready": HELLO.pack(MAGIC, VERSION, 5, 0, 4),
    "3 levels": HELLO.pack(MAGIC, VERSION, 0, 0, 3), "6 levels": HELLO.pack(MAGIC, VERSION, 0, 0, 6),
}


@test()
def greetings():
    """Who does not greet as agreed is asked nothing, however good the answers would be."""
    with balancing(0), installed() as (numaprobe, walk), frozen("anon:1M") as factory:
        put_plausible(walk, GREETING)
        target = json.loads(run("-J", factory.pid, command=[str(numaprobe)]).stdout)["targets"][0]
        expect_equal("source, of one that greets well", target["source"]["name"], "bpf")
        for what, greeting in GREETINGS.items():
            put_plausible(walk, greeting)
            check(what, run("-J", factory.pid, command=[str(numaprobe)]))


@test()
def environment():
    """The walker gets nothing of the caller's: no variable, no argument."""
    with balancing(0), installed() as (numaprobe, walk), frozen("anon:1M") as factory:
        seen = walk.with_name("seen")
        walk.write_text(f'#!/bin/sh\ncat /proc/$$/environ /proc/$$/cmdline >{seen}\n', encoding="ascii")
        walk.chmod(0o755)
        run("-J", factory.pid, command=[str(numaprobe)], env={**os.environ, "LD_PRELOAD": "", "SECRET": "told"})
        # what starts a script puts its interpreter first
        expect_equal("environment and arguments", seen.read_bytes(), b"/bin/sh\0" + os.fsencode(walk) + b"\0")


STUBBORN = """#!/usr/bin/env python3
import signal, socket
for number in range(1, 32):
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_IGN)
socket.socket(fileno=0).send(b"nonsense")
while True:
    signal.pause()
"""


@test()
def stubborn():
    """One that neither reads nor ends is ended."""
    with balancing(0), installed() as (numaprobe, walk), frozen("anon:1M") as factory:
        walk.write_text(STUBBORN, encoding="ascii")
        walk.chmod(0o755)
        check("stubborn", run("-J", factory.pid, command=[str(numaprobe)]))


@test()
def killed_at_any_time():
    """Whatever is shown is whole; no child is left."""
    chance = random.Random(5)
    with balancing(0), frozen("anon:16M:half", "protnone:4M") as factory:
        start = time.monotonic()
        wanted = json.loads(run("-J", factory.pid).stdout)["targets"][0]
        longest, killed = time.monotonic() - start, 0
        for i in range(80):
            with subprocess.Popen([program("numaprobe"), "-J", str(factory.pid)], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True) as process:
                time.sleep(chance.random() * longest)
                killed += kill_children(process.pid)
                output, errors = process.communicate(timeout=HANG_SECONDS)
            expect(process.returncode in (ALL_WELL, FAILURE, PARTIAL), f"{i}: exit status {process.returncode}: {errors}")
            if process.returncode != ALL_WELL:
                expect(errors.startswith("numaprobe: "), f"{i}: standard error {errors!r}")
                continue
            target = json.loads(output)["targets"][0]
            if target["source"]["name"] != "bpf":  # killed before it said anything, where nothing was ever hinted
                expect("numaprobe-walk" in target["source"]["why_not_better"], f"{i}: {target['source']}")
                continue
            expect_equal(f"{i}: pages", target["pages"], wanted["pages"])
        expect(killed > 0, "no walker was there at any of these moments, so nothing was tried")


@test()
def killed_at_any_call():
    """In the midst of each call that only the walker makes, from its first to its last."""
    with balancing(0), frozen(*SPECS) as factory, scratch() as directory:
        command = [program("numaprobe"), "-J", "-v", str(factory.pid)]
        wanted = json.loads(run(command=command).stdout)["targets"][0]
        for call in ("capset", "setresuid", "bpf", "sendto", "recvmsg"):
            for what, done in every_place(directory, call, "KILL", command):
                expect(done.returncode in (ALL_WELL, FAILURE, PARTIAL), f"{what}: exit status {done.returncode}: {done.stderr}")
                check_outcome(what, done, wanted)


@test()
def numaprobe_killed():
    """The walker does not outlive it, whatever either is doing at that moment."""
    chance = random.Random(6)
    with frozen("anon:4M") as factory:
        for _ in range(40):
            with subprocess.Popen([program("numaprobe"), "-w0.01", str(factory.pid)], stdout=subprocess.DEVNULL) as process:
                try:
                    walkers = []
                    wait_until("it has a walker", lambda pid=process.pid, found=walkers: found.extend(children_of(pid)) or found)
                    time.sleep(chance.random() * 0.05)
                finally:
                    process.kill()
            for walker in walkers:
                wait_until("the walker ends with numaprobe", lambda pid=walker: not os.path.exists(f"/proc/{pid}/exe"))

