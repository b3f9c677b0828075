# SPDX-License-Identifier: GPL-2.0-or-later
"""--compare: exact on what stands still, never a false alarm on what moves."""

import json
import pathlib
import sys
import tempfile

from harness import (SOURCE, Factory, balancing, expect, expect_equal, expect_run, frozen, look, report, run, test, total,
                     wait_until)

# Every kind of memory that np-factory makes without asking the machine for more than it has.
KINDS = ("anon:4M", "anon:4M:half", "thp:8M", "protnone:4M", "protnone:4M:half", "protnone-thp:4M", "zero:4M",
         "hugezero:4M", "shared:4M", "memfd:4M", "many:2000", "fork:4M", "guard:4M", "swap:4M", "interleave:4M",
         "hugetlb:4M", "protnone-hugetlb:4M", "reserve:16T", "sparse:16T:64")
READERS = {"status", "statm", "smaps", "smaps_rollup", "numa_maps", "pagemap", "move_pages"}
TRIES_UNDER_CHURN = 40


def check_row(row, quick):
    """On a stopped process every interface says just what the page tables say, defects of the kernel aside."""
    name = f"{row['name']} {row['field']}"
    expect_equal(f"{name}: the bracket", row["high"], row["low"])
    expect_equal(f"{name}: faults", row["faults"], 0)
    expect_equal(f"{name}: as predicted", row["as_predicted"], True)
    expect(abs(row["pages"] - row["predicted_low"]) <= row["lag_pages"], f"{name}: {row}")
    if quick == "clean":
        expect_equal(f"{name}: verdict, of {row}", row["verdict"], "agrees")
        if not row["lag_pages"]:
            expect_equal(f"{name}: difference", row["difference_pages"], 0)
        expect_equal(f"{name}: mappings that do not agree", row["mappings"] or [], [])


@test()
def exact_on_every_kind():
    with tempfile.NamedTemporaryFile(dir="/var/tmp") as file, \
            frozen("--threads", "2", *KINDS, f"file:4M:{file.name}") as factory:
        got = report("-C", "-v", factory.pid)
        rows = got["targets"][0]["reports"]
        expect_equal("what was read", {row["name"] for row in rows}, READERS)
        for row in rows:
            check_row(row, got["check"]["verdict"])
        told_apart = {row["name"] for row in rows if row["mappings"] is not None}
        expect_equal("read by mapping", told_apart, {"smaps", "numa_maps", "pagemap", "move_pages"})


@test()
def says_the_same_as_the_files():
    """What is said of the file is what the file says, read here."""
    with frozen("anon:8M", "protnone-thp:4M") as factory:
        rows = {(row["name"], row["field"]): row for row in report("-C", factory.pid)["targets"][0]["reports"]}
        status = pathlib.Path(f"/proc/{factory.pid}/status").read_text(encoding="utf-8")
        kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        expect_equal("VmRSS", rows["status", "VmRSS"]["pages"] * 4, kilobytes)
        smaps = pathlib.Path(f"/proc/{factory.pid}/smaps").read_text(encoding="utf-8")
        kilobytes = sum(int(line.split()[1]) for line in smaps.splitlines() if line.startswith("Rss:"))
        expect_equal("Rss", rows["smaps", "Rss"]["pages"] * 4, kilobytes)


@test()
def no_false_alarm_under_churn():
    with Factory("churn:8M", "toggle:4M", "anon:16M", "protnone-thp:4M") as factory:
        compared = set()
        for _ in range(TRIES_UNDER_CHURN):
            done = run("-J", "-C", "-v", factory.pid)
            expect(done.returncode in (0, 3), f"exit status {done.returncode}: {done.stderr}")
            got = json.loads(done.stdout)
            for row in got["targets"][0]["reports"]:
                compared.add(row["name"])
                expect(row["verdict"] in ("agrees", "unknown") or row["cause"], f"a false alarm: {row}")
                if got["check"]["verdict"] == "clean":
                    expect(row["verdict"] in ("agrees", "unknown"), f"a false alarm: {row}")
        expect_equal("what was compared", compared, READERS)


@test()
def hints_are_counted_and_left():
    """Really hinted pages: all interfaces of a repaired kernel count them, and reading leaves them."""
    with balancing(0) as set_balancing, Factory("--threads", "2", "--burn", "anon:64M", "thp:8M") as factory:
        set_balancing(1)
        wait_until("hints", lambda: total(look(factory.pid)["pages"]["hinted"]) > 1000)
        set_balancing(0)
        factory.freeze()
        got = report("-C", factory.pid)
        for row in got["targets"][0]["reports"]:
            check_row(row, got["check"]["verdict"])
        for read in got["targets"][0]["reads"]:
            expect(read["hinted_before"] > 0, f"no hints: {read}")
            expect_equal(f"{read['reader']}: verdict", read["verdict"], "leaves hints alone")


@test()
def chosen_files():
    with frozen("anon:1M") as factory:
        rows = report("--compare=smaps,statm", factory.pid)["targets"][0]["reports"]
        expect_equal("files", {row["name"] for row in rows}, {"smaps", "statm"})
        expect_equal("without --compare", report(factory.pid)["targets"][0]["reports"], [])
        shown = expect_run("-C", factory.pid).stdout
        for name in READERS:
            expect(f"\n  {name} " in shown, f"no {name} in {shown}")


@test()
def mistakes_are_told():
    for arguments in (("--compare=maps", 1), ("--compare=", 1), ("--compare=smaps,", 1), ("-C", "--raw", 1),
                      ("-C", "--range", "1000-2000", 1)):
        done = run(*arguments)
        expect_equal(f"{arguments}: exit status", done.returncode, 2)
    with frozen("anon:1M") as factory:
        done = run("-C", "--source", "pagemap", factory.pid)
        expect_equal("without page tables: exit status", done.returncode, 3)
        expect("nothing was compared" in done.stderr, done.stderr)


@test()
def report_is_valid():
    with frozen("anon:1M", "protnone-thp:4M") as factory, tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(expect_run("-J", "-C", "-v", factory.pid).stdout)
        file.flush()
        done = run(SOURCE / "tests" / "validate-report.py", SOURCE / "schema" / "numaprobe-report-1.schema.json",
                   file.name, command=[sys.executable])
        expect_equal(f"validation: {done.stderr}", done.returncode, 0)
