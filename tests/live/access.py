# SPDX-License-Identifier: GPL-2.0-or-later
"""What numaprobe shows with which rights: capabilities, hidepid, protected targets, namespaces, denied calls."""

import json
import shutil
import subprocess
import sys

from harness import (Skip, balancing, expect, expect_equal, factory_for_all, frozen, installed, need_root, program, run,
                     scratch, test)

ALL_WELL, FAILURE, PARTIAL = 0, 1, 3
NAMES = ("maps", "smaps", "pagemap", "move_pages")

# Who may look at what of another user's process (mm/mmap_lock users are not asked: fs/proc/base.c, kernel/ptrace.c).
# What numaprobe needs is pagemap, whose mode is 0400: reading it takes CAP_DAC_READ_SEARCH or CAP_DAC_OVERRIDE too.
CAPABILITIES = {
    "": (),
    "sys_ptrace": ("maps", "smaps", "move_pages"),
    "dac_read_search": (),
    "dac_override": (),
    "sys_ptrace,dac_read_search": ("maps", "smaps", "pagemap", "move_pages"),
    "sys_ptrace,dac_override": ("maps", "smaps", "pagemap", "move_pages"),
    "kill,setuid,sys_nice,sys_resource": (),
}

ASK = """
import ctypes, os, sys
pid, address = int(sys.argv[1]), int(sys.argv[2], 16)
for name in ("maps", "smaps", "pagemap"):
    try:
        os.close(os.open(f"/proc/{pid}/{name}", os.O_RDONLY))
        print(name)
    except PermissionError:
        pass
page, status = ctypes.c_void_p(address), ctypes.c_int(0)
if ctypes.CDLL(None, use_errno=True).syscall(279, pid, 1, ctypes.byref(page), None, ctypes.byref(status), 0) == 0:
    print("move_pages")
"""


def with_capabilities(names):
    """As nobody with these and no others."""
    caps = ",".join("+" + name for name in names.split(",") if name)
    sets = [f"--inh-caps=-all{',' + caps if caps else ''}", *([f"--ambient-caps=-all,{caps}"] if caps else []),
            f"--bounding-set=-all{',' + caps if caps else ''},+bpf,+perfmon"]
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *sets]


@test()
def capabilities():
    """What the kernel grants is what numaprobe shows, and the reverse."""
    with balancing(0), installed() as (numaprobe, _), frozen("anon:1M") as of_root, scratch() as directory:
        wanted = json.loads(run("-J", of_root.pid).stdout)["targets"][0]["pages"]
        python = shutil.which("python3", path="/usr/bin:/bin") or sys.executable
        ask = directory / "ask.py"
        ask.write_text(ASK, encoding="ascii")
        for names, granted in CAPABILITIES.items():
            as_who = with_capabilities(names)
            if "sys_resource" in names and run("true", command=as_who).returncode:
                continue  # this machine's root has not all of them
            asked = run(ask, of_root.pid, of_root.region("anon:1M")["start"], command=[*as_who, python])
            expect_equal(f"[{names}]: the kernel grants", asked.stdout.split(), [name for name in NAMES if name in granted])
            done = run("-J", of_root.pid, command=[*as_who, str(numaprobe)])
            expect_equal(f"[{names}]: exit status, {done.stderr}", done.returncode, ALL_WELL if "pagemap" in granted else FAILURE)
            if done.returncode == ALL_WELL:
                target = json.loads(done.stdout)["targets"][0]
                expect_equal(f"[{names}]: pages", target["pages"], wanted)
            else:
                expect(f"/proc/{of_root.pid}" in done.stderr and "Permission denied" in done.stderr, done.stderr)


def in_new_proc(options, *arguments):
    """Words before a command that runs as nobody where /proc is mounted with options."""
    return ["unshare", "-m", "sh", "-c", f'mount -t proc -o {options} proc /proc && exec "$@"', "sh", "setpriv",
            "--reuid=65534", "--regid=65534", "--clear-groups", *arguments]


@test()
def hidepid():
    """Foreign processes are not there, or refused; own ones are shown. 4 is ptraceable, since 5.8."""
    own_options = {"user": 65534, "group": 65534, "extra_groups": []}
    with balancing(0), installed() as (numaprobe, _), factory_for_all(), frozen("anon:1M") as of_root, \
            frozen("anon:1M", **own_options) as own:
        wanted = json.loads(run("-J", own.pid).stdout)["targets"][0]["pages"]
        for value in (0, 1, 2, 4):
            command = in_new_proc(f"hidepid={value}", str(numaprobe))
            done = run("-J", own.pid, command=command)
            expect_equal(f"hidepid={value}: own: {done.stderr}", done.returncode, ALL_WELL)
            expect_equal(f"hidepid={value}: own pages", json.loads(done.stdout)["targets"][0]["pages"], wanted)
            done = run(of_root.pid, command=command)
            expect_equal(f"hidepid={value}: foreign", (done.returncode, done.stdout), (FAILURE, ""))
            expect(f"/proc/{of_root.pid}" in done.stderr, done.stderr)
            expect(("hidepid" in done.stderr) == (value in (2, 4)), f"hidepid={value}: {done.stderr}")


UNDUMPABLE = "import ctypes, time; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0); print(1, flush=True); time.sleep(1000)"


@test()
def not_dumpable():
    """A process that protects itself, from its own user: refused; from root: not."""
    own_options = {"user": 65534, "group": 65534, "extra_groups": []}
    python = shutil.which("python3", path="/usr/bin:/bin") or sys.executable
    with installed() as (numaprobe, _), subprocess.Popen([python, "-c", UNDUMPABLE], stdout=subprocess.PIPE, **own_options) as process:
        try:
            process.stdout.readline()
            done = run(process.pid, command=[str(numaprobe)], **own_options)
            expect_equal("as its user", (done.returncode, done.stdout), (FAILURE, ""))
            expect("Permission denied" in done.stderr or "not permitted" in done.stderr, done.stderr)
            expect_equal("as root", run(process.pid, command=[str(numaprobe)]).returncode, ALL_WELL)
        finally:
            process.kill()


@test()
def user_namespace():
    """Root of a namespace of one's own is nobody outside of it: own processes by the second source, no others."""
    with balancing(0), installed() as (numaprobe, _), frozen("anon:1M") as of_root:
        as_mapped = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "unshare", "-r"]
        if run("true", command=as_mapped).returncode:
            raise Skip("no user namespaces for users here")
        done = run(numaprobe, command=[*as_mapped, "sh", "-c", 'sleep 1000 & sleep 0.2; "$1" -J $!; code=$?; kill $!; exit $code', "sh"])
        expect(done.returncode in (ALL_WELL, PARTIAL), f"exit status {done.returncode}: {done.stderr}")
        source = json.loads(done.stdout)["targets"][0]["source"]
        expect_equal("source", source["name"], "pagemap")
        expect("numaprobe-walk" in source["why_not_better"], f"source {source}")
        done = run(of_root.pid, command=[*as_mapped, str(numaprobe)])
        expect_equal("root's", (done.returncode, done.stdout), (FAILURE, ""))


@test()
def pid_namespace():
    """The walker is asked about a process by a descriptor: numbers of another namespace do not matter."""
    need_root()
    script = 'mount -t proc proc /proc && { sleep 1000 & sleep 0.2; "$1" -J $!; code=$?; kill $!; exit $code; }'
    with balancing(0):
        done = run(program("numaprobe"), command=["unshare", "-p", "-f", "-m", "sh", "-c", script, "sh"])
    expect_equal(f"exit status, {done.stderr}", done.returncode, ALL_WELL)
    target = json.loads(done.stdout)["targets"][0]
    expect_equal("source", target["source"]["name"], "bpf")
    expect(target["pid"] < 50, "not a PID of the new namespace")
    expect(sum(target["pages"]["present"].values()) > 50, f"pages {target['pages']}")


@test()
def without_sys():
    """A container without /sys: no BTF, no nodes' folders."""
    need_root()
    with balancing(0), frozen("anon:4M:half", "protnone:1M") as factory:
        done = run("-J", "-v", factory.pid,
                   command=["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /sys && exec "$@"', "sh", program("numaprobe")])
        expect(done.returncode in (FAILURE, PARTIAL), f"exit status {done.returncode}: {done.stderr}")
        expect(done.stderr.startswith("numaprobe: "), done.stderr)
        if done.returncode == PARTIAL:
            source = json.loads(done.stdout)["targets"][0]["source"]
            expect("/sys/kernel/btf/vmlinux" in (source["why_not_better"] or ""), f"source {source}")


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
