# SPDX-License-Identifier: GPL-2.0-or-later
"""Names that somebody chose to deceive: shown escaped to people, whole in reports, never raw to a terminal."""

import ctypes
import json
import mmap
import os
import unicodedata

from harness import expect, expect_equal, program, report, run, scratch, test

NAMES = (
    b"\x1b[31mred\x1b[0m", b"\x1b]0;title\x07", b"new\nline", b"tab\tcr\rbs\b", b"quote\"back\\slash", b"\x9b31m", b"\xff\xfe\xc0\xaf",
    b"\xed\xa0\x80", "\u202ereversed".encode(), "\u2066isolated\u2069".encode(), "\ufeffmark".encode(), "zero\u200bwidth".encode(),
    b"</svg><script>", b"{label=\"x\"} 1", b"(deleted)", b" [stack] ", "\u0085\u2028\u2029".encode(), b"\x7f\x01\x02",
)
OUTPUTS = ((), ("-v",), ("-v", "-r"), ("-v", "-P"), ("-v", "-J"), ("-J",), ("--openmetrics",), ("--map",))


def check_text(what, data):
    """Valid UTF-8, and nothing in it that a terminal obeys, hides or reorders."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        expect(False, f"{what}: {error}")
    for character in text:
        bad = character != "\n" and unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co")
        expect(not bad, f"{what}: character {ord(character):#x} as it is")


def check_all(what):
    """Every output of this process."""
    offered = run("--help").stdout
    for arguments in OUTPUTS:
        if any(argument.startswith("--") and argument not in offered for argument in arguments):
            continue
        for locale in ("C", "C.UTF-8"):
            done = run(*arguments, os.getpid(), env={**os.environ, "LC_ALL": locale}, errors=None)
            expect(done.returncode in (0, 3), f"{what} {arguments}: exit status {done.returncode}: {done.stderr!r}")
            for stream in (done.stdout, done.stderr):
                check_text(f"{what} {arguments} {locale}", stream)
            if "-J" in arguments:
                json.loads(done.stdout)


def set_name(name):
    with open("/proc/self/comm", "wb") as comm:
        comm.write(name[:15])


@test()
def commands():
    with open("/proc/self/comm", "rb") as comm:
        old = comm.read().rstrip(b"\n")
    try:
        for name in NAMES:
            set_name(name)
            check_all(f"command {name!r}")
    finally:
        set_name(old)


@test()
def paths():
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    with scratch() as directory:
        mapped = []
        for name in NAMES:
            path = os.path.join(os.fsencode(directory), name.replace(b"/", b"_"))
            with open(path, "w+b") as file:
                file.truncate(4096)
                mapped.append((path, mmap.mmap(file.fileno(), 4096)))
        check_all("paths")
        shown = {mapping["path"] for mapping in report("-v", os.getpid())["targets"][0]["mappings"]}
        expect_equal("files shown apart", len([path for path in shown if str(directory) in path]), len(mapped))
        for _, mapping in mapped:
            mapping.close()


@test()
def arguments():
    """What is wrong with the command line is said without repeating what a terminal would obey."""
    for name in NAMES:
        for words in ((b"--" + name,), (b"-o", name, b"1"), (name,), (b"--range", name, b"1"), (b"-s", name, b"1")):
            done = run(command=[os.fsencode(program("numaprobe")), *words], errors=None)
            expect(done.returncode in (1, 2), f"{words}: exit status {done.returncode}")
            check_text(f"{words}: standard error", done.stderr)
