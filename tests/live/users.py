# SPDX-License-Identifier: GPL-2.0-or-later
"""An ordinary user with an installed numaprobe: everything about own processes, nothing about others'."""

import contextlib
import json

from harness import (NOBODY, balancing, expect, expect_complaint, expect_equal, expect_run, factory_for_all, frozen,
                     installed, look, look_partly, run, test)
from states import check_region

SPECS = ("anon:4M:half", "thp:8M", "protnone:4M", "protnone-thp:4M", "zero:4M", "shared:4M", "sparse:16T:64")


@contextlib.contextmanager
def own_process():
    """A stopped process of nobody's, and how nobody runs the installed numaprobe."""
    with balancing(0), installed() as (numaprobe, walk), factory_for_all(), frozen(*SPECS, **NOBODY) as factory:
        yield factory, {"command": [str(numaprobe)], **NOBODY}, walk


def check_truth(target, factory):
    for spec in SPECS:
        check_region(target, factory.region(spec))


@test()
def own():
    with own_process() as (factory, as_nobody, _):
        target = look(factory.pid, **as_nobody)
        expect_equal("source", target["source"]["name"], "bpf")
        expect_equal("why_not_better", target["source"]["why_not_better"], None)
        check_truth(target, factory)
        expect_equal("root sees", look(factory.pid)["pages"], target["pages"])


@test()
def own_without_privilege():
    """Without capabilities on numaprobe-walk there is the second-best source, and a reason."""
    with own_process() as (factory, as_nobody, walk):
        expect_run("-r", walk, command=["setcap"])
        target = look_partly(factory.pid, **as_nobody)
        expect_equal("source", target["source"]["name"], "pagemap")
        expect(target["source"]["why_not_better"], "no reason why the source is not better")
        for spec in ("protnone:4M", "shared:4M"):
            mappings = [m for m in target["mappings"] if m["start"] == factory.region(spec)["start"]]
            expect_equal(f"{spec}: resident", [m["pages"]["resident"] for m in mappings], [1024])


@test()
def foreign():
    with own_process() as (factory, as_nobody, _), frozen("anon:1M") as of_root:
        done = run(of_root.pid, **as_nobody)
        expect_equal("exit status", done.returncode, 1)
        expect_equal("standard output", done.stdout, "")
        expect_complaint("foreign process", done.stderr)

        done = run("-J", "-v", of_root.pid, factory.pid, **as_nobody)
        expect_equal("exit status for one of two", done.returncode, 3)
        report = json.loads(done.stdout)
        own_targets = [target for target in report["targets"] if target["pid"] == factory.pid]
        expect_equal("own targets", len(own_targets), 1)
        check_truth(own_targets[0], factory)
        expect(any(str(of_root.pid) in problem["what"] for problem in report["problems"]),
               f"no problem names the process that could not be read: {report['problems']}")
