# SPDX-License-Identifier: GPL-2.0-or-later
"""What a look costs, in counts that don't depend on the machine's speed: so that it doesn't creep up unseen."""

import contextlib
import ctypes
import os
import platform
import re
import shutil
import socket
import struct
import subprocess
import tempfile

from harness import Skip, expect, frozen, need_root, program, test

BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID, BPF_OBJ_GET_INFO_BY_FD = 11, 13, 15
SYS_BPF = {"x86_64": 321, "aarch64": 280}
NAME_AT, VERIFIED_INSNS_AT, INFO_BYTES = 64, 216, 232  # struct bpf_prog_info, include/uapi/linux/bpf.h


def system_calls(*arguments):
    """What a run of numaprobe and numaprobe-walk calls: [(name, line)] of each, the client's first."""
    if not shutil.which("strace"):
        raise Skip("strace is not installed")
    with tempfile.NamedTemporaryFile("r") as trace:
        done = subprocess.run(["strace", "-f", "-o", trace.name, program("numaprobe"), *map(str, arguments)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        lines = trace.read().splitlines()
    if done.returncode:
        raise Skip(f"strace could not watch: {done.stderr.strip()}")
    calls = {}
    for line in lines:
        match = re.match(r"(\d+) +(\w+)\(", line)
        if match:
            calls.setdefault(match[1], []).append((match[2], line))
    return list(calls.values())


def expect_at_most(what, got, most):
    expect(got <= most, f"{what}: {got}, more than {most}")


def built(factory):
    """
    Options for what the factory built alone. How its libraries lie is chance, and so is how often the walk looks again
    at their tables, where one entry alone is empty.
    """
    regions = factory.truth["mappings"]
    start, end = (edge(int(region[name], 16) for region in regions) for edge, name in ((min, "start"), (max, "end")))
    return f"--range={start:x}-{end:x}", factory.pid


def count(calls, text):
    return sum(text in line for _, line in calls)


@test(ci_may_skip=True)
def calls_of_a_small_look():
    need_root()
    with frozen("anon:4M") as factory:
        client, walker = system_calls(*built(factory))
        # Half of the client's and a third of the walker's are the dynamic linker's, which grow with the libraries.
        expect_at_most("numaprobe's system calls", len(client), 420)
        expect_at_most("numaprobe-walk's system calls", len(walker), 620)
        expect_at_most("reads of smaps", sum("/smaps" in line for name, line in client if name == "openat"), 2)
        expect_at_most("forks", sum(name in ("clone", "clone3", "fork", "vfork") for name, _ in client), 1)


def runs(*specs):
    with frozen(*specs) as factory:
        _, walker = system_calls(*built(factory))
        return count(walker, "BPF_PROG_TEST_RUN") or count(walker, "BPF_PROG_RUN")


# Room for a table that is looked at again.
BY_CHANCE = 10


@test(ci_may_skip=True)
def runs_grow_with_tables_only():
    """32 tables of 2 MiB a run at least; what was never touched costs nothing."""
    need_root()
    small, large = runs("anon:4M"), runs("anon:516M")
    expect_at_most("BPF runs for 512 MiB more", large - small, 512 // 64 + BY_CHANCE)
    expect_at_most("BPF runs for 16 TiB reserved", runs("anon:4M", "reserve:16T") - small, BY_CHANCE)
    # Each of 64 pages that lie 256 GiB apart needs its own three tables.
    expect_at_most("BPF runs for 64 pages in 16 TiB", runs("anon:4M", "sparse:16T:64") - small, 64 * 4 + BY_CHANCE)


def bpf(command, attributes):
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(attributes.ljust(128, b"\0"), 128)
    result = libc.syscall(SYS_BPF[platform.machine()], command, buffer, 128)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result, buffer.raw


def program_infos():
    """struct bpf_prog_info of each program that is loaded."""
    number = 0
    with contextlib.suppress(FileNotFoundError):
        while True:
            number = struct.unpack_from("I", bpf(BPF_PROG_GET_NEXT_ID, struct.pack("II", number, 0))[1], 4)[0]
            with contextlib.suppress(FileNotFoundError):  # unloaded meanwhile
                fd, _ = bpf(BPF_PROG_GET_FD_BY_ID, struct.pack("I", number))
                info = ctypes.create_string_buffer(INFO_BYTES)
                bpf(BPF_OBJ_GET_INFO_BY_FD, struct.pack("IIQ", fd, INFO_BYTES, ctypes.addressof(info)))
                os.close(fd)
                yield info.raw


@test(ci_may_skip=True)
def instructions_to_verify():
    """The verifier's work is most of the start-up: a branch in the wrong place multiplies it."""
    need_root()
    if platform.machine() not in SYS_BPF:
        raise Skip("the number of bpf(2) is not known for this machine")
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    walk = subprocess.Popen([program("numaprobe") + "-walk"], stdin=theirs, stdout=subprocess.DEVNULL)
    theirs.close()
    try:
        hello = ours.recv(4096)
        expect(len(hello) == 24 and struct.unpack_from("I", hello, 12)[0] == 0, f"the walker can't serve: {hello!r}")
        counts = [struct.unpack_from("I", info, VERIFIED_INSNS_AT)[0] for info in program_infos()
                  if info[NAME_AT:NAME_AT + 16].rstrip(b"\0") == b"np_copy_tables"]
    finally:
        ours.close()
        walk.wait()
    expect(counts, "np_copy_tables is not loaded")
    if not any(counts):
        raise Skip("this kernel does not count verified instructions (before 5.16)")
    expect_at_most("instructions that the verifier went through", max(counts), 1500)
