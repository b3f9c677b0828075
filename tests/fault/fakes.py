# SPDX-License-Identifier: GPL-2.0-or-later
"""Walkers that lie, babble or die: numaprobe says so in one line, and shows nothing that they said."""

import json
import os
import random
import signal
import subprocess
import time

from client import ANSWER, END, HELLO, MAGIC, RUN, RUNS, VERSION
from harness import HANG_SECONDS, balancing, expect, expect_equal, frozen, installed, program, run, test

ALL_WELL, FAILURE, PARTIAL = 0, 1, 3
GREETING = HELLO.pack(MAGIC, VERSION, 0, 0, 4)
FAKE = """#!/usr/bin/env python3
import socket, sys
client = socket.socket(fileno=0)
first, after = eval({messages!r})
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
    expect(done.returncode in (FAILURE, PARTIAL), f"{what}: exit status {done.returncode}: {done.stdout} {done.stderr}")
    expect(all(line.startswith("numaprobe: ") for line in done.stderr.splitlines()) and done.stderr,
           f"{what}: standard error {done.stderr!r}")
    for target in json.loads(done.stdout)["targets"] if done.returncode == PARTIAL else []:
        expect_equal(f"{what}: source", target["source"]["name"], "pagemap")
        expect("numaprobe-walk" in target["source"]["why_not_better"], f"{what}: {target['source']['why_not_better']}")


@test()
def liars():
    with balancing(0), installed() as (numaprobe, walk), frozen("anon:4M", "protnone:4M") as factory:
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


def kill_walker(parent, after):
    time.sleep(after)
    children = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True, check=False).stdout.split()
    for child in children:
        try:
            os.kill(int(child), signal.SIGKILL)
        except ProcessLookupError:
            pass


@test()
def killed_at_any_time():
    """Whatever is shown is whole; no child is left."""
    chance = random.Random(5)
    with balancing(0), frozen("anon:16M:half", "protnone:4M") as factory:
        wanted = json.loads(run("-J", factory.pid).stdout)["targets"][0]
        for i in range(80):
            with subprocess.Popen([program("numaprobe"), "-J", str(factory.pid)], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True) as process:
                kill_walker(process.pid, chance.random() * 0.08)
                output, errors = process.communicate(timeout=HANG_SECONDS)
            expect(process.returncode in (ALL_WELL, FAILURE, PARTIAL), f"{i}: exit status {process.returncode}: {errors}")
            if process.returncode != ALL_WELL:
                expect(errors.startswith("numaprobe: "), f"{i}: standard error {errors!r}")
                continue
            target = json.loads(output)["targets"][0]
            expect_equal(f"{i}: source", target["source"]["name"], "bpf")
            expect_equal(f"{i}: pages", target["pages"], wanted["pages"])


@test()
def numaprobe_killed():
    """The walker does not outlive it."""
    chance = random.Random(6)
    with frozen("anon:4M") as factory:
        for _ in range(40):
            process = subprocess.Popen([program("numaprobe"), str(factory.pid)], stdout=subprocess.DEVNULL)
            time.sleep(chance.random() * 0.05)
            children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False).stdout.split()
            process.kill()
            process.wait()
            deadline = time.monotonic() + HANG_SECONDS
            for child in children:
                while os.path.exists(f"/proc/{child}/exe") and time.monotonic() < deadline:
                    time.sleep(0.01)
                expect(time.monotonic() < deadline, "the walker outlives numaprobe")

