# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads below the mappings: each of them, where it ran last."""

import os
import pathlib

from harness import Factory, expect, expect_equal, expect_run, look, test


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
            node = thread["node"]
            expect(node is None or os.path.exists(f"/sys/devices/system/node/node{node}/cpu{thread['cpu']}"),
                   f"CPU {thread['cpu']} is not on node {node}")
        lines = expect_run("-v", factory.pid).stdout.splitlines()
        shown = [int(line.split()[0]) for line in lines[lines.index("Threads, where they ran last") + 2:]
                 if line.split()[0].isdigit()]
        expect_equal("threads in the table", sorted(shown), tasks)


@test()
def cpuset_memory():
    """The nodes that the cpuset allows are those that status says, where they are known."""
    with Factory("anon:1M") as factory:
        nodes = look(factory.pid)["memory_nodes"]
        status = pathlib.Path(f"/proc/{factory.pid}/status").read_text(encoding="utf-8")
        allowed = [line.split()[1] for line in status.splitlines() if line.startswith("Mems_allowed_list:")]
        expect(nodes is None or [nodes] == allowed, f"{nodes}, though status says {allowed}")


@test()
def only_with_v():
    """What shapes the table of mappings leaves the table alone, for those who read it by lines."""
    with Factory("anon:1M") as factory:
        for options in (("-r",), ("-P", "-v"), ("-o", "start"), ("-vn",)):
            expect("ran last" not in expect_run(*options, factory.pid).stdout, f"{options}: threads")
