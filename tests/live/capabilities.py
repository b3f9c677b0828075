# SPDX-License-Identifier: GPL-2.0-or-later
"""
Who may look at another's memory, by capabilities and by what containers take away: what this kernel grants, and what
numaprobe then shows. Runs in the lab's guests too: it needs no program but numaprobe's own.
"""

import contextlib
import errno
import json
import os
import pathlib
import signal
import struct

import rights
from harness import Factory, Skip, balancing, expect, expect_equal, factory_for_all, frozen, need_root, run, setting, test
from rights import (CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER, DOCKER, NOBODY_ID, become, deny, no_new_privileges,
                    own_mounts, placed, steps, unshare)

ALL_WELL, FAILURE, PARTIAL = 0, 1, 3
NOT, NEVER = "EACCES", "EPERM"
GRANT = "ok, since CAP_PERFMON opens maps"  # may_access_mm() in fs/proc/base.c; 6.18 has it, 6.12 has not
FILES = ("maps", "smaps", "smaps_rollup", "numa_maps")
SPECS = ("anon:1M", "protnone:1M")

# Nobody's capabilities; what they open of root's process: its maps and the like, pagemap (mode 0400), whether frame
# numbers are in it, mem, and move_pages(2). fs/proc/task_mmu.c, kernel/ptrace.c: __ptrace_may_access().
MATRIX = (
    ("", NOT, NOT, "", NOT, NEVER),
    ("sys_ptrace", "ok", NOT, "", NOT, "ok"),
    ("perfmon", GRANT, NOT, "", NOT, NEVER),
    ("sys_admin", GRANT, NOT, "", NOT, NEVER),  # perfmon_capable() takes it for CAP_PERFMON
    ("bpf", NOT, NOT, "", NOT, NEVER),
    ("bpf,perfmon", GRANT, NOT, "", NOT, NEVER),
    ("sys_nice", NOT, NOT, "", NOT, NEVER),
    ("dac_override", NOT, NOT, "", NOT, NEVER),
    ("dac_read_search", NOT, NOT, "", NOT, NEVER),
    ("kill,setuid,setgid,sys_nice,net_raw", NOT, NOT, "", NOT, NEVER),
    ("sys_ptrace,dac_read_search", "ok", "ok", "zero", "ok", "ok"),
    ("sys_ptrace,dac_override", "ok", "ok", "zero", "ok", "ok"),
    ("perfmon,dac_read_search", GRANT, GRANT, "zero", NOT, NEVER),
    ("bpf,perfmon,dac_override", GRANT, GRANT, "zero", NOT, NEVER),
    ("sys_admin,dac_read_search", GRANT, GRANT, "shown", NOT, NEVER),
    ("sys_admin,sys_ptrace,dac_read_search", "ok", "ok", "shown", "ok", "ok"),
    ("bpf,perfmon,sys_ptrace,dac_read_search", "ok", "ok", "zero", "ok", "ok"),
)


def in_child(preexec, function):
    """What function answers, as JSON knows it, in a process that is what preexec makes of it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            preexec()
            os.write(writer, json.dumps(function()).encode())
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writer)
    with open(reader, "rb") as answer:
        text = answer.read()
    expect_equal("status of the child", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
    return json.loads(text)


def outcome(function):
    try:
        return function() or "ok"
    except OSError as error:
        return errno.errorcode[error.errno]


def opens(path):
    os.close(os.open(path, os.O_RDONLY))


def frames(pid, address):
    with open(f"/proc/{pid}/pagemap", "rb", buffering=0) as pagemap:
        entry, = struct.unpack("=Q", os.pread(pagemap.fileno(), 8, address // os.sysconf("SC_PAGESIZE") * 8))
    expect(entry >> 63, "the page is not there")
    return "shown" if entry & ((1 << 55) - 1) else "zero"


def move_pages(pid, address):
    page, status = (rights.ctypes.c_void_p(address), rights.ctypes.c_int(0))
    rights.check(rights.libc.syscall(rights.ctypes.c_long(rights.CALLS["move_pages"]), pid, rights.ctypes.c_ulong(1),
                                     rights.ctypes.byref(page), None, rights.ctypes.byref(status), 0))


def ask_kernel(pid, address):
    """One row of the matrix, behind the capabilities; the files of the first column as an object."""
    return [{name: outcome(lambda name=name: opens(f"/proc/{pid}/{name}")) for name in FILES},
            outcome(lambda: opens(f"/proc/{pid}/pagemap")),
            (outcome(lambda: frames(pid, address)) if outcome(lambda: opens(f"/proc/{pid}/pagemap")) == "ok" else ""),
            outcome(lambda: opens(f"/proc/{pid}/mem")), outcome(lambda: move_pages(pid, address))]


def expected_row(row, granted):
    cells = [("ok" if granted else NOT) if cell == GRANT else cell for cell in row]
    if cells[1] == NOT:
        cells[2] = ""  # no frames in what can't be opened
    return [dict.fromkeys(FILES, cells[0]), *cells[1:]]


def rows():
    """(names, expected cells, preexec) of each row that this machine's root can try."""
    tried = 0
    for names, *cells in MATRIX:
        each = tuple(filter(None, names.split(",")))
        if rights.has(each):
            tried += 1
            yield names, cells, lambda each=each: become(names=each)
    expect(tried > 5, "root has next to no capabilities here")


def look(numaprobe, pid, preexec, *arguments):
    """The finished process, and its target where it shows one."""
    done = run("-J", *arguments, pid, command=[str(numaprobe)], preexec_fn=preexec)
    expect(done.returncode in (ALL_WELL, FAILURE, PARTIAL), f"exit status {done.returncode}: {done.stderr}")
    expect((done.returncode == ALL_WELL) == (done.stderr == ""), f"{done.returncode}: {done.stderr}")
    return done, json.loads(done.stdout)["targets"][0] if done.stdout else None


def expect_refused(what, done, target, pid):
    expect_equal(f"{what}: exit status", done.returncode, FAILURE)
    expect(target is None or target["pages"] is None, f"{what}: shown: {target}")
    expect(f"/proc/{pid}" in done.stderr and "Permission denied" in done.stderr, f"{what}: {done.stderr}")


def resident(target):
    """Pages by node, where the source knows no better whether they are hinted or behind PROT_NONE."""
    return target["pages"]["resident"]


@test()
def matrix():
    """The kernel's side of the table, on this kernel."""
    with frozen(*SPECS) as of_root:
        address = int(of_root.region("anon:1M")["start"], 16)
        granted = in_child(lambda: become(names=("perfmon",)),
                           lambda: outcome(lambda: opens(f"/proc/{of_root.pid}/maps"))) == "ok"
        for names, cells, preexec in rows():
            expect_equal(f"[{names}]", in_child(preexec, lambda: ask_kernel(of_root.pid, address)),
                         expected_row(cells, granted))


@test()
def shown():
    """Where the kernel opens maps and pagemap, every page is shown; where not, none is, and the reason is said."""
    with balancing(0), placed() as numaprobe, frozen(*SPECS) as of_root:
        wanted = look(numaprobe, of_root.pid, None)[1]
        for names, _, preexec in rows():
            maps, pagemap = in_child(preexec, lambda: [outcome(lambda name=name: opens(f"/proc/{of_root.pid}/{name}"))
                                                       for name in ("maps", "pagemap")])
            done, target = look(numaprobe, of_root.pid, preexec)
            if (maps, pagemap) != ("ok", "ok"):
                expect_refused(f"[{names}]", done, target, of_root.pid)
                continue
            expect_equal(f"[{names}]: source, {done.stderr}", target["source"]["name"], wanted["source"]["name"])
            if wanted["source"]["name"] == "bpf":
                expect_equal(f"[{names}]: status and pages", (done.returncode, target["pages"]), (ALL_WELL, wanted["pages"]))
            expect_equal(f"[{names}]: resident", resident(target), resident(wanted))


@test()
def walker_without_file_capabilities():
    """It has those of its caller: CAP_BPF and CAP_PERFMON make the better source, and without them there is a reason."""
    with balancing(0), placed(file_capabilities=()) as numaprobe, frozen(*SPECS) as of_root:
        wanted = look(numaprobe, of_root.pid, None)[1]
        if wanted["source"]["name"] != "bpf":
            raise Skip(f"not even root has page tables here: {wanted['source']['why_not_better']}")
        for names, _, preexec in rows():
            if not {"sys_ptrace", "dac_read_search"} <= set(names.split(",")):
                continue
            done, target = look(numaprobe, of_root.pid, preexec)
            expect_equal(f"[{names}]: resident", resident(target), resident(wanted))
            if {"bpf", "perfmon"} <= set(names.split(",")):
                expect_equal(f"[{names}]: status and source", (done.returncode, target["source"]["name"]), (ALL_WELL, "bpf"))
                expect_equal(f"[{names}]: pages", target["pages"], wanted["pages"])
            else:
                expect_equal(f"[{names}]: source", target["source"]["name"], "pagemap")
                expect("it needs CAP_BPF and CAP_PERFMON" in target["source"]["why_not_better"],
                       f"[{names}]: {target['source']}")


# Whatever takes the walker's file capabilities away; it runs as the owner of the process that is looked at.
WITHOUT_WALKER = {
    "no_new_privs": steps(become, no_new_privileges),
    "an empty bounding set": lambda: become(bounds=()),
    "a bounding set without CAP_BPF": lambda: become(bounds=("perfmon", "sys_ptrace")),
    "bpf(2) denied": steps(lambda: deny("bpf"), become),
    "bpf(2) and move_pages(2) denied": steps(lambda: deny("bpf", "move_pages"), become),
}


@test()
def walker_is_denied():
    """The second source is taken, with the reason; a call that is denied too makes less known, and is named."""
    nobody = {"preexec_fn": become}
    with balancing(0), placed() as numaprobe, factory_for_all(), frozen(*SPECS, **nobody) as own:
        wanted = look(numaprobe, own.pid, become)[1]
        for what, preexec in WITHOUT_WALKER.items():
            done, target = look(numaprobe, own.pid, preexec)
            source = target["source"]
            expect_equal(f"{what}: source", source["name"], "pagemap")
            expect("numaprobe-walk" in source["why_not_better"], f"{what}: {source}")
            expect_equal(f"{what}: resident", resident(target), resident(wanted))
            expect_equal(f"{what}: PROT_NONE", sum(target["pages"]["protnone"].values()), 256)
            if "move_pages" in what:
                expect_equal(f"{what}: exit status", done.returncode, PARTIAL)
                expect("move_pages" in done.stderr and "Operation not permitted" in done.stderr, done.stderr)


@test()
def container():
    """Root of a container, as the usual ones are: few capabilities, calls denied, no /sys, processes of its own."""
    need_root()

    def enter():
        own_mounts()
        rights.mount("proc", "/proc")
        rights.mount("tmpfs", "/sys")
        deny("bpf", "move_pages")
        become(0, DOCKER)

    with balancing(0), placed() as numaprobe, factory_for_all(), \
            frozen(*SPECS, preexec_fn=lambda: become(0, DOCKER)) as own, frozen(*SPECS) as of_host:
        done, target = look(numaprobe, own.pid, enter, "-v")
        expect_equal(f"exit status, {done.stderr}", done.returncode, PARTIAL)
        expect_equal("source", target["source"]["name"], "pagemap")
        expect_equal("pages there", (sum(target["pages"]["protnone"].values()) + target["pages"]["unknown"] > 0,
                                     resident(target) >= 512), (True, True))
        done, target = look(numaprobe, of_host.pid, enter)
        expect_refused("a process with more capabilities", done, target, of_host.pid)


@contextlib.contextmanager
def child(preexec):
    """A process that is what preexec makes of it, and waits: its PID."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            preexec()
            os.write(writer, b"1")
            signal.pause()
        finally:
            os._exit(1)
    os.close(writer)
    try:
        with open(reader, "rb", buffering=0) as ready:
            expect(ready.read(1), "it did not get ready")
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def protect_itself():
    become(1)
    rights.prctl(rights.PR_SET_DUMPABLE, 0)


@test()
def not_dumpable():
    """A process that protects itself, from its own user: what opens another user's opens it too, and nothing less."""
    need_root()
    with balancing(0), placed() as numaprobe, child(protect_itself) as pid:
        for names, cells, _ in rows():
            each = tuple(filter(None, names.split(",")))
            done, target = look(numaprobe, pid, lambda each=each: become(1, each))
            if cells[0] == "ok" and cells[1] == "ok":
                expect(done.returncode in (ALL_WELL, PARTIAL) and resident(target) > 0, f"[{names}]: {done.stderr}")
            elif GRANT not in cells:
                expect_refused(f"[{names}]", done, target, pid)


def write(path, text):
    pathlib.Path(path).write_text(text, encoding="ascii")


def own_user_namespace():
    """Root of a user namespace of one's own."""
    become()
    unshare(CLONE_NEWUSER | CLONE_NEWNS)
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", f"0 {NOBODY_ID} 1")
    write("/proc/self/gid_map", f"0 {NOBODY_ID} 1")


def need_user_namespaces():
    need_root()
    try:
        in_child(own_user_namespace, lambda: 0)
    except Exception as error:
        raise Skip("no user namespaces for users here") from error


@test()
def user_namespaces():
    """Its root has every capability, and they mean nothing outside: what is inside, by the second source."""
    need_user_namespaces()
    with balancing(0), placed() as numaprobe, factory_for_all(), frozen(*SPECS) as of_root, \
            frozen(*SPECS, preexec_fn=become) as own, frozen(*SPECS, preexec_fn=own_user_namespace) as inside:
        def join():
            become()
            rights.check(rights.libc.setns(os.open(f"/proc/{inside.pid}/ns/user", os.O_RDONLY), 0))

        for process in (of_root, own):  # one's own too: its namespace is not this one
            done, target = look(numaprobe, process.pid, join)
            expect_refused("a process outside, from inside", done, target, process.pid)
        wanted = look(numaprobe, inside.pid, None)[1]
        done, target = look(numaprobe, inside.pid, join)
        expect_equal(f"inside, from inside: source, {done.stderr}", target["source"]["name"], "pagemap")
        expect("numaprobe-walk" in target["source"]["why_not_better"], f"source {target['source']}")
        expect_equal("inside, from inside: resident", resident(target), resident(wanted))
        expect_equal("inside, as its owner outside: pages", look(numaprobe, inside.pid, become)[1]["pages"], wanted["pages"])


@test()
def pid_namespace():
    """The walker is asked by a descriptor, so the numbers of another namespace do not matter."""
    need_root()

    def enter():
        unshare(CLONE_NEWPID)
        child = os.fork()
        if child:
            os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        own_mounts()
        rights.mount("proc", "/proc")

    with balancing(0), placed() as numaprobe:
        done, target = look(numaprobe, 1, enter)  # itself
        expect(done.returncode in (ALL_WELL, PARTIAL), done.stderr)
        expect_equal("its PID and command", (target["pid"], target["command"]), (1, "numaprobe"))
        expect(resident(target) > 50, f"pages {target['pages']}")
        with Factory("anon:1M") as outside:
            done = run(outside.pid, command=[str(numaprobe)], preexec_fn=enter)
            expect_equal("one outside", (done.returncode, done.stdout), (FAILURE, ""))
            expect("no such process" in done.stderr, done.stderr)


@test()
def hidden_processes():
    """hidepid=1, 2 and 4 (since 5.8): others' processes are refused, or not there; own ones are shown."""
    need_root()
    with balancing(0), placed() as numaprobe, factory_for_all(), frozen(*SPECS) as of_root, \
            frozen(*SPECS, preexec_fn=become) as own:
        wanted = look(numaprobe, own.pid, become)[1]
        for value in (0, 1, 2, 4):
            def enter(value=value):
                own_mounts()
                rights.mount("proc", "/proc", f"hidepid={value}")
                become()

            done, target = look(numaprobe, own.pid, enter)
            expect_equal(f"hidepid={value}: own pages, {done.stderr}", target["pages"], wanted["pages"])
            done = run(of_root.pid, command=[str(numaprobe)], preexec_fn=enter)
            expect_equal(f"hidepid={value}: root's", (done.returncode, done.stdout), (FAILURE, ""))
            expect("hidepid" in done.stderr if value in (2, 4) else "permitted" in done.stderr or "denied" in done.stderr,
                   f"hidepid={value}: {done.stderr}")
            done = run("-J", "--all", command=[str(numaprobe)], preexec_fn=enter)
            pids = {target["pid"] for target in json.loads(done.stdout)["targets"] if target["pages"]}
            expect(own.pid in pids and of_root.pid not in pids, f"hidepid={value}, --all: {sorted(pids)}")


@test(ci_may_skip=True)
def yama():
    """ptrace_scope restricts attaching, and numaprobe never attaches."""
    with balancing(0), placed() as numaprobe, factory_for_all(), frozen(*SPECS, preexec_fn=become) as own, \
            setting("/proc/sys/kernel/yama/ptrace_scope", 0) as set_scope:
        wanted = look(numaprobe, own.pid, become)[1]
        for scope in (1, 2):  # 3 would stay
            set_scope(scope)
            done, target = look(numaprobe, own.pid, become)
            expect_equal(f"ptrace_scope={scope}: pages, {done.stderr}", target["pages"], wanted["pages"])
