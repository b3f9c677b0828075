# SPDX-License-Identifier: GPL-2.0-or-later
"""
Every system call of both programs fails once, at every place where it is made: no crash, one clear line, the
right exit status, and no wrong number.
"""

import json
import os
import subprocess

from client import Client, Gone
from harness import (HANG_SECONDS, balancing, children_of, each_failure, expect, expect_equal, frozen,
                     need_plain_build, need_root, program, run, sanitized, scratch, test)

ALL_WELL, FAILURE, PARTIAL = 0, 1, 3
LOADER = 127
# Before any of our code, in either program.
LOADING = ("error while loading shared libraries", "cannot allocate TLS data structures")
SPECS = ("anon:4M:half", "protnone:4M", "thp:4M")

# What each call may fail with, in life. (brk(2) never says an error: it returns the old break.)
ERRORS = {
    "openat": ("EMFILE", "EACCES", "EINTR", "ENOENT"), "read": ("EIO", "EINTR", "ENOMEM"), "pread64": ("EIO", "EINTR"),
    "mmap": ("ENOMEM",), "munmap": ("ENOMEM",), "mprotect": ("ENOMEM",), "madvise": ("EINVAL",),
    "clone3": ("EAGAIN",), "execve": ("EACCES", "ENOMEM"), "socketpair": ("EMFILE",), "sendmsg": ("EINTR", "EPIPE", "ENOBUFS"),
    "sendto": ("EINTR", "EPIPE", "ENOBUFS"), "recvfrom": ("EINTR", "ECONNRESET", "ENOMEM"), "recvmsg": ("EINTR", "ENOMEM"),
    "write": ("ENOSPC", "EIO", "EPIPE"), "close": ("EIO",), "bpf": ("EPERM", "ENOMEM", "EINVAL"), "move_pages": ("EPERM", "ENOMEM"),
    "prctl": ("EPERM",), "setresuid": ("EAGAIN",), "setresgid": ("EPERM",), "setgroups": ("EPERM", "ENOMEM"),
    "capset": ("EPERM",), "capget": ("EPERM",), "close_range": ("ENOSYS",), "getdents64": ("EIO",), "newfstatat": ("EACCES",),
    "fcntl": ("EMFILE",), "getrandom": ("EAGAIN",), "prlimit64": ("EPERM",), "wait4": ("EINTR",), "getresuid": ("EPERM",),
    "getresgid": ("EPERM",), "kill": ("EPERM",), "readlink": ("ENOMEM",), "access": ("EACCES",),
    "dup2": ("EMFILE",), "uname": ("EPERM",), "ioctl": ("EIO",),
}
# A sanitizer makes its memory itself, and ends, or tries for ever, where it can't.
SANITIZERS = ("mmap", "munmap", "mprotect", "madvise", "prlimit64")
# The call that failed was its own, as those are by which it looks for leaks. What it finds is told in other words.
SANITIZER_FAILED = ("LeakSanitizer has encountered a fatal error", "AddressSanitizer getrlimit() failed")


def calls_of_loading(directory, call):
    """How often a call is made by the loader and by the libraries, which can't do without memory."""
    version = [program("numaprobe"), "--version"]
    return sum(1 for _ in each_failure(directory / "mark", call, "EINTR", lambda words: run(command=words + version), least=0))


def every_place(directory, call, error, command, on=False, loading=True):
    """(description, finished process) for each time that the call is made; loading: or from when everything is loaded."""
    first = 1 if loading and error != "ENOMEM" else 1 + calls_of_loading(directory, call)
    for _, what, done in each_failure(directory / "mark", call, error, lambda words: run(command=words + command), first, on):
        yield what, done


def knows_less(got, wanted):
    """Numbers of a report are those of the true one, unknown, or less with a problem to say so."""
    return got is None or wanted is None or got <= wanted


def check_pages(what, got, wanted, exact):
    for state, pages in wanted.items():
        if state in ("unknown", "resident", "accessible"):
            continue
        for node, count in (pages.items() if isinstance(pages, dict) else [(None, pages)]):
            there = got.get(state)
            there = there.get(node, 0) if isinstance(there, dict) and node is not None else there
            if exact:
                expect_equal(f"{what}: {state} {node}", there, count)
            else:
                expect(knows_less(there, count) or state == "present", f"{what}: {state} {node}: {there}, not {count}")


def check_outcome(what, done, wanted, problems=()):
    """Of one look at a target that never changes, whose true pages are wanted; problems: those that it has without a fault."""
    status = done.returncode
    if any(words in done.stderr for words in SANITIZER_FAILED) or (status == LOADER and any(words in done.stderr for words in LOADING)):
        return
    expect(status in (ALL_WELL, FAILURE, PARTIAL), f"{what}: exit status {status}: {done.stderr}")
    if status != ALL_WELL:
        lines = [line for line in done.stderr.splitlines() if not any(words in line for words in LOADING)]
        # standard error itself may be what fails
        expect((lines and all(line.startswith("numaprobe: ") for line in lines)) or what.startswith("write"),
               f"{what}: standard error {done.stderr!r}")
    if status == FAILURE:
        return
    told = json.loads(done.stdout)
    target, = told["targets"]
    if not target.get("pages"):
        expect(status != ALL_WELL, f"{what}: no pages, and all is well")
    elif target["source"]["name"] == wanted["source"]["name"]:
        # What is not said to be unknown is known.
        exact = status == ALL_WELL or told["problems"] == list(problems)
        check_pages(what, target["pages"], wanted["pages"], exact)
        if exact:
            expect_equal(f"{what}: resident", target["pages"]["resident"], wanted["pages"]["resident"])
    elif status == ALL_WELL:
        expect(target["source"]["why_not_better"], f"{what}: no reason why the source is not better")


def look_with_faults(source, calls):
    need_root()
    with balancing(0), frozen(*SPECS) as factory, scratch() as directory:
        command = [program("numaprobe"), "-J", "-v", "--source", source, str(factory.pid)]
        truth = json.loads(run(command=command).stdout)
        for call in calls:
            for error in ERRORS[call]:
                for what, done in every_place(directory, call, error, command):
                    check_outcome(what, done, truth["targets"][0], truth["problems"])


def make(call):
    def faults():
        if call in SANITIZERS:
            need_plain_build("the sanitizer makes this call itself")
        look_with_faults("auto", [call])

    faults.__name__ = "look_" + call
    faults.__module__ = __name__
    test()(faults)


for name in ERRORS:
    make(name)


@test()
def pagemap_source():
    look_with_faults("pagemap", ("pread64", "move_pages", "openat"))


@test()
def everything_fails_from_some_place_on():
    """No memory, no descriptor and no BPF are seldom so for one call alone."""
    need_root()
    with balancing(0), frozen(*SPECS) as factory, scratch() as directory:
        command = [program("numaprobe"), "-J", "-v", str(factory.pid)]
        wanted = json.loads(run(command=command).stdout)["targets"][0]
        for call, error in (("mmap", "ENOMEM"), ("openat", "EMFILE"), ("bpf", "EPERM"), ("move_pages", "EPERM"), ("read", "EIO")):
            if sanitized() and call in SANITIZERS:
                continue
            for what, done in every_place(directory, call, error, command, on=True):
                check_outcome(what, done, wanted)


@test()
def interrupted_calls_are_made_again():
    """A signal changes nothing: neither what is said, nor the status, nor what is written."""
    need_root()
    with balancing(0), frozen(*SPECS) as factory, scratch() as directory:
        for source, calls in (("bpf", ("sendmsg", "sendto", "recvfrom", "recvmsg")), ("pagemap", ("openat", "read", "pread64"))):
            command = [program("numaprobe"), "-J", "-v", "--source", source, str(factory.pid)]
            wanted = run(command=command)
            truth = json.loads(wanted.stdout)["targets"][0]
            for call in calls:
                for what, done in every_place(directory, call, "EINTR", command, loading=False):
                    expect_equal(f"{what}: status and complaints", (done.returncode, done.stderr),
                                 (wanted.returncode, wanted.stderr))
                    told = json.loads(done.stdout)["targets"][0]
                    for key in ("pages", "huge", "mappings"):
                        expect_equal(f"{what}: {key}", told[key], truth[key])
        mark = directory / "mark"
        picture = directory / "picture.svg"
        done = run("--svg", picture, factory.pid,
                   command=[program("np-deny"), "write", "EINTR", "1", str(mark), program("numaprobe")])
        expect_equal(f"interrupted write, {done.stderr}: status", done.returncode, ALL_WELL)
        expect(mark.exists() and picture.read_text(encoding="utf-8").rstrip().endswith("</svg>"), "the picture is not whole")


# Less than was asked for


def shortened(directory, call, n, *arguments, **options):
    """A run in which the calls from the n-th after loading on do a part of what they are asked for."""
    first = n + (calls_of_loading(directory, call) if call != "write" else 0)  # which --version makes, too
    mark = directory / "mark"
    done = run(*arguments, command=[program("np-deny"), call, "SHORT", f"{first}+", str(mark), program("numaprobe")], **options)
    expect(mark.exists(), f"{arguments}: no {call} was shortened")
    mark.unlink()
    return done


@test()
def short_reads():
    """A part at a time is as good as all at once: of /proc, of /sys, of reports."""
    need_root()
    with balancing(0), frozen(*SPECS) as factory, scratch() as directory:
        report = directory / "report"
        run("--report", report, factory.pid)
        for source, call in (("auto", "read"), ("pagemap", "read"), ("pagemap", "pread64")):
            arguments = ("-J", "-v", "--source", source, factory.pid)
            wanted = run(*arguments)
            done = shortened(directory, call, 1, *arguments)
            expect_equal(f"{call}, {source}: exit status, {done.stderr}", done.returncode, wanted.returncode)
            told, truth = (json.loads(each.stdout)["targets"][0] for each in (done, wanted))
            for key in ("pages", "huge", "command", "threads", "mappings"):
                expect_equal(f"{call}, {source}: {key}", told[key], truth[key])
        done = shortened(directory, "read", 1, "--replay", report, "-J")
        expect_equal("replay", (done.returncode, done.stdout), (ALL_WELL, report.read_text(encoding="utf-8")))


@test()
def short_writes():
    """Whatever is written is written whole."""
    with frozen(*SPECS) as factory, scratch() as directory:
        report, again, printed = directory / "report", directory / "again", directory / "printed"
        run("--report", report, factory.pid)
        whole = report.read_text(encoding="utf-8")
        done = shortened(directory, "write", 1, "--replay", report, "--report", again)
        expect_equal(f"--report, {done.stderr}", (done.returncode, again.read_text(encoding="utf-8")), (ALL_WELL, whole))
        for arguments in (("-J",), ("-v",)):
            with open(printed, "w", encoding="utf-8") as output:
                done = shortened(directory, "write", 1, "--replay", report, *arguments, stdout=output)
            expect_equal(f"{arguments}: exit status, {done.stderr}", done.returncode, ALL_WELL)
            expect_equal(f"{arguments}", printed.read_text(encoding="utf-8"), run("--replay", report, *arguments).stdout)


@test()
def walker_never_serves_with_privilege():
    """Whichever of its calls fails: a walker that says that it is ready has given everything up."""
    need_root()
    walk = os.path.join(program("build"), "numaprobe-walk")
    calls = ("prctl", "setresuid", "setresgid", "setgroups", "capset", "capget", "getresuid", "getresgid", "bpf", "mmap", "openat",
             "close_range", "prlimit64", "fcntl", "read", "getrandom")
    with scratch() as directory:
        mark = directory / "mark"
        for call in calls:
            if sanitized() and call in SANITIZERS:
                continue
            for error in ERRORS[call]:
                def serves(words, call=call, error=error):
                    return check_walker(" ".join(words[1:4]), [*words, walk], call == "setresgid",
                                        (call, error) == ("bpf", "EPERM"), (call, error) == ("setgroups", "EPERM"))

                for _ in each_failure(mark, call, error, serves):
                    pass  # it is as it should be, or serves() says how it is not
                expect(serves([program("np-deny"), call, error, "5000", str(mark)]),
                       f"{call}: a walker of which no call failed does not serve, so nothing was looked at")


CAP_BPF = 1 << 39


def check_walker(what, words, keeps_group, keeps_bpf, keeps_groups):
    """Whether it serves; then it has nothing left."""
    with Client(words[0], arguments=words[1:], extra_groups=[0, 1, 42]) as client:
        try:
            ready, _, _ = client.greet()
        except Gone:
            return False
        if ready:
            return False
        children = list(children_of(client.pid))
        expect_equal(f"{what}: children", len(children), 1)
        with open(f"/proc/{children[0]}/status", encoding="utf-8") as file:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        for field in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            # Up to 5.18 running a loaded program may want CAP_BPF, so that one stays where a trial run has EPERM.
            allowed = (0, CAP_BPF) if keeps_bpf and field in ("CapPrm", "CapEff") else (0,)
            expect(int(status[field], 16) in allowed, f"{what}: {field} is {status[field]}")
        expect_equal(f"{what}: Uid", status["Uid"].split(), ["65534"] * 4)
        if not keeps_groups:
            expect_equal(f"{what}: Groups", status["Groups"].split(), [])
        if not keeps_group:
            expect_equal(f"{what}: Gid", status["Gid"].split(), ["65534"] * 4)
        expect_equal(f"{what}: NoNewPrivs, Seccomp", (status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        # np-deny has put a filter there too, and a sanitized walker has none; kernels before 5.9 do not count them
        filters = "1" if sanitized() else "2"
        expect_equal(f"{what}: filters", status.get("Seccomp_filters", filters), filters)
        expect_equal(f"{what}: owner of its files", os.stat(f"/proc/{children[0]}/pagemap").st_uid, 0)
    return True


NO_DROP = 11  # enum np_walk_ready


@test()
def what_could_not_be_given_up_is_said():
    """The first capset(2) narrows, the second suspends, the third and the fourth drop: without one of them, no service."""
    need_root()
    walk = os.path.join(program("build"), "numaprobe-walk")
    with scratch() as directory:
        mark = directory / "mark"
        for n in range(1, 5):
            with Client(program("np-deny"), arguments=["capset", "EPERM", str(n), str(mark), walk]) as client:
                ready, _, _ = client.greet()
                expect(mark.exists(), f"there is no capset number {n}")
                mark.unlink()
                expect_equal(f"without capset number {n}: ready", ready, NO_DROP)


@test()
def nothing_is_written_with_privilege():
    """Even to say that there is no client, standard error is used only once everything is given up."""
    walk = os.path.join(program("build"), "numaprobe-walk")
    need_root()
    with scratch() as directory:
        done = run(command=[program("np-deny"), "capset", "EPERM", "1+", str(directory / "mark"), walk])
        expect_equal("exit status and standard error", (done.returncode, done.stderr), (1, ""))


# Where the output goes


@test()
def output_that_fails():
    with frozen("anon:1M") as factory:
        for arguments in (("-J",), ("-v",), (), ("-H",), ("--help",), ("--version",)):
            target = [] if arguments[:1] in (("-H",), ("--help",), ("--version",)) else [factory.pid]
            with open("/dev/full", "w", encoding="ascii") as full:
                done = run(*arguments, *target, stdout=full)
            expect_equal(f"{arguments} to /dev/full: exit status", done.returncode, FAILURE)
            expect("No space left" in done.stderr and len(done.stderr.splitlines()) == 1, f"standard error {done.stderr!r}")
            reader, writer = os.pipe()
            os.close(reader)
            done = run(*arguments, *target, stdout=writer)
            os.close(writer)
            expect(done.returncode in (FAILURE, -13), f"{arguments} to nobody: exit status {done.returncode}")


@test()
def terminal_that_goes_away():
    with frozen("anon:1M") as factory:
        for arguments in ((), ("-v",)):
            master, slave = os.openpty()
            process = subprocess.Popen([program("numaprobe"), *arguments, str(factory.pid)], stdin=slave, stdout=slave,
                                       stderr=slave)
            os.close(slave)
            os.close(master)
            expect(process.wait(HANG_SECONDS) in (ALL_WELL, FAILURE), f"exit status {process.returncode}")
