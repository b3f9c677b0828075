# SPDX-License-Identifier: GPL-2.0-or-later
"""What numaprobe shows where something that it needs is taken away, also while it looks. capabilities.py has who may look."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

from harness import (HANG_SECONDS, NOBODY, balancing, expect, expect_equal, factory_for_all, frozen, installed,
                     need_root, program, run, scratch, test, wait_until)

ALL_WELL, PARTIAL = 0, 3
EXECS = "import os, sys; print(1, flush=True); sys.stdin.readline(); os.execv(sys.argv[1], [sys.argv[1], '1000'])"


@test()
def protected_while_watched():
    """One process becomes a program that its user may not read: it is said to be so, and the other is still shown."""
    need_root()
    python = shutil.which("python3", path="/usr/bin:/bin") or sys.executable
    with balancing(0), installed() as (numaprobe, _), factory_for_all(), frozen("anon:1M", **NOBODY) as other, \
            scratch() as directory:
        secret = pathlib.Path(shutil.copy(shutil.which("sleep"), directory / "secret"))
        secret.chmod(0o111)
        with subprocess.Popen([python, "-c", EXECS, secret], stdin=subprocess.PIPE, stdout=subprocess.PIPE, **NOBODY) as execs, \
                subprocess.Popen([numaprobe, "-w0.05", "-J", str(execs.pid), str(other.pid)], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, **NOBODY) as watch:
            try:
                execs.stdout.readline()
                watch.stdout.readline()
                execs.stdin.write(b"\n")
                execs.stdin.flush()
                name = pathlib.Path(f"/proc/{execs.pid}/comm")
                wait_until("it has exec'd", lambda: name.read_text() == "secret\n")


                def next_look():
                    line = watch.stdout.readline()
                    expect(line, "the watch ends")
                    pages = {target["pid"]: target["pages"] for target in json.loads(line)["targets"]}
                    expect_equal("processes", set(pages), {execs.pid, other.pid})
                    expect(pages[other.pid]["resident"] >= 256, f"the other: {pages[other.pid]}")
                    return pages[execs.pid]

                wait_until("a look begins after that", lambda: next_look() is None)
                for _ in range(5):
                    expect_equal("the protected one", next_look(), None)
            finally:
                execs.kill()
                watch.terminate()
            errors = watch.communicate(timeout=HANG_SECONDS)[1].decode()
        expect_equal("status", watch.returncode, PARTIAL)
        expect(f"/proc/{execs.pid}" in errors and "Permission denied" in errors, errors)


@test()
def without_sys():
    """A container without /sys: no BTF, no nodes' folders."""
    need_root()
    with balancing(0), frozen("anon:4M:half", "protnone:1M") as factory:
        done = run("-J", "-v", factory.pid,
                   command=["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /sys && exec "$@"', "sh", program("numaprobe")])
        expect_equal(f"exit status, {done.stderr}", done.returncode, PARTIAL)
        expect("/sys/devices/system/node/online" in done.stderr, done.stderr)
        target = json.loads(done.stdout)["targets"][0]
        expect_equal("source", target["source"]["name"], "pagemap")
        expect("/sys/kernel/btf/vmlinux" in target["source"]["why_not_better"], f"source {target['source']}")
        expect_equal("PROT_NONE", sum(target["pages"]["protnone"].values()), 256)


@test()
def calls_denied():
    """A container's filter that refuses bpf(2), move_pages(2), or both."""
    need_root()
    with balancing(0), frozen("anon:4M:half", "protnone:1M") as factory, scratch() as directory:
        mark = str(directory / "mark")
        done = run("-J", "-v", factory.pid, command=[program("np-deny"), "bpf", "EPERM", "1+", mark, program("numaprobe")])
        expect(done.returncode in (ALL_WELL, PARTIAL), f"exit status {done.returncode}: {done.stderr}")
        target = json.loads(done.stdout)["targets"][0]
        expect_equal("source", target["source"]["name"], "pagemap")
        expect("CAP_BPF" in target["source"]["why_not_better"], f"reason {target['source']['why_not_better']}")
        done = run("-J", "-v", "--source", "pagemap", factory.pid,
                   command=[program("np-deny"), "move_pages", "EPERM", "1+", mark, program("numaprobe")])
        expect_equal("without move_pages: exit status", done.returncode, PARTIAL)
        expect("move_pages" in done.stderr, done.stderr)


@test()
def kernel_without_the_program_type():
    """Before 5.14 bpf(2) refuses the program type, and before 5.11 it runs out of locked memory first: no privilege helps."""
    need_root()
    with scratch() as directory:
        done = run("-J", os.getpid(), command=[program("np-deny"), "bpf", "EINVAL", "1+", str(directory / "mark"), program("numaprobe")])
    # All is well where nothing was hinted since the system started.
    expect(done.returncode in (ALL_WELL, PARTIAL), f"exit status {done.returncode}: {done.stderr}")
    why = json.loads(done.stdout)["targets"][0]["source"]["why_not_better"]
    expect("Linux 5.14" in why and "CAP_BPF" not in why, f"reason {why}")
