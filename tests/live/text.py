# SPDX-License-Identifier: GPL-2.0-or-later
"""Names that somebody chose to deceive: shown escaped to people, whole in reports, never raw to a terminal."""

import contextlib
import ctypes
import json
import mmap
import os
import pathlib
import re
import shutil
import threading
import unicodedata
import xml.etree.ElementTree

from harness import (Factory, Skip, expect, expect_equal, expect_run, need_root, program, report, run, scratch,
                     test)

NAMES = (
    b"\x1b[31mred\x1b[0m", b"\x1b]0;title\x07", b"new\nline", b"tab\tcr\rbs\b", b"quote\"back\\slash", b"\x9b31m", b"\xff\xfe\xc0\xaf",
    b"\xed\xa0\x80", "\u202ereversed".encode(), "\u2066isolated\u2069".encode(), "\ufeffmark".encode(), "zero\u200bwidth".encode(),
    b"</svg><script>", b"{label=\"x\"} 1", b"(deleted)", b" [stack] ", "\u0085\u2028\u2029".encode(), b"\x7f\x01\x02",
)
OUTPUTS = ((), ("-v",), ("-v", "-r"), ("-v", "-P"), ("-v", "-J"), ("-J",), ("--openmetrics",), ("--map",), ("--explain",),
           ("-w0.01", "-c", "2"), ("-w0.01", "-c", "1", "-J"), ("--compare=status",), ("-v", "--compare=smaps"),
           ("--color=always", "-v", "-q"))
# Of several processes: a line for each.
LISTS = ((), ("-r",), ("-P",), ("-w0.01", "-c", "1"), ("--openmetrics",))
FILES = ("--report", "--svg", "--openmetrics")
# Of a report: whatever --replay can show.
VIEWS = ((), ("-v",), ("-v", "-r"), ("-v", "-P"), ("-J",), ("--openmetrics",), ("--explain",))


def check_text(what, data):
    """Valid UTF-8, and nothing in it that a terminal obeys, hides or reorders."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        expect(False, f"{what}: {error}")
    for character in text:
        bad = character != "\n" and unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co")
        expect(not bad, f"{what}: character {ord(character):#x} as it is")


def check_run(what, *arguments, status=(0, 3), locale="C.UTF-8"):
    """The output of a run that ends so, after its text was checked."""
    done = run(*arguments, env={**os.environ, "LC_ALL": locale}, errors=None)
    expect(done.returncode in status, f"{what} {arguments}: exit status {done.returncode}: {done.stderr!r}")
    for stream in (done.stdout, done.stderr):
        if "--color=always" in arguments:
            stream = b"".join(part.split(b"m", 1)[-1] for part in stream.split(b"\033["))
        check_text(f"{what} {arguments} {locale}", stream)
    if "-J" in arguments and done.stdout:
        json.loads(done.stdout.splitlines()[0] if "-c" in arguments else done.stdout)
    return done.stdout


def check_all(what, *more):
    """Every output about this process, and the others."""
    for arguments in OUTPUTS:
        check_run(what, *arguments, os.getpid())
    check_run(what, "-v", os.getpid(), locale="C")
    for arguments in LISTS:
        check_run(what, *arguments, os.getpid(), os.getppid(), *more)
    check_files(what)


def check_files(what):
    with scratch() as directory:
        for option in FILES:
            path = directory / option.strip("-")
            check_run(what, *([f"{option}={path}"] if option == "--openmetrics" else [option, path]), os.getpid())
            check_text(f"{what} {option}", path.read_bytes())
        xml.etree.ElementTree.parse(directory / "svg")
        for arguments in VIEWS:
            check_run(what, "--replay", directory / "report", *arguments)


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
def threads():
    """Their names are anyone's to choose, too."""
    ready, end = threading.Event(), threading.Event()

    def be(name):
        pathlib.Path(f"/proc/self/task/{threading.get_native_id()}/comm").write_bytes(name[:15])
        ready.set()
        end.wait()

    others = []
    try:
        for name in NAMES:
            ready.clear()
            others.append(threading.Thread(target=be, args=(name,)))
            others[-1].start()
            ready.wait()
        check_all("threads")
        shown = report("-v", os.getpid())["targets"][0]["threads"]
        expect(shown is None or shown >= len(NAMES), f"threads {shown}")
    finally:
        end.set()
        for thread in others:
            thread.join()


@contextlib.contextmanager
def cgroup_folder():
    """Where cgroups can be made."""
    need_root()
    for line in pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        fields, _, rest = line.partition(" - ")
        if rest.startswith("cgroup2 ") or (rest.startswith("cgroup ") and "pids" in rest.split()[-1]):
            top = pathlib.Path(fields.split()[4]) / f"numaprobe-text-{os.getpid()}"
            break
    else:
        raise Skip("no cgroups are mounted")
    try:
        top.mkdir()
    except OSError as error:
        raise Skip(f"cannot make a cgroup: {error}") from error
    try:
        yield os.fsencode(top)
    finally:
        top.rmdir()


@contextlib.contextmanager
def cgroup(top, name):
    """False: the kernel does not take this name."""
    path = os.path.join(top, name.replace(b"/", b"_"))
    try:
        os.mkdir(path)
    except OSError:
        yield None  # a newline is refused
        return
    try:
        yield path
    finally:
        os.rmdir(path)


@test(ci_may_skip=True)
def cgroups():
    """Names of cgroups, in paths that exist, are empty, or do not exist; and of a process in one."""
    with cgroup_folder() as top:
        made = 0
        for name in NAMES:
            with cgroup(top, name) as path:
                for given in filter(None, (path, top + b"/not" + name, name)):
                    if not given.startswith(b"-"):
                        check_run(f"cgroup {name!r}", "-g", given, status=(0, 1, 3))
                if path is None:
                    continue
                made += 1
                with Factory("anon:64K") as factory:
                    pathlib.Path(os.fsdecode(path), "cgroup.procs").write_text(f"{factory.pid}\n", encoding="ascii")
                    for arguments in (("-v",), ("-J",), ("--openmetrics",)):
                        shown = check_run(f"in cgroup {name!r}", *arguments, "-g", path)
                        expect(str(factory.pid) in shown.decode() or arguments == ("-v",), f"{name!r}: {shown}")
        expect(made > 10, f"only {made} cgroups could be made")


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
        missing = b"/nowhere/" + name
        for words in ((b"--" + name,), (b"-o", name, b"1"), (name,), (b"--range", name, b"1"), (b"-s", name, b"1"),
                      (b"--color=" + name, b"1"), (b"--source", name, b"1"), (b"-w" + name, b"1"), (b"-c", name, b"1"),
                      (b"--compare=" + name, b"1"), (b"--experiment=" + name, b"1"), (b"--rounds", name, b"1"),
                      (b"-g", missing), (b"--replay", missing), (b"--report", missing, b"self"),
                      (b"--report", missing, str(os.getpid()).encode()), (b"--svg", missing, str(os.getpid()).encode()),
                      (b"--openmetrics=" + missing, str(os.getpid()).encode()),
                      (b"-w0.01", b"--openmetrics=" + missing, str(os.getpid()).encode())):
            done = run(command=[os.fsencode(program("numaprobe")), *words], errors=None)
            expect(done.returncode in (1, 2), f"{words}: exit status {done.returncode}")
            check_text(f"{words}: standard error", done.stderr)


@test()
def reports_of_strangers():
    """A report may say anything: what is no escaped text is refused, and the refusal is escaped."""
    with scratch() as directory:
        path = directory / "report"
        run("--report", path, os.getpid())
        text = path.read_bytes()
        for name in NAMES:
            for lie in (name, json.dumps(name.decode("latin-1"))[1:-1].encode(), b"\\u001b[31m", b"\\\\x1b[31m"):
                for place in (b'"command": "', b'"operation": "', b'"kernel": "', b'"node": ', b'"schema"'):
                    path.write_bytes(text.replace(place, place + lie, 1))
                    check_run(f"{lie!r} at {place!r}", "--replay", path, status=(0, 1, 3))
                    check_run(f"{lie!r} at {place!r}", "--replay", path, "-J", status=(0, 1, 3))


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
