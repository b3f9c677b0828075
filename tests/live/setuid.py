# SPDX-License-Identifier: GPL-2.0-or-later
"""numaprobe itself installed with privilege: it starts its walker, and is the caller from then on."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess

from harness import (NOBODY, Failure, Skip, balancing, each_failure, expect, expect_equal, factory_for_all, frozen,
                     intruder, need_intrusion, need_root, program, report, run, scratch, test, wait_until)

SPECS = ("anon:4M:half", "protnone:4M")


class Place:
    """
    numaprobe where it was configured to be: in a mount namespace of its own, whose prefix is a copy of what
    make install made. Only there does a privileged numaprobe find its walker.
    """

    def __init__(self, directory):
        self.directory = directory
        done = run("-C", program("build"), "install", f"DESTDIR={directory}", command=["make", "-s"])
        expect_equal(f"make install, which says {done.stderr}: status", done.returncode, 0)
        numaprobe, = directory.rglob("bin/numaprobe")
        self.numaprobe = pathlib.Path("/") / numaprobe.relative_to(directory)
        self.prefix = self.numaprobe.parent.parent
        if str(self.prefix) in ("/", "/usr"):
            raise Skip(f"configured for {self.prefix}, which no test may hide")

    def command(self, prepare, user=True, name=None):
        """Words before numaprobe's arguments. prepare: shell commands in the prefix, as root."""
        script = ('mount -t tmpfs -o mode=755 none "$1" && cp -a "$2$1/." "$1" && cd "$1" && ' + prepare +
                  ' && shift 2 && cd / && exec "$@"')
        switch = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if user else []
        return ["unshare", "-m", "sh", "-c", script, "sh", str(self.prefix), str(self.directory), *switch,
                str(name or self.numaprobe)]


KINDS = {
    "set-user-ID": "setcap -r libexec/numaprobe-walk && chmod 4755 bin/numaprobe",
    "set-user-ID, and its walker with capabilities": "chmod 4755 bin/numaprobe",
    "set-user-ID, and its walker too": "setcap -r libexec/numaprobe-walk && chmod 4755 bin/numaprobe libexec/numaprobe-walk",
    "set-group-ID": "chmod 2755 bin/numaprobe",
    "set-user-ID and set-group-ID": "setcap -r libexec/numaprobe-walk && chmod 6755 bin/numaprobe",
    "capabilities": "setcap cap_sys_ptrace,cap_dac_read_search,cap_bpf,cap_perfmon=ep bin/numaprobe",
}


@contextlib.contextmanager
def place():
    need_root()
    with balancing(0), scratch() as directory:
        yield Place(directory)


def kernel_part(text):
    """What a test on numaprobe's own memory found, which takes /proc/self."""
    found = text.partition("Reading smaps")[2]
    expect(found, f"nothing about smaps in {text!r}")
    return found


@test()
def own_process_is_seen():
    with place() as here, factory_for_all(), frozen(*SPECS, **NOBODY) as factory:
        wanted = report(factory.pid)
        for kind, prepare in KINDS.items():
            got = report(factory.pid, command=here.command(prepare))
            expect_equal(f"{kind}: source", got["targets"][0]["source"]["name"], "bpf")
            expect_equal(f"{kind}: pages", got["targets"][0]["pages"], wanted["targets"][0]["pages"])
            text = run(factory.pid, command=here.command(prepare)).stdout
            expect_equal(f"{kind}: what it finds of the kernel", kernel_part(text), kernel_part(run(factory.pid).stdout))


@test()
def foreign_process_is_not():
    with place() as here, frozen("anon:1M") as of_root:
        for kind, prepare in KINDS.items():
            for source in ("auto", "bpf", "pagemap"):
                done = run("-v", "--source", source, of_root.pid, command=here.command(prepare))
                expect_equal(f"{kind}: exit status and output", (done.returncode, done.stdout), (1, ""))
                expect(f"/proc/{of_root.pid}" in done.stderr, f"{kind}: standard error is {done.stderr!r}")


def final_status(command, *arguments):
    """Fields of /proc/PID/status of a program that has ended and was not asked yet."""
    with subprocess.Popen([*command, *map(str, arguments)], stdout=subprocess.DEVNULL) as process:
        try:
            wait_until("it ends", lambda: os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG))
        except Failure:
            process.kill()
            raise
        text = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    expect_equal("exit status", process.returncode, 0)
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


@test()
def nothing_is_left():
    with place() as here, factory_for_all(), frozen(*SPECS, **NOBODY) as factory:
        for kind, prepare in KINDS.items():
            status = final_status(here.command(prepare), factory.pid)
            expect_equal(f"{kind}: name", status["Name"], "numaprobe")
            for field in ("Uid", "Gid"):
                expect_equal(f"{kind}: {field}", status[field].split(), ["65534"] * 4)
            for field in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                expect_equal(f"{kind}: {field}", int(status[field], 16), 0)


# Every option that names a file, as words before its value.
WRITES = (("--report", ""), ("--svg", ""), ("", "--openmetrics="))


@test()
def files_are_the_users():
    """What it is told to write, it writes as the user: into the user's folders, and into no other's, by no link."""
    with place() as here, factory_for_all(), frozen(*SPECS, **NOBODY) as factory, scratch() as directory:
        root_s, nobody_s = directory / "roots", directory / "nobodys"
        root_s.mkdir(mode=0o700)
        nobody_s.mkdir(mode=0o700)
        os.chown(nobody_s, 65534, 65534)
        (directory / "precious").write_text("root's\n", encoding="ascii")
        (nobody_s / "link").symlink_to(directory / "precious")
        for option, prefix in WRITES:
            def words(path, option=option, prefix=prefix):
                return [*filter(None, [option]), f"{prefix}{path}"]

            for kind, prepare in KINDS.items():
                command = here.command(prepare)
                for place_of_root in (root_s / "file", directory / "precious", directory / "new", nobody_s / "link"):
                    done = run(*words(place_of_root), factory.pid, command=command)
                    expect_equal(f"{kind}: {option}{prefix}{place_of_root}", done.returncode, 1)
                expect_equal(f"{kind}: files in root's folder", list(root_s.iterdir()), [])
                expect_equal(f"{kind}: files beside it", sorted(path.name for path in directory.iterdir()),
                             ["nobodys", "precious", "roots"])
                expect_equal(f"{kind}: root's file", (directory / "precious").read_text(encoding="ascii"), "root's\n")
                done = run(*words(nobody_s / "file"), factory.pid, command=command)
                expect_equal(f"{kind}: {option}{prefix}, {done.stderr}", done.returncode, 0)
                expect_equal(f"{kind}: owner", (nobody_s / "file").stat().st_uid, 65534)
                (nobody_s / "file").unlink()


@test()
def files_are_read_as_the_user():
    """--replay shows no report that the user could not read."""
    with place() as here, frozen(*SPECS) as of_root, scratch() as directory:
        report_of_root, link = directory / "report", directory / "link"
        run("--report", report_of_root, of_root.pid)
        expect_equal("mode", report_of_root.stat().st_mode & 0o777, 0o600)
        link.symlink_to(report_of_root)
        for kind, prepare in KINDS.items():
            for path in (report_of_root, link):
                done = run("--replay", path, command=here.command(prepare))
                expect_equal(f"{kind}: status and output", (done.returncode, done.stdout), (1, ""))
                expect("Permission denied" in done.stderr, f"{kind}: {done.stderr}")
            report_of_root.chmod(0o644)
            expect_equal(f"{kind}: once it is for all", run("--replay", link, command=here.command(prepare)).returncode, 0)
            report_of_root.chmod(0o600)


@test()
def walker_beside_a_link_is_not_run():
    """A link to a set-user-ID numaprobe in a folder of the caller's: what lies beside it proves nothing."""
    with place() as here, factory_for_all(), frozen(*SPECS, **NOBODY) as factory:
        ran = here.prefix / "evil/ran"
        evil = f"#!/bin/sh\\nid -u >{ran}\\n"
        prepare = ("setcap -r libexec/numaprobe-walk && chmod 4755 bin/numaprobe && mkdir -m 777 evil evil/bin evil/libexec && "
                   "ln bin/numaprobe evil/bin && for f in evil/bin evil/libexec; do "
                   f"printf '{evil}' >$f/numaprobe-walk; chmod 755 $f/numaprobe-walk; done")
        command = here.command(prepare, name=here.prefix / "evil/bin/numaprobe")
        command[4] = command[4].replace('exec "$@"', f'"$@" && test ! -e {ran}')
        target = json.loads(run("-J", factory.pid, command=command).stdout)["targets"][0]
        expect_equal("source, from the configured walker", target["source"]["name"], "bpf")
        expect_equal("exit status where nothing else ran", run(factory.pid, command=command).returncode, 0)


@test()
def walker_is_only_the_configured_one():
    """Without it there is none, whatever lies beside numaprobe, or is named by the environment."""
    with place() as here, factory_for_all(), frozen(*SPECS, **NOBODY) as factory:
        prepare = ("chmod 4755 bin/numaprobe && cp -a libexec/numaprobe-walk bin && rm libexec/numaprobe-walk")
        done = run("-J", factory.pid, command=here.command(prepare),
                   env={**os.environ, "PATH": f"{here.prefix}/bin:{os.environ['PATH']}"})
        target = json.loads(done.stdout)["targets"][0]
        expect_equal("source", target["source"]["name"], "pagemap")


@test()
def closed_descriptors():
    with place() as here, factory_for_all(), frozen(*SPECS, **NOBODY) as factory:
        for closed in ((0,), (1,), (2,), (0, 1), (1, 2), (0, 2), (0, 1, 2)):
            command = here.command(KINDS["set-user-ID"])
            shut = " ".join(f"{number}>&-" for number in closed)
            command[4] = command[4].replace('exec "$@"', f'exec "$@" {shut}')
            done = run(factory.pid, command=command)
            if 1 in closed:
                expect_equal(f"without {closed}: exit status", done.returncode, 1)
            else:
                expect_equal(f"without {closed}: exit status", done.returncode, 0)
                expect("page tables read directly" in done.stdout, f"without {closed}: {done.stdout}")


@test()
def privilege_that_stays_is_used_for_nothing():
    """
    Whichever call fails that gives it up, of setpriv's, numaprobe's or its walker's: nothing is shown, or written. The
    latter two run side by side, so that the same number is now one's call and now the other's.
    """
    with place() as here, frozen("anon:1M") as of_root, scratch() as directory:
        mark = directory / "mark"

        def each_fails(kind, call, error):
            """Whether numaprobe said of one of them that it was its own."""
            told, command = False, here.command(KINDS[kind])
            for _, what, done in each_failure(mark, call, error, lambda words: run("-v", of_root.pid, command=words + command)):
                expect(done.returncode and not done.stdout, f"{kind}, {what}: {done.returncode} {done.stdout} {done.stderr}")
                told |= "privileges could not be given up" in done.stderr
            return told

        for kind, call, error in (("set-user-ID", "setresuid", "EAGAIN"), ("set-user-ID", "setresgid", "EPERM"),
                                  ("capabilities", "capset", "EPERM")):
            wait_until(f"{call} of numaprobe's own fails", lambda words=(kind, call, error): each_fails(*words))


@test()
def environment():
    """Nothing that the environment names is loaded while there is privilege."""
    with place() as here, factory_for_all(), frozen(*SPECS, **NOBODY) as factory, scratch() as directory:
        evil = intruder(directory)
        shutil.copy(evil, directory / "libjansson.so.4")
        environment_ = {"LD_PRELOAD": str(evil), "LD_AUDIT": str(evil), "LD_LIBRARY_PATH": str(directory)}
        need_intrusion(directory, environment_, **NOBODY)
        for kind, prepare in KINDS.items():
            command = here.command(prepare)
            at = command.index("setpriv")
            command[at + 4:at + 4] = ["env", *(f"{name}={value}" for name, value in environment_.items())]
            expect_equal(f"{kind}: exit status", run(factory.pid, command=command).returncode, 0)
            expect(not (directory / "ran").exists(), f"{kind}: a library of the caller's ran")
