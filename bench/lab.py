# SPDX-License-Identifier: GPL-2.0-or-later
"""How it is measured: processes of the factory, programs run in turn, the system's switches."""

import contextlib
import json
import os
import pathlib
import signal
import statistics
import subprocess
import time

SLOW_SECONDS = 2  # what takes longer is run once
LIMIT_SECONDS = 10  # what takes longer than this is ended, and shown as such
HINT_SECONDS = 60  # NUMA balancing hints 256 MiB a scan, and scans once a second at first
BALANCING = pathlib.Path("/proc/sys/kernel/numa_balancing")
POOL = pathlib.Path("/proc/sys/vm/nr_hugepages")


class CannotMeasure(Exception):
    """What is left out, and why."""


class Factory:
    """A process of known memory."""

    def __init__(self, build, specs, *options):
        start = time.monotonic()
        self.process = subprocess.Popen([f"{build}/np-factory", *options, *specs], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        line = self.process.stdout.readline()
        self.seconds = time.monotonic() - start
        self.skipped = json.loads(line)["skipped"] if line else {"": "the factory failed"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def available_gib():
    with open("/proc/meminfo", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("MemAvailable")) / 2**20


@contextlib.contextmanager
def setting(path, value):
    if not os.access(path, os.W_OK):
        raise CannotMeasure(f"{path} can't be written")
    old = path.read_text(encoding="ascii")
    try:
        path.write_text(f"{value}\n", encoding="ascii")
        yield
    finally:
        path.write_text(old, encoding="ascii")


def hinted_share(build, pid):
    done = subprocess.run([f"{build}/numaprobe", "-J", str(pid)], capture_output=True, text=True, check=True)
    pages = json.loads(done.stdout)["targets"][0]["pages"]
    hinted, present = sum(pages["hinted"].values()), sum(pages["present"].values())
    return hinted / max(1, hinted + present)


def wait_for_hints(build, pid):
    """Turns NUMA balancing on until nearly everything is hinted; then the process stops, so that it stays so."""
    with setting(BALANCING, 1):
        until = time.monotonic() + HINT_SECONDS
        while (share := hinted_share(build, pid)) < 0.99 and time.monotonic() < until:
            time.sleep(1)
        os.kill(pid, signal.SIGSTOP)
    if share < 0.5:
        raise CannotMeasure(f"NUMA balancing hinted {100 * share:.0f} % in {HINT_SECONDS} s")
    return share


def run_once(build, command):
    """One run: cpu_ns, wall_ns, peak_kib, status; -1: it was ended."""
    done = subprocess.run([f"{build}/np-bench-time", str(LIMIT_SECONDS), *command], stdout=subprocess.PIPE, text=True,
                          check=True)
    return json.loads(done.stdout)


def summary(samples):
    """Medians of what was measured; None: it takes too long. An empty one: it can't."""
    if any(sample["status"] == -1 for sample in samples):
        return None
    if any(sample["status"] not in (0, 3) for sample in samples):
        return {}
    return {"runs": len(samples), "cpu_ms": statistics.median(s["cpu_ns"] for s in samples) / 1e6,
            "wall_ms": statistics.median(s["wall_ns"] for s in samples) / 1e6,
            "peak_kib": max(s["peak_kib"] for s in samples)}


def run_in_turn(build, commands, rounds):
    """
    Every program once, then every program again: what changes meanwhile changes for all. Name -> summary, of those that
    can.
    """
    samples = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            slow = samples[name] and samples[name][0]["wall_ns"] > SLOW_SECONDS * 1e9
            if not slow:
                samples[name].append(run_once(build, command))
        if turn == 0:  # it warmed up what is fast
            samples = {name: s if s[0]["wall_ns"] > SLOW_SECONDS * 1e9 else [] for name, s in samples.items()}
    rows = {name: summary(s) for name, s in samples.items()}
    return {name: row for name, row in rows.items() if row != {}}


def run_json(command):
    """What a program of ours says on one line; None: it can't."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None
