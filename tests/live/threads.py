# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads below the mappings: each of them, where it ran last."""

import contextlib
import pathlib
import re
import shutil
import subprocess

from harness import Factory, Skip, expect, expect_equal, expect_run, look, program, test


@test()
def each_thread():
    with Factory("--threads", "5", "anon:1M") as factory:
        factory.freeze()
        tasks = sorted(int(task.name) for task in pathlib.Path(f"/proc/{factory.pid}/task").iterdir())
        target = look(factory.pid)
        seen = target["threads_seen"]
        expect_equal("threads", sorted(thread["tid"] for thread in seen), tasks)
        for thread in seen:
            stat = pathlib.Path(f"/proc/{factory.pid}/task/{thread['tid']}/stat").read_text(encoding="utf-8")
            expect_equal("CPU", thread["cpu"], int(stat.rpartition(")")[2].split()[36]))
            sched = pathlib.Path(f"/proc/{factory.pid}/task/{thread['tid']}/sched")
            said = sched.exists() and re.search(r"^current_node=(\d+)", sched.read_text(encoding="utf-8"), re.MULTILINE)
            expect_equal("node", thread["node"], int(said[1]) if said else None)
        lines = expect_run("-v", factory.pid).stdout.splitlines()
        shown = [int(line.split()[0]) for line in lines[lines.index("Threads, where they ran last") + 2:]
                 if line.split()[0].isdigit()]
        expect_equal("threads in the table", sorted(shown), tasks)


@test(ci_may_skip=True)
def cpuset_memory():
    """The nodes that the cpuset allows are those that status says, where they are known."""
    with Factory("anon:1M") as factory:
        nodes = look(factory.pid)["memory_nodes"]
        status = pathlib.Path(f"/proc/{factory.pid}/status").read_text(encoding="utf-8")
        allowed = [line.split()[1] for line in status.splitlines() if line.startswith("Mems_allowed_list:")]
        if nodes is None:
            raise Skip("it sees no hierarchy of cpusets here")
        expect_equal("nodes", [nodes], allowed)


@test()
def only_with_v():
    """What shapes the table of mappings leaves the table alone, for those who read it by lines."""
    with Factory("anon:1M") as factory:
        for options in (("-r",), ("-P", "-v"), ("-o", "start"), ("-vn",)):
            expect("ran last" not in expect_run(*options, factory.pid).stdout, f"{options}: threads")


@contextlib.contextmanager
def under(*command):
    """np-factory, started by another program."""
    with subprocess.Popen([*command, program("np-factory"), "anon:1M"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        try:
            expect(process.stdout.readline(), f"{command} did not start np-factory")
            yield process.pid
        finally:
            process.kill()


@test(ci_may_skip=True)
def policies():
    """As numa_maps writes them: of the process with -v, of each mapping with +policy, in the table and in JSON."""
    if not shutil.which("numactl"):
        raise Skip("needs numactl")
    for option, policy in (("--interleave=0", "interleave:0"), ("--preferred=0", "prefer:0"), ("--membind=0", "bind:0")):
        with under("numactl", option) as pid:
            target = look(pid)
            expect_equal(f"{option}: of the process", target["policy"], policy)
            expect_equal(f"{option}: not asked for", {mapping["policy"] for mapping in target["mappings"]}, {None})
            expect_equal(f"{option}: of the mappings",
                         {mapping["policy"] for mapping in look(pid, "-o", "+policy")["mappings"]} - {None}, {policy})
            shown = expect_run("-v", pid).stdout
            expect(f"memory policy of its main thread: {policy};" in shown, shown[-400:])
            rows = expect_run("-rn", "-o", "policy", pid).stdout.split()
            expect_equal(f"{option}: rows", set(rows) - {"?"}, {policy})
    with Factory("anon:1M") as factory:
        expect_equal("none set", look(factory.pid)["policy"], "default")
