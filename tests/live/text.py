# SPDX-License-Identifier: GPL-2.0-or-later
"""Names that somebody chose to deceive: shown escaped to people, whole in reports, never raw to a terminal."""

import ctypes
import json
import mmap
import os
import pathlib
import re
import shutil
import unicodedata

from harness import Factory, Skip, expect, expect_equal, expect_run, program, report, run, scratch, test

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


def make_locale(directory, name):
    """Languages are no part of a small system, but where their sources are one can be made."""
    source = pathlib.Path("/usr/share/i18n/locales", name)
    if not shutil.which("localedef") or not source.exists():
        raise Skip(f"needs localedef and {source} (Debian: locales)")
    done = run("-i", name, "-f", "UTF-8", directory / f"{name}.UTF-8", command=["localedef"])
    expect((directory / f"{name}.UTF-8").is_dir(), done.stderr)
    return {**os.environ, "LOCPATH": str(directory), "LC_ALL": f"{name}.UTF-8"}


@test(ci_may_skip=True)
def languages():
    """In Turkish i is not the lower case of I, and in German numbers have a comma: names and metrics stay as they are."""
    with scratch() as directory, Factory("anon:1M") as factory:
        factory.freeze()
        for name in ("tr_TR", "de_DE"):
            env = make_locale(directory, name)
            for columns in ("pid,resident,hinted,size", "PID,RESIDENT,HINTED,SIZE"):
                lines = expect_run("-r", "-o", columns, "-s", "size:desc", factory.pid, env=env).stdout.splitlines()
                expect_equal(f"{name}: headings", lines[0], "PID RESIDENT HINTED SIZE")
            metrics = expect_run("--openmetrics", "--compare=status", factory.pid, env=env).stdout
            bad = [line for line in metrics.splitlines() if line[0] != "#" and not re.search(r" -?[0-9.e+-]+$", line)]
            expect_equal(f"{name}: numbers that Prometheus can't read", bad, [])
