# SPDX-License-Identifier: GPL-2.0-or-later
"""Every state of a page: a stopped process against what its maker says, exactly, to the page."""

import contextlib
import os
import pathlib
import struct
import tempfile

from harness import (Skip, add_pages, balancing, expect, expect_equal, frozen, huge_in, look, need_root, pages_in, run,
                     scratch, setting, status_pages, test, total, undo, without_zeros)

PAGE_BYTES = os.sysconf("SC_PAGESIZE")
PAGEMAP_PRESENT = 1 << 63
# Linux before 6.2 counts in every thread apart and adds up now and then: VmRSS may lag behind by so much.
RSS_LAG_PAGES = 80

ANYWHERE = ("anon:4M", "anon:4M:half", "thp:8M", "protnone:4M", "protnone:4M:half", "protnone-thp:4M", "zero:4M",
            "hugezero:4M", "shared:4M", "memfd:4M", "many:60000", "fork:4M", "node:4M:0", "toggle:4M")
RESERVED = ("reserve:16T", "sparse:16T:64")


def check_region(target, region):
    name, want, got = region["name"], region["pages"], pages_in(target, region)
    present, protnone = total(got["present"]), total(got["protnone"])
    if want["resident"]:
        expect_equal(f"{name}: present + protnone", present + protnone, want["resident"])
    else:
        expect_equal(f"{name}: present", present, want["present"])
        expect_equal(f"{name}: protnone", protnone, want["protnone"])
    expect_equal(f"{name}: hinted", total(got["hinted"]), 0)
    expect_equal(f"{name}: resident", got["resident"], present + protnone)
    for state in ("zero", "swapped", "guard"):
        expect_equal(f"{name}: {state}", got[state], want[state])
    for state in ("special", "migrating", "device", "poisoned", "marker", "unknown"):
        expect_equal(f"{name}: {state}", got[state], 0)
    huge = huge_in(target, region)
    expect_equal(f"{name}: thp", huge["thp_pages"], region["thp"])
    expect_equal(f"{name}: protnone thp", huge["protnone_thp_pages"], region["thp"] if want["protnone"] else 0)
    expect_equal(f"{name}: hugetlb", huge["hugetlb_pages"], region["hugetlb"])
    if region["nodes"] is not None:
        nodes = add_pages([{"by_node": got[state]} for state in ("present", "protnone")])["by_node"]
        expect_equal(f"{name}: by node", without_zeros(nodes), region["nodes"])


def pagemap_present(pid):
    """Pages that pagemap calls present, over all mappings: a count that owes nothing to numaprobe."""
    pages = 0
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/pagemap", "rb") as pagemap:
        for line in maps:
            start, end = (int(address, 16) for address in line.split()[0].split("-"))
            if line.rstrip().endswith("[vsyscall]"):
                continue  # belongs to the kernel's half: the page tables of the process don't have it
            pagemap.seek(start // PAGE_BYTES * 8)
            entries = pagemap.read((end - start) // PAGE_BYTES * 8)
            pages += sum(1 for (entry,) in struct.iter_unpack("Q", entries) if entry & PAGEMAP_PRESENT)
    return pages


def smaps_rss_pages(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) * 1024 // PAGE_BYTES
    return 0


def check_totals(target, with_pagemap=True):
    pages, pid = target["pages"], target["pid"]
    expect_equal("sum of the mappings", without_zeros(add_pages(m["pages"] for m in target["mappings"])),
                 without_zeros(pages))
    expect_equal("sum of the mappings' huge pages", add_pages(m["huge"] for m in target["mappings"]), target["huge"])
    resident = sum(total(pages[state]) for state in ("present", "hinted", "protnone"))
    expect_equal("resident", pages["resident"], resident)
    expect_equal("unknown", pages["unknown"], 0)
    if with_pagemap:
        expect_equal("resident + zero + special", resident + pages["zero"] + pages["special"], pagemap_present(pid))
    expect_equal("swapped", pages["swapped"], status_pages(pid, "VmSwap"))
    expect_equal("hugetlb pages", target["huge"]["hugetlb_pages"], status_pages(pid, "HugetlbPages"))
    counted = resident - target["huge"]["hugetlb_pages"] + pages["migrating"]
    vm_rss, walked = status_pages(pid, "VmRSS"), smaps_rss_pages(pid)
    lag = 0 if vm_rss == walked else RSS_LAG_PAGES
    expect(abs(counted - vm_rss) <= lag, f"resident - hugetlb + migrating: {counted}, VmRSS {vm_rss}, smaps {walked}")


def check(*specs, with_pagemap=True):
    # without the balancer, or some of these pages would be hinted
    with balancing(0), frozen("--threads", "2", *specs) as factory:
        regions = [factory.region(spec) for spec in specs]
        target = look(factory.pid)
        for region in regions:
            check_region(target, region)
        check_totals(target, with_pagemap)


def register(spec, ci_may_skip=False):
    def one_kind():
        # pagemap of a reservation would be gigabytes of nothing
        check(spec, with_pagemap=spec not in RESERVED)

    one_kind.__name__ = spec
    test(ci_may_skip)(one_kind)


for any_spec in ANYWHERE + RESERVED:
    register(any_spec)
register("guard:1M", ci_may_skip=True)  # Linux 6.13
register("interleave:16M", ci_may_skip=True)  # needs two nodes
register("node:4M:1", ci_may_skip=True)


@test()
def file():
    with scratch() as directory:
        check(f"file:4M:{directory}/file")


@contextlib.contextmanager
def hugetlb_pool(pages):
    pool = pathlib.Path("/proc/sys/vm/nr_hugepages")
    if not pool.exists():
        raise Skip("no hugetlb in this kernel")
    with setting(str(pool), int(pool.read_text(encoding="ascii")) + pages):
        yield


@test()
def hugetlb():
    with hugetlb_pool(6):
        check("hugetlb:8M", "protnone-hugetlb:4M")


@contextlib.contextmanager
def some_swap():
    need_root()
    if len(pathlib.Path("/proc/swaps").read_text(encoding="utf-8").splitlines()) > 1:
        yield
        return
    # not in /tmp, which may be a tmpfs: that cannot hold a swap file
    with tempfile.NamedTemporaryFile(dir="/var/tmp", prefix="numaprobe-live-swap-") as swap_file:
        swap_file.write(bytes(32 << 20))
        swap_file.flush()
        os.fsync(swap_file.fileno())  # swapon wants blocks, not promises
        run("--quiet", swap_file.name, command=["mkswap"])
        done = run(swap_file.name, command=["swapon"])
        if done.returncode != 0:
            raise Skip(f"no swap, and none can be made: {done.stderr.strip()}")
        with undo('swapoff "$1"', swap_file.name):
            yield


@test()
def swap():
    with some_swap():
        check("swap:4M", "anon:4M")


@test()
def all_together():
    with scratch() as directory, hugetlb_pool(6), some_swap():
        check(*(spec for spec in ANYWHERE if spec != "many:60000"), "many:20000", f"file:4M:{directory}/file",
              "hugetlb:8M", "protnone-hugetlb:4M", "swap:4M")


@test()
def reserved_together():
    check(*RESERVED, "anon:4M", "protnone-thp:4M", with_pagemap=False)


@test()
def repeatable():
    """Nothing is lost, gained or moved by looking."""
    with balancing(0), frozen("--threads", "2", "anon:16M:half", "thp:8M", "protnone:4M", "zero:4M", *RESERVED) as factory:
        first, second = look(factory.pid), look(factory.pid)
        for target in (first, second):
            target["source"].pop("elapsed_ns")
        expect_equal("second look", second, first)
