# SPDX-License-Identifier: GPL-2.0-or-later
"""numaprobe-walk against a client, and a parent, that mean it no good: what is left of its privilege, what it answers."""

import contextlib
import ctypes
import fcntl
import mmap
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import sys
import time

from client import (ABSENT, EBADF, EINVAL, ESRCH, INACCESSIBLE, MAGIC, PAGE, PRESENT, REQUEST, VERSION, Client, Gone,
                    installs)
from harness import (HANG_SECONDS, NOBODY, expect, expect_equal, installed, intruder, need_intrusion, need_root, run,
                     sanitized, scratch, test, wait_until)
from rights import become

libc = ctypes.CDLL(None, use_errno=True)
GOOD = REQUEST.pack(MAGIC, VERSION, 0, 0, PAGE)


@contextlib.contextmanager
def walker(**options):
    """A ready walker with file capabilities, nobody's."""
    with installed() as (_, walk), Client(walk, **{**NOBODY, **options}) as client:
        yield client.ready()


@contextlib.contextmanager
def own_pagemap():
    with open("/proc/self/pagemap", "rb") as file:
        yield file.fileno()


# What is left of the privilege


def check_harmless(name, client):
    status = client.status()
    for field in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        expect_equal(f"{name}: {field}", int(status[field], 16), 0)
    for field in ("Uid", "Gid"):
        expect_equal(f"{name}: {field}", status[field].split(), ["65534"] * 4)
    expect_equal(f"{name}: Groups", status["Groups"].split(), [])
    expect_equal(f"{name}: NoNewPrivs", status["NoNewPrivs"], "1")
    expect_equal(f"{name}: seccomp", status["Seccomp"], "0" if sanitized() else "2")
    expect_equal(f"{name}: one thread", status["Threads"], "1")
    proc = pathlib.Path(f"/proc/{client.pid}")
    # what is not dumpable belongs to root
    expect_equal(f"{name}: owner of its files in /proc", (proc / "pagemap").stat().st_uid, 0)
    limits = {line[:25].strip(): line[25:].split() for line in (proc / "limits").read_text().splitlines()}
    expect_equal(f"{name}: limits of core", limits["Max core file size"][:2], ["0", "0"])


@test()
def nothing_is_left():
    """Of any way to give it privilege, once it serves."""
    with installs() as each:
        for name, walk, user in each:
            with Client(walk, **user) as client:
                client.ready()
                check_harmless(name, client)
                client.still_serves(name)


@contextlib.contextmanager
def handed_on():
    """(name, numaprobe-walk, who starts it) where the caller itself has what it takes, and hands it on."""
    with installed() as (_, walk):
        def each():
            run("-r", walk, command=["setcap"])
            yield "ambient", walk
            expect_equal("setcap", run("cap_bpf,cap_perfmon=ei", walk, command=["setcap"]).returncode, 0)
            yield "inherited", walk

        yield each()


@test()
def nothing_is_left_of_what_was_handed_on():
    """Capabilities of the caller's, ambient or inherited by the file."""
    with handed_on() as each:
        for name, walk in each:
            with Client(walk, preexec_fn=lambda: become(names=("bpf", "perfmon"))) as client:
                client.ready()
                check_harmless(name, client)
                client.still_serves(name)


def as_nobody(function):
    """The errno that function gets, or 0, in a process of nobody's."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
            function()
            os._exit(0)
        except OSError as error:
            os._exit(error.errno)
        finally:
            os._exit(255)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def call(name, *arguments):
    if getattr(libc, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)


PTRACE_SEIZE, SYS_PIDFD_GETFD = 0x4206, 438


@test()
def its_user_cannot_take_it_over():
    """With its memory or its descriptors, raw page tables could be had."""
    with installs() as each:
        for name, walk, user in each:
            with Client(walk, **user) as client:
                client.ready()
                pid = client.pid
                tries = {
                    "ptrace": lambda pid=pid: call("ptrace", PTRACE_SEIZE, pid, None, None),
                    "pidfd_getfd": lambda pid=pid: call("syscall", SYS_PIDFD_GETFD, os.pidfd_open(pid), 0, 0),
                    **{what: lambda pid=pid, what=what: os.open(f"/proc/{pid}/{what}", os.O_RDONLY)
                       for what in ("mem", "maps", "pagemap", "fd/3", "map_files", "environ")},
                }
                for what, function in tries.items():
                    result = as_nobody(function)
                    expect(result in (1, 13), f"{name}: {what} of the walker as its own user: errno {result}")


@test()
def descriptors_of_its_parent_are_closed():
    with open(os.devnull, "rb") as extra:
        for number in range(3, 40):
            if number != extra.fileno():
                with contextlib.suppress(OSError):
                    fcntl.fcntl(extra.fileno(), fcntl.F_DUPFD, 100 + number)
        high = [int(name) for name in os.listdir("/proc/self/fd") if int(name) >= 100]
        try:
            with walker(pass_fds=high) as client:
                links = {os.readlink(f"/proc/{client.pid}/fd/{name}") for name in os.listdir(f"/proc/{client.pid}/fd")}
                allowed = ("socket:", os.devnull, "anon_inode:bpf", f"/proc/{client.pid}/pagemap")
                for link in links:
                    expect(link.startswith(allowed), f"the walker holds {link}")
                for number in high:
                    expect(not os.path.exists(f"/proc/{client.pid}/fd/{number}"), f"descriptor {number} is open")
        finally:
            for number in high:
                os.close(number)


@test()
def only_what_serving_needs_is_open():
    """The program that found the direct map, and the map of what it found, are closed: nothing can be changed again."""
    with installs() as each:
        for name, walk, user in each:
            with Client(walk, **user) as client:
                client.ready()
                folder = f"/proc/{client.pid}/fd"
                links = sorted(re.sub(r":\[[0-9]*\]", "", os.readlink(f"{folder}/{number}"))
                               for number in os.listdir(folder) if int(number) > 2)
                expect_equal(f"{name}: descriptors", links, [f"/proc/{client.pid}/pagemap", "anon_inode:bpf-prog"])
                maps = pathlib.Path(f"/proc/{client.pid}/maps").read_text(encoding="utf-8").splitlines()
                shared = [line.split()[1] for line in maps if "bpf" in line.split(maxsplit=5)[-1]
                          and "libbpf" not in line and "numaprobe" not in line]
                expect_equal(f"{name}: what BPF writes to", shared, ["r--s"])


# Requests


@test()
def answers_own_memory():
    """What nobody could read anyway: states of pages of a process that it can open."""
    with walker() as client, own_pagemap() as pagemap, mmap.mmap(-1, 64 * PAGE) as memory:
        address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        for page in range(0, 64, 2):
            memory[page * PAGE] = 1
        error, runs = client.walk(pagemap, address, address + 64 * PAGE)
        expect_equal("error", error, 0)
        expect_equal("states", [(code & 15, pages) for code, pages in runs], [(PRESENT, 1), (ABSENT, 1)] * 32)
        expect_equal("mprotect", libc.mprotect(ctypes.c_void_p(address), 64 * PAGE, 0), 0)
        error, runs = client.walk(pagemap, address, address + 64 * PAGE)
        expect_equal("states", [(code & 15, pages) for code, pages in runs], [(INACCESSIBLE, 1), (ABSENT, 1)] * 32)
        libc.mprotect(ctypes.c_void_p(address), 64 * PAGE, mmap.PROT_READ | mmap.PROT_WRITE)


def malformed():
    """(what, bytes, number of descriptors)"""
    def request(magic=MAGIC, version=VERSION, unused=0):
        return REQUEST.pack(magic, version, unused, 0, PAGE)

    yield "no descriptor", GOOD, 0
    yield "two descriptors", GOOD, 2
    yield "as many descriptors as one message holds", GOOD, 253
    yield "a short one", GOOD[:-1], 1
    yield "a byte", b"\0", 1
    yield "no byte and a descriptor", b"", 1
    yield "a long one", GOOD + b"\0", 1
    yield "a very long one", GOOD * 1000, 1
    yield "wrong magic", request(magic=MAGIC ^ 1), 1
    yield "version 0", request(version=0), 1
    yield "the next version", request(version=VERSION + 1), 1
    yield "something in unused", request(unused=1), 1
    yield "text", b"GET / HTTP/1.0\r\n\r\n", 0


@test()
def malformed_requests_end_it():
    with installed() as (_, walk), own_pagemap() as pagemap:
        for what, data, count in malformed():
            with Client(walk, **NOBODY) as client:
                client.ready()
                client.send(data, [pagemap] * count)
                client.expect_thrown_out(what)


def no_pagemaps(stack):
    """(what, descriptor) that is no pagemap file."""
    def opened(path, flags=os.O_RDONLY):
        descriptor = os.open(path, flags)
        stack.callback(os.close, descriptor)
        return descriptor

    for path in ("maps", "smaps", "smaps_rollup", "numa_maps", "mem", "status", "stat", "environ", "auxv", "exe", "fd",
                 "task", "io", "wchan", "clear_refs", "ns/mnt"):
        with contextlib.suppress(FileNotFoundError):
            yield path, opened(f"/proc/self/{path}", os.O_WRONLY if path == "clear_refs" else os.O_RDONLY)
    yield "pagemap, by path only", opened("/proc/self/pagemap", os.O_PATH)
    for path in ("/dev/null", "/dev/zero", "/proc", "/proc/kpagecount", "/proc/zoneinfo", "/", "/sys/kernel/btf/vmlinux"):
        with contextlib.suppress(FileNotFoundError, PermissionError):
            yield path, opened(path)
    descriptors = {"memfd": os.memfd_create("pagemap"), "eventfd": os.eventfd(0), "pidfd": os.pidfd_open(os.getpid()),
                   "epoll": libc.epoll_create1(0), "inotify": libc.inotify_init1(0)}
    descriptors["pipe"], writer = os.pipe()
    stack.callback(os.close, writer)
    for what, descriptor in descriptors.items():
        stack.callback(os.close, descriptor)
        yield what, descriptor
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        for end in socket.socketpair(socket.AF_UNIX, kind):
            stack.enter_context(end)
        yield f"socket {kind.name}", end.fileno()
    directory = stack.enter_context(scratch())
    (directory / "pagemap").write_bytes(b"\xff" * 4096)
    yield "a file named pagemap", opened(directory / "pagemap")


@test()
def only_pagemap_descriptors():
    with walker() as client, contextlib.ExitStack() as stack:
        for what, descriptor in no_pagemaps(stack):
            expect_equal(what, client.walk(descriptor), (EBADF, []))
        expect_equal("its own socket", client.walk(client.socket.fileno()), (EBADF, []))
        client.still_serves("all of these")
        # none of them is still open there
        expect(len(os.listdir(f"/proc/{client.pid}/fd")) <= 6, "the walker keeps descriptors")


def ranges(space_end):
    yield "empty", 0, 0
    yield "backwards", 2 * PAGE, PAGE
    yield "start not aligned", 1, PAGE
    yield "end not aligned", 0, PAGE + 1
    yield "past the end", 0, space_end + PAGE
    yield "behind the end", space_end, space_end + PAGE
    yield "all 64 bits", 0, (1 << 64) - PAGE
    yield "wraps around", (1 << 64) - PAGE, 0
    yield "the kernel's half", 0xFFFF800000000000, 0xFFFF800000001000
    yield "the kernel's text", 0xFFFFFFFF81000000, 0xFFFFFFFF81001000
    yield "not canonical", 1 << 60, (1 << 60) + PAGE


@test()
def only_user_space():
    with walker() as client, own_pagemap() as pagemap:
        for what, start, end in ranges(client.space_end):
            client.ask(pagemap, start, end)
            expect_equal(what, client.answer(), (EINVAL, []))
        client.still_serves("all of these")


@test()
def exited_processes():
    with walker() as client:
        with subprocess.Popen(["sleep", "1000"]) as process:
            with open(f"/proc/{process.pid}/pagemap", "rb") as pagemap:
                expect_equal("a live one: error", client.walk(pagemap.fileno())[0], 0)
                process.kill()
                process.wait()
                expect_equal("an exited one", client.walk(pagemap.fileno()), (ESRCH, []))
        # the memory of before an exec is gone, whoever the process has become
        with subprocess.Popen(["sh", "-c", "read line; exec sleep 1000"], stdin=subprocess.PIPE) as process:
            with open(f"/proc/{process.pid}/pagemap", "rb") as pagemap:
                expect_equal("before exec: error", client.walk(pagemap.fileno())[0], 0)
                process.stdin.write(b"\n")
                process.stdin.flush()
                name = pathlib.Path(f"/proc/{process.pid}/comm")
                wait_until("it is sleep now", lambda: name.read_text() == "sleep\n")
                wait_until("its old memory is gone", lambda: client.walk(pagemap.fileno()) == (ESRCH, []))
            process.kill()


@test()
def threads_and_kernel_threads():
    need_root()
    with walker() as client:
        with open(f"/proc/self/task/{os.getpid()}/pagemap", "rb") as pagemap:
            expect_equal("a thread's: error", client.walk(pagemap.fileno())[0], 0)
        with contextlib.suppress(ProcessLookupError), open("/proc/2/pagemap", "rb") as pagemap:
            expect_equal("a kernel thread's", client.walk(pagemap.fileno()), (ESRCH, []))


# Clients that misbehave over time


@test()
def client_that_never_reads():
    """It waits, without growing, and ends when the client does."""
    with walker() as client, own_pagemap() as pagemap:
        client.socket.setblocking(False)
        for _ in range(10000):
            try:
                client.ask(pagemap, 0, client.space_end)
            except BlockingIOError:
                break
        state = pathlib.Path(f"/proc/{client.pid}/stat")
        wait_until("it sleeps", lambda: state.read_text().rpartition(")")[2].split()[0] == "S")
        size = client.status()["VmRSS"]
        time.sleep(0.2)
        expect_equal("memory", client.status()["VmRSS"], size)
        client.socket.close()
        expect_equal("exit status", client.wait(), 1)


@test()
def client_that_leaves():
    """In the middle of answers, at many points."""
    with installed() as (_, walk), own_pagemap() as pagemap, mmap.mmap(-1, 32 << 20) as memory:
        for page in range(0, len(memory), 2 * PAGE):
            memory[page] = 1
        for answers in range(6):
            with Client(walk, **NOBODY) as client:
                client.ready()
                client.ask(pagemap, 0, client.space_end)
                for _ in range(answers):
                    client.receive()
                client.socket.close()
                expect(client.wait() in (0, 1), "killed by a signal")


@test()
def client_that_forks():
    """Two processes ask over one socket: each request has its answers, whoever gets them, and nothing breaks."""
    with walker() as client, own_pagemap() as pagemap:
        def ask_often():
            for _ in range(500):
                client.ask(pagemap, 0, PAGE)
                client.receive()  # runs, or an end, of whoever's
                client.receive()

        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                ask_often()
                os._exit(0)
            os._exit(1)
        ask_often()
        expect_equal("status of the other process", os.waitpid(child, 0)[1], 0)
        client.still_serves("all of these")


def with_option(*options):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for option in options:
        theirs.setsockopt(socket.SOL_SOCKET, *option)
    return ours, theirs


SO_PASSPIDFD = 76


@test()
def sockets_with_options():
    """The other end is the client's to set up: credentials in each message, no room for answers, no waiting."""
    with installed() as (_, walk), own_pagemap() as pagemap:
        for option in (socket.SO_PASSCRED, SO_PASSPIDFD, socket.SO_PASSSEC):
            try:
                sockets = with_option((option, 1))
            except OSError:
                continue  # older than the option
            with Client(walk, sockets, **NOBODY) as client:
                client.ready()
                client.ask(pagemap, 0, PAGE)
                with contextlib.suppress(Gone):  # a message that does not fit is a malformed one
                    expect_equal(f"option {option}", client.answer()[0], 0)
        with Client(walk, with_option((socket.SO_SNDBUF, 1)), **NOBODY) as client, mmap.mmap(-1, 32 << 20) as memory:
            for page in range(0, len(memory), 2 * PAGE):
                memory[page] = 1
            client.ready()
            client.ask(pagemap, 0, client.space_end)
            with contextlib.suppress(Gone):
                error, _ = client.answer()
                expect(error, "answers that could not be sent, and no error")
        ours, theirs = with_option()
        theirs.setblocking(False)
        with Client(walk, (ours, theirs), **NOBODY) as client:
            client.ready()
            expect_equal("exit status where it may not wait", client.wait(), 1)


# Parents


def wrong_clients(stack):
    """(what, descriptor 0, where to see what was written to it)"""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        ours, theirs = map(stack.enter_context, socket.socketpair(socket.AF_UNIX, kind))
        yield f"unix {kind.name}", theirs, ours
    stream = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    yield "a socket that is not connected", stream, None
    with contextlib.suppress(OSError):  # a packet socket, to another machine
        yield "vsock", stack.enter_context(socket.socket(socket.AF_VSOCK, socket.SOCK_SEQPACKET)), None
    with contextlib.suppress(OSError):
        netlink = stack.enter_context(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0))
        yield "netlink", netlink, None
    reader, writer = os.pipe()
    stack.callback(os.close, reader)
    stack.callback(os.close, writer)
    yield "a pipe", writer, reader
    yield "/dev/null", subprocess.DEVNULL, None


@test()
def only_packet_sockets_are_clients():
    """Nothing else that a caller may have opened is ever written to."""
    with installs() as each, contextlib.ExitStack() as stack:
        wrong = list(wrong_clients(stack))
        for name, walk, user in each:
            for what, descriptor, other_end in wrong:
                done = subprocess.run([str(walk)], stdin=descriptor, capture_output=True, check=False,
                                      timeout=HANG_SECONDS, **user)
                expect_equal(f"{name}, {what}: exit status and output", (done.returncode, done.stdout), (2, b""))
                if isinstance(other_end, socket.socket):
                    other_end.setblocking(False)
                    with contextlib.suppress(BlockingIOError):
                        expect(False, f"{name}, {what}: it was sent {other_end.recv(1000)!r}")
                elif other_end is not None:
                    os.set_blocking(other_end, False)
                    with contextlib.suppress(BlockingIOError):
                        expect(False, f"{name}, {what}: it was sent {os.read(other_end, 1000)!r}")


def close_standard():
    for number in (0, 1, 2):
        os.close(number)


@test()
def closed_standard_descriptors():
    with installs() as each:
        for name, walk, user in each:
            process = subprocess.Popen([str(walk)], preexec_fn=close_standard, **user)
            expect(process.wait() in (1, 2), f"{name}: exit status without a client is {process.returncode}")
            with Client(walk, preexec_fn=lambda: (os.close(1), os.close(2)), **user) as client:
                client.ready()
                for number in (1, 2):
                    expect_equal(f"{name}: descriptor {number}", os.readlink(f"/proc/{client.pid}/fd/{number}"), os.devnull)
                client.still_serves("closed 1 and 2")


def block_and_ignore():
    for number in range(1, 65):
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            with contextlib.suppress(OSError, ValueError):
                signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))


@test()
def signals_of_its_parent():
    with walker(preexec_fn=block_and_ignore, restore_signals=False) as client:
        status = client.status()
        expect_equal("blocked", int(status["SigBlk"], 16), 0)
        # make ignores 32 and 33, which are the C library's own: it lets no program change them.
        ignored = int(status["SigIgn"], 16) & ~(3 << 31)
        expect_equal("ignored", ignored, 1 << (signal.SIGPIPE - 1))
        client.process.send_signal(signal.SIGTERM)
        expect_equal("exit status", client.wait(), -signal.SIGTERM)


@test()
def environment_of_its_parent():
    """LD_PRELOAD and the like."""
    with installs() as each, scratch() as directory:
        evil = str(intruder(directory))
        for name, walk, user in each:
            if not user:
                continue  # root may load what it likes
            environment = {"LD_PRELOAD": evil, "LD_LIBRARY_PATH": str(directory),
                           "LD_AUDIT": evil, "LD_DEBUG": "all", "LIBBPF_LOG_LEVEL": "debug",
                           "GCONV_PATH": str(directory), "TMPDIR": str(directory)}
            need_intrusion(directory, environment, **user)
            with Client(walk, env=environment, cwd=directory, **user) as client:
                client.ready()
                check_harmless(name, client)
            expect(not (directory / "ran").exists(), f"{name}: a library of the caller's ran")


LIMITS = {"NOFILE": range(0, 14), "AS": (0, 1 << 20, 4 << 20, 8 << 20, 12 << 20, 16 << 20, 32 << 20), "STACK": (0, 65536, 1 << 20),
          "DATA": (0, 1 << 20), "MEMLOCK": (0,), "FSIZE": (0,), "NPROC": (0,), "CPU": (1,), "CORE": (0,)}


@test()
def limits_of_its_parent():
    """Whatever is scarce: it serves without privilege, or it does not serve."""
    with installs() as each:
        for name, walk, user in each:
            for limit, values in LIMITS.items():
                for value in values:
                    check_limit(name, walk, user, limit, value)


def check_limit(name, walk, user, limit, value):
    number = getattr(resource, "RLIMIT_" + limit)
    try:
        client = Client(walk, preexec_fn=lambda: resource.setrlimit(number, (value, value)), **user)
    except (OSError, subprocess.SubprocessError):
        return  # too little to be started at all
    with client:
        try:
            ready, _, _ = client.greet()
        except Gone:
            return  # too little to get that far
        if ready:
            expect_equal(f"{name}, {limit}={value}: exit status", client.wait(), 1)
        else:
            check_harmless(f"{name}, {limit}={value}", client)


@test()
def no_randomisation_of_its_parent():
    """personality(2) of the caller's is reset for a privileged program, its stack is not executable."""
    ADDR_NO_RANDOMIZE, READ_IMPLIES_EXEC = 0x0040000, 0x0400000
    with walker(preexec_fn=lambda: libc.personality(ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC)) as client:
        personality = int(pathlib.Path(f"/proc/{client.pid}/personality").read_text(), 16)
        expect_equal("personality", personality & (ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC), 0)


assert sys.byteorder == "little"
