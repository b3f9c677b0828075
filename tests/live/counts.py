# SPDX-License-Identifier: GPL-2.0-or-later
"""What a look costs, in counts that don't depend on the machine's speed: so that it doesn't creep up unseen."""

import contextlib
import ctypes
import os
import pathlib
import platform
import re
import shutil
import socket
import struct
import subprocess
import tempfile

from harness import Skip, expect, expect_equal, frozen, look, need_root, program, run, test

BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID, BPF_OBJ_GET_INFO_BY_FD = 11, 13, 15
SYS_BPF = {"x86_64": 321, "aarch64": 280}
NAME_AT, VERIFIED_INSNS_AT, INFO_BYTES = 64, 216, 232  # struct bpf_prog_info, include/uapi/linux/bpf.h


def need_tool(name, *options):
    """One that is not there, or can watch nothing here, is no fault of numaprobe's; what fails under one that can, is."""
    if not shutil.which(name):
        raise Skip(f"{name} is not installed")
    done = run("true", command=[name, *options])
    if done.returncode:
        raise Skip(f"{name} can watch nothing here: {done.stderr.strip()[-200:]}")


def system_calls(*arguments, walkers=1):
    """What a run of numaprobe and of numaprobe-walk calls: [(name, line)] of each, the client's first."""
    need_tool("strace", "-qq", "-o", os.devnull)
    with tempfile.TemporaryDirectory() as scratch:
        strace = ["strace", "-ff", "-qq", "-y", "-o", f"{scratch}/trace"]
        done = subprocess.run([*strace, program("numaprobe"), *map(str, arguments)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, check=False)
        traces = [trace.read_text(errors="replace").splitlines() for trace in pathlib.Path(scratch).iterdir()]
    expect_equal(f"under strace, {done.stderr.strip()}: exit status", done.returncode, 0)
    expect_equal("programs", len(traces), 1 + walkers)
    calls = [[(match[1], line) for line in trace if (match := re.match(r"(\w+)\(", line))] for trace in traces]
    return sorted(calls, key=lambda one: any("numaprobe-walk" in line for name, line in one if name == "execve"))


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


BYTE_CALLS = ("read", "pread64", "recvfrom", "recvmsg", "sendto", "sendmsg", "write")
OF_THE_MACHINE = ("</proc/vmstat>", "</proc/zoneinfo>", "</sys/", "</etc/", "</usr/", "</lib")  # larger on a larger one


def bytes_copied(calls):
    """What system calls brought to the program or took from it, by their results."""
    results = (re.search(r" = (\d+)$", line) for name, line in calls
               if name in BYTE_CALLS and not any(path in line for path in OF_THE_MACHINE))
    return sum(int(result[1]) for result in results if result)


@test(ci_may_skip=True)
def nothing_is_received_with_privilege():
    """The walker's calls in their order: no word in or out before privilege is gone, and after the filter few calls at all."""
    need_root()
    with frozen("anon:4M") as factory:
        _, walker = system_calls(factory.pid)
    gone, filtered = (next(i for i, (_, line) in enumerate(walker) if name in line)
                      for name in ("PR_SET_NO_NEW_PRIVS", "PR_SET_SECCOMP"))
    expect_equal("received before the filter", [line for name, line in walker[:filtered] if name.startswith("recv")], [])
    expect_equal("sent with privilege", [line for name, line in walker[:gone] if name.startswith("send")], [])
    later = {name for name, _ in walker[filtered + 1:]}
    expect("recvmsg" in later and later <= {"recvmsg", "sendto", "close", "bpf", "exit_group"}, f"after the filter: {later}")


@test(ci_may_skip=True)
def calls_of_a_small_look():
    need_root()
    with frozen("anon:4M") as factory:
        client, walker = system_calls(*built(factory))
        expect_at_most("bytes that system calls copy for numaprobe", bytes_copied(client), 24000)
        expect_at_most("bytes that system calls copy for numaprobe-walk", bytes_copied(walker), 16000)
        # Half of the client's and a third of the walker's are the dynamic linker's, which grow with the libraries.
        expect_at_most("numaprobe's system calls", len(client), 420)
        expect_at_most("numaprobe-walk's system calls", len(walker), 620)
        expect_at_most("reads of smaps", sum("/smaps" in line for name, line in client if name == "openat"), 2)
        expect_at_most("forks", sum(name in ("clone", "clone3", "fork", "vfork") for name, _ in client), 1)


def runs(*specs):
    with frozen(*specs) as factory:
        _, walker = system_calls(*built(factory))
        runs_of = [match[1] for _, line in walker if (match := re.search(r"BPF_PROG_(?:TEST_)?RUN, .*prog_fd=(\d+)", line))]
        # The others look for the direct map: as many as there are gigabytes below the walker's own tables.
        return runs_of.count(runs_of[-1])


@test(ci_may_skip=True)
def two_walkers_for_a_large_target():
    """33 GiB of the zero page: as many pages as with one walker, and two that read them."""
    need_root()
    with frozen("zero:33G", "anon:4M") as factory:
        alone, several = (look(factory.pid, *arguments)["pages"] for arguments in ((), ("--threads=2",)))
        expect_equal("pages by two walkers", several, alone)
        system_calls("--threads=2", factory.pid, walkers=2)
        system_calls(factory.pid, walkers=1)


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


MORE_PAGES = 512 * 256  # base pages of 4 KiB that 516 MiB have more than 4 MiB
KIB = 1024


@test(ci_may_skip=True)
def bytes_that_size_costs():
    """Equal pages are one answer, whatever their number; where each differs from the next, it is 8 bytes a page."""
    need_root()

    def copied(spec):
        with frozen(spec) as factory:
            return [bytes_copied(calls) for calls in system_calls(*built(factory))]

    small, equal, mixed = copied("anon:4M"), copied("anon:516M"), copied("anon:516M:half")
    for number, who in enumerate(("numaprobe", "numaprobe-walk")):
        expect_at_most(f"bytes for 512 MiB more, {who}", equal[number] - small[number], KIB)
        expect_at_most(f"bytes for 512 MiB of every other page, {who}", mixed[number] - small[number],
                       8 * MORE_PAGES * 21 // 20 + 64 * KIB)


def instructions(*arguments):
    """What numaprobe itself executes, numaprobe-walk and the kernel apart, as callgrind counts it."""
    need_tool("valgrind", "--tool=none")
    with tempfile.TemporaryDirectory() as scratch:
        done = run(*arguments, command=["valgrind", "--tool=callgrind", f"--callgrind-out-file={scratch}/out",
                                        program("numaprobe")])
    match = re.search(r"Collected : (\d+)", done.stderr)
    expect(done.returncode == 0 and match, f"under valgrind: exit status {done.returncode}: {done.stderr[-200:]}")
    return int(match[1])


@test(ci_may_skip=True)
def instructions_of_a_look():
    """Differences alone: how much valgrind itself has mapped decides what the start costs under it."""
    need_root()

    def counted(*specs, options=()):
        with frozen(*specs) as factory:
            return instructions(*options, *built(factory))

    small, few, few_rows = counted("anon:4M"), counted("many:2000"), counted("many:2000", options=["-v"])
    expect_at_most("instructions for 512 MiB more", counted("anon:516M") - small, 100_000)
    expect_at_most("instructions a page of every other page", (counted("anon:516M:half") - small) // MORE_PAGES, 150)
    expect_at_most("instructions a mapping", (counted("many:12000") - few) // 10000, 3500)
    # Half of them are those of libsmartcols.
    expect_at_most("instructions a row of -v", (counted("many:12000", options=["-v"]) - few_rows) // 10000, 70_000)


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
