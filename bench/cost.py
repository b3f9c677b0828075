# SPDX-License-Identifier: GPL-2.0-or-later
"""What looking costs the process that is looked at: its lock, its address space, its speed."""

import collections
import os
import random
import re
import shutil
import statistics
import subprocess
import tempfile
import time

import catalogue
import lab

# Files of a process whose readers hold a reference to its memory (fs/proc: mmget, get_task_mm).
HOLDING = ("maps", "smaps", "smaps_rollup", "numa_maps", "pagemap", "stat", "statm", "status", "mem", "environ", "cmdline")
EVENT = re.compile(r"\s(\d+) \[\d+\]\s+(\d+)\.(\d+):\s+mmap_lock:mmap_lock_(\w+): mm=(\w+)\s.*write=(\w+)")


def lock_events(command):
    """(thread, ns, "acquire_returned" or "released", memory, written) of a command, by perf."""
    with tempfile.TemporaryDirectory() as scratch:
        data = os.path.join(scratch, "data")
        record = ["perf", "record", "-q", "-o", data, "-m", "4096", "-e",
                  "mmap_lock:mmap_lock_acquire_returned,mmap_lock:mmap_lock_released", *command]
        with open(os.devnull, "w", encoding="ascii") as null:
            done = subprocess.run(record, stdout=null, stderr=null, check=False)
            text = subprocess.run(["perf", "script", "--ns", "-i", data], stdout=subprocess.PIPE, stderr=null, text=True,
                                  errors="replace", check=False).stdout
    if done.returncode not in (0, 3) or not text:
        raise lab.CannotMeasure("perf can't trace mmap_lock here")
    for line in text.splitlines():
        match = EVENT.search(line)
        if match:
            thread, seconds, fraction, what, memory, written = match.groups()
            yield thread, int(seconds) * 10**9 + int(fraction.ljust(9, "0")), what, memory, written == "true"


def foreign(events):
    """Memory that these programs never write to: not their own. name -> how often it was locked."""
    own = {memory for *_, memory, written in events if written}
    return collections.Counter(memory for *_, memory, _ in events if memory not in own)


def held(events, memory):
    """How often, how long in all and how long at most a lock of this memory was held, in ms."""
    since, times = {}, []
    for thread, now, what, which, _ in events:
        if which != memory:
            continue
        if what == "acquire_returned":
            since[thread] = now
        elif thread in since:
            times.append((now - since.pop(thread)) / 1e6)
    return {"locks": len(times), "lock_ms": sum(times), "lock_longest_ms": max(times, default=0)}


def reference_ms(command, pid):
    """Time in system calls on files whose readers hold a reference, as strace sees it: with its own cost in it."""
    with tempfile.NamedTemporaryFile("r") as trace:
        subprocess.run(["strace", "-f", "-qq", "-y", "-T", "-e", "trace=read,pread64,ioctl", "-o", trace.name,
                        *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        holding = re.compile(rf"\(\d+</proc/{pid}/({'|'.join(HOLDING)})>.*<(\d+\.\d+)>$")
        matches = [holding.search(line) for line in trace]
    times = [float(match[2]) * 1e3 for match in matches if match]
    return {"calls": len(times), "reference_ms": sum(times)}


def measure_locks(build, pid, rounds):
    """Name -> what a look held; medians. The memory is the one that the pagemap reader locks again and again."""
    todo = catalogue.programs(build, pid)
    todo.pop("page-types -p", None)  # a call for every few pages: strace would time itself
    if not shutil.which("perf"):
        raise lab.CannotMeasure("perf is not installed")
    if not shutil.which("strace"):
        raise lab.CannotMeasure("strace is not installed")
    counts = foreign(list(lock_events(todo["pagemap reader"])))
    if not counts:
        raise lab.CannotMeasure("perf does not show whose lock it is")
    memory = counts.most_common(1)[0][0]
    samples = {name: [] for name in todo}
    for _ in range(rounds):
        for name, command in todo.items():
            samples[name].append({**held(list(lock_events(command)), memory), **reference_ms(command, pid)})
    return {name: {key: statistics.median(s[key] for s in taken) for key in taken[0]} for name, taken in samples.items()}


class Victim:
    """A process that maps, touches and unmaps all the time, on a processor of its own where there are two."""

    def __init__(self, build, mib, cpu):
        self.process = subprocess.Popen([f"{build}/np-bench-victim", str(mib), str(cpu)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        self.ask()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def ask(self):
        """Rounds since it was asked last, by the second; and the longest of them, in ms."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        count, elapsed_ns, longest_ns = (int(word) for word in self.process.stdout.readline().split())
        return count / elapsed_ns * 1e9, longest_ns / 1e6


def start(command):
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def window(victim, command, seconds):
    """The victim's rate while a command is run ten times a second; None: nobody runs."""
    victim.ask()
    until, next_look = time.monotonic() + seconds, time.monotonic()
    while time.monotonic() < until:
        if command:
            start(command).wait()
        next_look = max(next_look + 0.1, time.monotonic())
        time.sleep(max(0.0, min(next_look, until) - time.monotonic()))
    return victim.ask()


def window_of_watcher(victim, command, seconds):
    """The same while one program runs on and looks by itself."""
    watcher = start(command)
    time.sleep(0.3)  # it has started
    try:
        return window(victim, None, seconds)
    finally:
        watcher.terminate()
        watcher.wait()


def interval(values):
    """The median, and where it is with 95 % by the order of the values."""
    ordered, count = sorted(values), len(values)
    rank = max(0, int(count / 2 - 0.98 * count**0.5))
    return {"median": statistics.median(ordered), "low": ordered[rank], "high": ordered[count - 1 - rank]}


def measure_victim(build, mib, rounds, seconds=0.5):
    """
    Short windows in an order that changes each round; every one is held against the mean of the same round's windows
    in which something runs ten times a second that looks at nothing. So neither drift nor starting a program counts.
    """
    cpus = sorted(os.sched_getaffinity(0))
    shared = len(cpus) < 2
    with Victim(build, mib, cpus[-1]) as victim:
        os.sched_setaffinity(0, cpus if shared else cpus[:-1])
        try:
            todo = catalogue.programs(build, victim.pid)
            todo = {name: todo[name] for name in ("numaprobe", "numastat -p", "cat smaps", "cat smaps_rollup",
                                                  "cat numa_maps", "pagemap reader") if name in todo}
            todo.update({"nobody": None, "a program that looks at nothing": ["true"], "the same once more": ["true"],
                         catalogue.WATCHING: [f"{build}/numaprobe", "--watch=0.1", str(victim.pid)]})
            samples = {name: [] for name in todo}
            for turn in range(rounds):
                order = list(todo)
                random.Random(turn).shuffle(order)
                for name in order:
                    look = window_of_watcher if name == catalogue.WATCHING else window
                    samples[name].append(look(victim, todo[name], seconds))
        finally:
            os.sched_setaffinity(0, cpus)
    base = [rate for rate, _ in samples["a program that looks at nothing"]]
    return {"mib": mib, "rounds": rounds, "seconds": seconds, "shared": shared,
            "rows": {name: {"rate": statistics.median(rate for rate, _ in taken),
                            "longest_ms": statistics.median(longest for _, longest in taken),
                            "change": interval([rate / b - 1 for (rate, _), b in zip(taken, base)])}
                     for name, taken in samples.items()}}
