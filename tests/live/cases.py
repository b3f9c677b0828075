# SPDX-License-Identifier: GPL-2.0-or-later
"""Support cases: a report says what the machine said, to anyone, anywhere; and is a whole file or none."""

import contextlib
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import xml.etree.ElementTree

from harness import (NOBODY, SOURCE, Skip, each_failure, expect, expect_equal, expect_run, frozen, need_plain_build,
                     need_root, other_program, program, run, scratch, test)

SPECS = ("anon:4M", "thp:8M", "protnone:4M", "zero:4M", "guard:1M", "sparse:16T:64", "memfd:1M")
# Every view and format, and what changes them; NAME: the target by its name, which asks for the table of processes.
NAME = "np-case"
VIEWS = (
    (), ("-b",), ("--color=always",), ("--explain",),                                    # the summary
    ("-v",), ("-v", "-b"), ("-v", "--color=always"), ("-v", "--explain"), ("-n",),       # mappings and threads
    ("--output-all",), ("-o", "+POLICY,PAGESIZE"), ("-o", "START,N0"), ("-z", "-s", "RESIDENT:desc"),
    ("-r",), ("-r", "--output-all", "-b"), ("-P",), ("-P", "--output-all"),
    (NAME, "-o", "PID,RESIDENT,N0"), (NAME, "-r", "-b"), (NAME, "-P", "--output-all"),   # processes
    ("-m",), ("-m", "-b"), ("-m", "--color=always"), ("--svg", "-"),                     # pictures
    ("-J",), ("-J", "-v"), ("--openmetrics",),
)
TABLES = (("-v",), ("-r",), ("-P",), ("--output-all",), ("-r", "--output-all", "-b"), ("-z", "-s", "RESIDENT:desc"), ("-m",))


@contextlib.contextmanager
def case(*arguments, name="case.json", specs=SPECS):
    """A report of a stopped process, and the process."""
    with scratch() as directory, frozen("--threads", "2", *specs) as factory:
        path = directory / name
        done = everywhere("--report", path, *arguments, factory.pid)
        yield path, factory, done


def everywhere(*arguments, **options):
    """With an empty environment, somewhere else."""
    return expect_run(*arguments, env={}, cwd="/", **options)


@contextlib.contextmanager
def as_nobody(path):
    """What nobody needs: a program to run, a report to read."""
    need_root()
    with scratch() as directory:
        copied = shutil.copy(program("numaprobe"), directory)
        report = shutil.copy(path, directory)
        os.chmod(report, 0o644)
        yield copied, report


@test()
def replay_is_the_report():
    with case() as (path, factory, done):
        written = path.read_text(encoding="utf-8")
        expect_equal("-J of the replay", everywhere("--replay", path, "-J").stdout, written)
        expect_equal("the view beside the report", everywhere("--replay", path).stdout, done.stdout)
        live = json.loads(expect_run("-J", "-v", factory.pid).stdout)
        told = json.loads(written)
        for key in ("pages", "huge", "mappings", "threads", "command", "start_ticks", "threads_seen", "memory_nodes", "policy"):
            expect_equal(key, told["targets"][0][key], live["targets"][0][key])


@contextlib.contextmanager
def named_factory():
    """A factory of a name that no other process has."""
    with scratch() as directory, other_program("np-factory", shutil.copy(program("np-factory"), directory / NAME)):
        yield


def words_of(view, name):
    return [name if word == NAME else word for word in view]


@test()
def every_view_is_replayed_to_the_byte():
    """What was printed beside the report is what nobody sees of it elsewhere, with an empty environment."""
    for more, name in (((), NAME), (("--redact",), "command-1")):
        with named_factory(), case(*more) as (path, factory, _), as_nobody(path) as (copied, report):
            for view in VIEWS:
                target = () if NAME in view else (factory.pid,)
                live = everywhere("--report", path, *more, *view, *target).stdout
                pathlib.Path(report).write_bytes(path.read_bytes())
                replayed = everywhere("--replay", report, *words_of(view, name), *target, command=[copied], **NOBODY).stdout
                expect(live.strip(), f"{view}: nothing")
                expect_equal(f"{more} {view} of nobody", replayed, live)


@test()
def replay_needs_no_proc_and_no_sys():
    need_root()
    need_plain_build("a sanitizer needs /proc")
    hide = 'mount -t tmpfs none /sys && mount -t tmpfs none /proc && exec "$@"'
    with named_factory(), case() as (path, _, _):
        for view in VIEWS:
            done = run("-m", "sh", "-c", hide, "sh", program("numaprobe"), "--replay", path, *view, command=["unshare"],
                       env={"PATH": os.environ["PATH"]})
            expect_equal(f"{view}: status without /proc, {done.stderr}", done.returncode, 0)
            expect_equal(f"{view} without /proc", done.stdout, everywhere("--replay", path, *view).stdout)


@test()
def tables_of_the_machine_are_those_of_the_replay():
    """Of another look at it, too, as far as there is no time in them."""
    with case("-o", "+POLICY") as (path, factory, _):
        for view in TABLES:
            expect_equal(view, everywhere("--replay", path, *view).stdout,
                         expect_run(*view, factory.pid, env={}).stdout)


@test()
def comparisons():
    """What --compare found is in the report, and shown by its replay."""
    for more in ((), ("-v",)):
        with case("--compare", *more) as (path, _, done):
            told = json.loads(path.read_text(encoding="utf-8"))["targets"][0]
            expect(len(told["reports"]) > 5 and told["reads"], f"{told['reports']}")
            expect_equal("the view", everywhere("--replay", path, *more).stdout, done.stdout)
            expect_equal("-J", everywhere("--replay", path, "-J").stdout, path.read_text(encoding="utf-8"))
            table = everywhere("--replay", path, "-r", "-n").stdout.splitlines()
            expect_equal("rows for a script", len(table), len(told["mappings"]))
            xml.etree.ElementTree.fromstring(everywhere("--replay", path, "--svg", "-").stdout)


@test()
def packed():
    with case(name="case.json.zst") as (path, factory, done):
        expect_equal("magic", path.read_bytes()[:4], b"\x28\xb5\x2f\xfd")
        expect_equal("view", everywhere("--replay", path).stdout, done.stdout)


@test()
def packed_and_damaged():
    """Wherever it is: there is a checksum, of what was packed. A bit that makes no difference to that may be another."""
    with case(name="case.json.zst") as (path, _, _):
        whole, damaged = path.read_bytes(), path.with_name("damaged")
        wanted, refusals = expect_run("--replay", path, "-J").stdout, 0
        for at in range(4, len(whole), len(whole) // 40):
            damaged.write_bytes(whole[:at] + bytes([whole[at] ^ 0x40]) + whole[at + 1:])
            done = run("--replay", damaged, "-J")
            if done.returncode == 0:
                expect_equal(f"with another bit in byte {at}", done.stdout, wanted)
            else:
                refused(damaged, "damaged")
                refusals += 1
            damaged.write_bytes(whole[:at])
            refused(damaged, "damaged")
        expect(refusals > 30, f"only {refusals} were refused")
        damaged.write_bytes(whole + b"more")
        refused(damaged, "zstd")
        damaged.write_bytes(whole + whole)
        refused(damaged, "end of file")


@test()
def processes_can_be_chosen():
    with scratch() as directory, frozen("anon:1M") as one, frozen("anon:2M") as other:
        path = directory / "case.json"
        expect_run("--report", path, one.pid, other.pid)
        for pid in (one.pid, other.pid):
            targets = json.loads(everywhere("--replay", path, "-J", pid).stdout)["targets"]
            expect_equal("pids", [target["pid"] for target in targets], [pid])
        expect_equal("by name", len(json.loads(everywhere("--replay", path, "-J", "np-factory").stdout)["targets"]), 2)
        expect_run("--replay", path, one.pid, 4194304, status=3)
        expect_run("--replay", path, "nobody-has-this-name", status=1)


@test()
def groups():
    """The table of processes of a replay is the one of the machine; a line of --watch can be replayed."""
    with scratch() as directory, frozen("anon:1M") as one, frozen("anon:2M", "thp:4M") as other:
        path = directory / "case.json"
        done = everywhere("--report", path, "-r", "-b", "-o", "PID,RESIDENT", "np-factory")
        expect(f"\n{one.pid} " in done.stdout and f"\n{other.pid} " in done.stdout, done.stdout)
        expect_equal("table of processes", everywhere("--replay", path, "-r", "-b", "-o", "PID,RESIDENT", "np-factory")
                     .stdout, done.stdout)
        lines = expect_run("--watch=0.1", "--count", 2, "-J", one.pid).stdout.splitlines()
        for line in lines:
            path.write_text(line, encoding="utf-8")
            expect_equal("a line of --watch", json.loads(everywhere("--replay", path, "-J").stdout), json.loads(line))
        for arguments in (("--watch", "--redact"), ("--watch", "--report", path), ("--tree", "--replay", path)):
            expect_run(*arguments, one.pid, status=2)


@test()
def a_report_without_mappings_says_so():
    with scratch() as directory, frozen("anon:1M") as factory:
        path = directory / "case.json"
        path.write_text(expect_run("-J", factory.pid).stdout, encoding="utf-8")
        everywhere("--replay", path)
        for view, why in ((("-v",), "made without -v"), (("-m",), "no picture"), (("--svg", "-"), "no picture")):
            done = expect_run("--replay", path, *view, status=3)
            expect(why in done.stderr, f"{view}: {done.stderr}")


@test()
def redacted():
    """No name and no address is left, and every figure is."""
    with case("--redact") as (path, factory, _):
        text = path.read_text(encoding="utf-8")
        told, live = json.loads(text)["targets"][0], json.loads(expect_run("-J", "-v", factory.pid).stdout)["targets"][0]
        expect_equal("pages", told["pages"], live["pages"])
        for secret in ("np-factory", "libc.so", "/usr/", live["mappings"][-1]["start"][2:]):
            expect(secret not in text, f"{secret} is in the report")
        for left, right in zip(told["mappings"], live["mappings"], strict=True):
            expect_equal("pages", left["pages"], right["pages"])
            expect_equal("start", left["start"], "0x0")
            expect_equal("size", int(left["end"], 16), int(right["end"], 16) - int(right["start"], 16))
            expect_equal("offset", left["offset"], right["offset"])
        by_path = {(left["path"], right["path"]) for left, right in zip(told["mappings"], live["mappings"], strict=True)}
        expect_equal("a token for each path", len(by_path), len({right for _, right in by_path}))
        expect_equal("a path for each token", len(by_path), len({left for left, _ in by_path}))
        expect_equal("replay", everywhere("--replay", path, "-J").stdout, text)
        done = expect_run("--replay", path, "--redact", "4194304", status=1)
        expect_equal("a PID is no name", done.stderr, "numaprobe: 4194304: find: the report has no such process\n")
        addresses = {mapping["start"][2:] for mapping in live["mappings"] if mapping["start"][2] in "57"}  # no offsets
        for view in (("-v",), ("-m",), ("--svg", "-")):
            shown = everywhere("--replay", path, *view).stdout
            expect_equal(f"{view}: addresses", [address for address in addresses if address in shown], [])


@test()
def reports_keep_the_schema():
    with case() as (path, _, _):
        bare = path.with_name("redacted.json")
        expect_run("--replay", path, "--redact", "--report", bare)
        expect_run(SOURCE / "tests/validate-report.py", SOURCE / "schema/numaprobe-report-1.schema.json", path, bare,
                   command=["python3"])


@test()
def report_to_standard_output():
    with frozen(*SPECS) as factory:
        for more in ((), ("-J",)):
            done = expect_run("--report", "-", *more, factory.pid)
            expect_equal("pid", json.loads(done.stdout)["targets"][0]["pid"], factory.pid)


@test()
def a_report_is_its_owners():
    old = os.umask(0)
    try:
        with case() as (path, factory, _):
            expect_equal("mode", path.stat().st_mode & 0o7777, 0o600)
            path.chmod(0o644)
            expect_run("--report", path, factory.pid)
            expect_equal("mode after it was replaced", path.stat().st_mode & 0o7777, 0o600)
            expect_equal("files", [each.name for each in path.parent.iterdir()], [path.name])
    finally:
        os.umask(old)


@contextlib.contextmanager
def small_disk():
    """A file system that a report does not fit into."""
    need_root()
    with scratch() as directory:
        done = run("-t", "tmpfs", "-o", "size=64k", "tmpfs", directory, command=["mount"])
        if done.returncode != 0:
            raise Skip(f"no tmpfs: {done.stderr}")
        try:
            yield directory
        finally:
            expect_run(directory, command=["umount"])


# Options that write a file, as words before its value.
WRITES = (("--report", ""), ("--svg", ""), ("", "--openmetrics="))


def words_for(writes, path):
    option, prefix = writes
    return [*filter(None, [option]), f"{prefix}{path}"]


@test()
def a_full_disk_leaves_the_old_file():
    with frozen("anon:1M", "many:500") as factory, frozen("anon:1M") as little:
        for writes in WRITES:
            with small_disk() as directory:
                path = directory / "file"
                expect_run(*words_for(writes, path), little.pid)
                old = path.read_bytes()
                (directory / "filler").write_bytes(bytes(64 * 1024 - len(old) // 4096 * 4096 - 8192))
                filled = sorted(each.name for each in directory.iterdir())
                done = expect_run(*words_for(writes, path), factory.pid, status=1)
                expect("No space left" in done.stderr and str(path) in done.stderr, done.stderr)
                expect_equal("lines of the message", len(done.stderr.splitlines()), 1)
                expect(path.read_bytes() == old, f"{writes}: the old file is gone")
                expect_equal("files", sorted(each.name for each in directory.iterdir()), filled)


@test()
def the_old_file_stays_whatever_fails():
    """Each call that writing takes fails at each place: the old file or the new one, whole, and no other."""
    need_root()
    with scratch() as directory, frozen("anon:1M") as factory:
        folder, mark = directory / "folder", directory / "mark"
        folder.mkdir()
        path = folder / "file"
        tried = set()
        for writes in WRITES:
            for call, error in (("write", "ENOSPC"), ("write", "EIO"), ("fsync", "EIO"), ("rename", "EACCES"), ("rename", "EIO")):
                def write(words, writes=writes):
                    path.write_text("old\n", encoding="ascii")
                    return run(*words_for(writes, path), "-q", factory.pid, stdout=subprocess.DEVNULL,
                               command=[*words, program("numaprobe")])

                for n, what, done in each_failure(mark, call, error, write):
                    what = f"{writes}: {what}: {done.returncode}, {done.stderr}"
                    expect_equal(f"{what}: files", [each.name for each in folder.iterdir()], ["file"])
                    new = path.read_text(encoding="utf-8")
                    expect(new == "old\n" or new.rstrip().endswith(("}", "</svg>", "# EOF")), f"{what}: {new[-100:]!r}")
                    expect(done.returncode == 1 or new != "old\n", f"{what}: the old file, and all is well")
                    # the first is the file's, before it gets its name; the second is the folder's, of which not all are able
                    expect(new == "old\n" or (call, n) != ("fsync", 1), f"{what}: renamed, and not on the disk")
                    tried.add((writes, call))
        expect_equal("calls that failed", len(tried), 3 * len(WRITES))


@test()
def a_file_limit_is_an_error():
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    with scratch() as directory, frozen("anon:1M") as factory:
        done = subprocess.run([program("numaprobe"), "--report", directory / "x", str(factory.pid)], text=True,
                              capture_output=True, preexec_fn=limit, restore_signals=False, check=False)
        expect_equal("status", done.returncode, 1)
        expect_equal("files", list(directory.iterdir()), [])


@test()
def what_is_no_regular_file_stays():
    """Root may well say --report /dev/null; and a link may have been laid by another user."""
    with case() as (path, factory, _):
        before = path.read_bytes()
        pipe, link, null = path.with_name("pipe"), path.with_name("link"), path.with_name("null")
        link.symlink_to(path)
        done = expect_run("--report", link, factory.pid, status=1)
        expect(link.is_symlink() and path.read_bytes() == before, "a link was followed, or replaced")
        os.mkfifo(pipe)
        null.symlink_to("/dev/null")
        for name in (null, "/dev/null"):
            expect_run("--report", name, factory.pid)
            expect(pathlib.Path("/dev/null").is_char_device(), "/dev/null is gone")
        with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as cat:
            expect_run("--report", pipe, factory.pid)
            expect_equal("through a pipe", json.loads(cat.stdout.read())["targets"][0]["pid"], factory.pid)
        expect_equal("what it says", done.stderr, f"numaprobe: {link}: a symbolic link to a file: name the file itself, or - "
                     "for standard output\n")


def refused(path, message, meanwhile=contextlib.nullcontext):
    """One line, status 1, and nothing on standard output."""
    for options in ((), ("-J",), ("-v",)):
        with meanwhile():
            done = expect_run("--replay", path, *options, status=1)
        expect_equal("standard output", done.stdout, "")
        expect_equal(f"lines of {done.stderr}", len(done.stderr.splitlines()), 1)
        expect(message in done.stderr, f"'{message}' is not in: {done.stderr}")


@test()
def what_is_no_report_is_refused():
    with case() as (path, _, _):
        text = path.read_text(encoding="utf-8")
        bad = path.with_name("bad")
        for what, message in ((text[:len(text) // 2], "line"), (text.replace('"schema": 1', '"schema": 2'), "schema 2"),
                              (text.replace('"threads": 3', '"threads": "3"'), "targets[0].threads is no integer"),
                              ("", "no report"), ("{}", "no report"), ("\0\0\0\0", "no report"),
                              ("\033[31mred\033[m\n", "no report"), ("[" * 100000, "no report")):
            bad.write_text(what, encoding="utf-8")
            refused(bad, message)
        refused(path.with_name("none"), "No such file")
        refused(path.parent, "Is a directory")


@test()
def what_is_no_file_is_refused():
    """What never ends, what is larger than memory, and what has nothing."""
    with scratch() as directory:
        pipe, large, empty = (directory / name for name in ("pipe", "large", "empty"))
        empty.touch()
        large.touch()
        os.truncate(large, 1 << 40)
        os.mkfifo(pipe)

        @contextlib.contextmanager
        def written():
            """Once: who opened it again at once might meet the reader of before, which then never came to an end."""
            with subprocess.Popen(["sh", "-c", "printf '{' >\"$0\"", pipe]) as writer:
                try:
                    yield
                finally:
                    writer.kill()

        refused(pipe, "no report", written)
        for path, message in (("/dev/zero", "256 MiB"), (large, "256 MiB"), (empty, "it is empty"), ("/dev/null", "it is empty"),
                              (directory, "Is a directory"), ("/proc/self/mem", "Input/output error")):
            refused(path, message)


@test()
def usage():
    with case() as (path, factory, _):
        for arguments in (("--replay", path, "--source", "bpf"), ("--replay", path, "--range", "0-1000"),
                          ("--replay", path, "-o", "N1023"), ("--replay",), ("--report",)):
            expect_run(*arguments, status=2)
        expect_run("--report", path.parent / "none" / "x", factory.pid, status=1)


@test()
def explained():
    """Below every view for people, and the same in a replay."""
    with case() as (path, factory, _):
        for view in ((), ("-v",), ("-b",)):
            plain, more = (everywhere("--replay", path, *view, *explain).stdout for explain in ((), ("--explain",)))
            expect(more.startswith(plain), f"{view}: --explain changes the view")
            expect(f"What this means for PID {factory.pid}" in more, f"{view}: {more}")
            expect("PROT_NONE" in more[len(plain):], f"{view}: {more}")


@test()
def kernel_check():
    """--check-kernel's findings travel too, its exit status included."""
    with scratch() as directory:
        path = directory / "case.json"
        done = run("--check-kernel", "--quick", "--report", path, env={})
        expect(done.returncode in (0, 3, 4), f"status {done.returncode}: {done.stderr}")
        for arguments, wanted in (((), done.stdout), (("-J",), path.read_text(encoding="utf-8"))):
            again = run("--replay", path, *arguments, env={}, cwd="/")
            expect_equal("status of the replay", again.returncode, done.returncode)
            expect_equal(f"replay {arguments}", again.stdout, wanted)
        for arguments in (("-r",), ("-v",), ("-m",), ("--svg", "-"), ("--explain",), ("-a",), ("1",)):
            again = expect_run("--replay", path, *arguments, status=2)
            expect("which has no processes" in again.stderr, f"{arguments}: {again.stderr}")


@test()
def recorded_reports_replay_whole():
    """Reports with an experiment, and of a check, which has no target: every view, and JSON that is the same again."""
    for name, status, first in (("6.18-x86_64-one-node-check", 0, "Verdict  clean"),
                                ("6.18-x86_64-node-experiment", 4, "what reading does to it"),
                                ("6.18-x86_64-redis-experiment", 4, "what reading does to it")):
        path = SOURCE / f"tests/fixtures/reports/{name}.json"
        again = run("--replay", path, "-J")
        expect_equal(f"{name}: exit status", again.returncode, status)
        expect_equal(f"{name}: JSON", json.loads(again.stdout), json.loads(path.read_text(encoding="utf-8")))
        shown = run("--replay", path)
        expect_equal(f"{name}: exit status of the view", shown.returncode, status)
        expect(first in shown.stdout, f"{name}: no '{first}' in {shown.stdout}")
