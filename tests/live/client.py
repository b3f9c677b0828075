# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of numaprobe-walk that keeps to no rule. src/walk/protocol.h has the rules."""

import array
import contextlib
import errno
import os
import select
import socket
import struct
import subprocess

from harness import HANG_SECONDS, NOBODY, expect, expect_equal, installed, run

MAGIC, VERSION = 0x65626F7270616D75, 1
HELLO, REQUEST, ANSWER, RUN = struct.Struct("=QIIiI"), struct.Struct("=QIIQQ"), struct.Struct("=IIiIQ"), struct.Struct("=Q")
RUNS, END = 0, 1
PAGE = os.sysconf("SC_PAGESIZE")
SPACE_END = {4: 1 << 47, 5: 1 << 56}
ABSENT, PRESENT, INACCESSIBLE = 0, 1, 2  # src/state.h
UNKNOWN = 11


class Gone(Exception):
    """The walker has closed its end."""


class Client:
    """A walker of ours and our end of its socket."""

    def __init__(self, walk, sockets=None, arguments=(), **options):
        self.socket, theirs = sockets or socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(HANG_SECONDS)
        options = {"stdin": theirs, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **options}
        self.process = subprocess.Popen([str(walk), *arguments], **options)
        theirs.close()
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.kill()
        self.process.wait()

    def greet(self):
        """(ready, error, levels) of the hello."""
        magic, version, *rest = HELLO.unpack(self.receive())
        expect_equal("hello", (magic, version), (MAGIC, VERSION))
        return rest

    def ready(self):
        ready, error, levels = self.greet()
        expect_equal("hello: ready, error", (ready, error), (0, 0))
        self.space_end = SPACE_END[levels]
        return self

    def receive(self):
        try:
            data = self.socket.recv(1 << 20)
        except ConnectionResetError:  # it ended with something unread
            raise Gone() from None
        if not data:
            raise Gone()
        return data

    def send(self, data, descriptors=()):
        control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        self.socket.sendmsg([data], control)

    def ask(self, descriptor, start, end):
        self.send(REQUEST.pack(MAGIC, VERSION, 0, start, end), [descriptor])

    def answer(self):
        """(error, [(code, pages)...]) of one request; the bytes that nobody needs are 0."""
        runs = []
        while True:
            data = self.receive()
            kind, count, error, unused, retries = ANSWER.unpack_from(data)
            expect_equal("length of an answer", len(data), ANSWER.size + count * RUN.size)
            expect_equal("unused", unused, 0)
            if kind == END:
                return error, runs
            expect_equal("kind, and what belongs to an end", (kind, error, retries), (RUNS, 0, 0))
            runs += [(value & 0xFFFF, value >> 16) for value, in RUN.iter_unpack(data[ANSWER.size:])]

    def walk(self, descriptor, start=0, end=None):
        self.ask(descriptor, start, end or self.space_end)
        return self.answer()

    def wait(self):
        """The exit status of a walker that ends by itself."""
        return self.process.wait(HANG_SECONDS)

    def expect_thrown_out(self, what):
        """It ends without another word."""
        try:
            data = self.receive()
        except Gone:
            expect_equal(f"{what}: exit status", self.wait(), 1)
        else:
            expect(False, f"{what} was answered with {data!r}")

    def status(self):
        with open(f"/proc/{self.pid}/status", encoding="utf-8") as file:
            return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)

    def still_serves(self, what):
        with open("/proc/self/pagemap", "rb") as own:
            error, runs = self.walk(own.fileno())
        expect_equal(f"after {what}: error", error, 0)
        expect_equal(f"after {what}: pages", sum(pages for _, pages in runs), self.space_end // PAGE)


@contextlib.contextmanager
def installs():
    """(name, numaprobe-walk, who starts it) for each way to give it privilege, one after the other."""
    with installed() as (_, walk):
        def each():
            yield "file capabilities", walk, NOBODY
            expect_equal("setcap -r", run("-r", walk, command=["setcap"]).returncode, 0)
            walk.chmod(0o4755)
            yield "set-user-ID", walk, NOBODY
            run("cap_bpf,cap_perfmon=ep", walk, command=["setcap"])
            yield "set-user-ID and file capabilities", walk, NOBODY
            run("-r", walk, command=["setcap"])
            walk.chmod(0o755)
            yield "root", walk, {}

        yield each()


def readable(descriptor):
    return bool(select.select([descriptor], [], [], 0)[0])


EBADF, EINVAL, ESRCH = errno.EBADF, errno.EINVAL, errno.ESRCH
