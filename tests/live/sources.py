# SPDX-License-Identifier: GPL-2.0-or-later
"""The second-best source, pagemap, against the best."""

import errno
import fcntl
import pathlib

from harness import (Factory, balancing, expect, expect_equal, frozen, look, look_partly, pages_in, test, total,
                     wait_until)

SPECS = ("anon:4M", "anon:4M:half", "thp:8M", "protnone:4M", "protnone-thp:4M", "zero:4M", "hugezero:4M", "shared:4M",
         "memfd:4M", "many:1000", "reserve:16T", "sparse:16T:64")


def kernel_ever_hinted():
    for line in pathlib.Path("/proc/vmstat").read_text(encoding="ascii").splitlines():
        if line.startswith("numa_pte_updates "):
            return int(line.split()[1]) > 0
    return False


PAGEMAP_SCAN = 0xC0606610  # its argument has 96 bytes


def has_pagemap_scan():
    """Since 6.7 the kernel says what is huge; earlier ones do not know the call."""
    with open("/proc/self/pagemap", "rb") as pagemap:
        try:
            fcntl.ioctl(pagemap, PAGEMAP_SCAN, bytearray(96))
        except OSError as error:
            return error.errno != errno.ENOTTY
    return True


def protnone(pages):
    return total(pages["protnone"])


@test()
def agree():
    with balancing(0), frozen("--threads", "2", *SPECS) as factory:
        bpf = look(factory.pid, "--source", "bpf")
        pagemap = look_partly(factory.pid, "--source", "pagemap")
        expect_equal("names", [t["source"]["name"] for t in (bpf, pagemap)], ["bpf", "pagemap"])
        expect(pagemap["source"]["why_not_better"], "pagemap does not say why it is not better")
        for region in factory.truth["mappings"]:
            exact, other = pages_in(bpf, region), pages_in(pagemap, region)
            for state in ("resident", "zero", "swapped", "migrating", "device", "poisoned", "marker", "guard"):
                expect_equal(f"{region['name']}: {state}", other[state], exact[state])
            expect_equal(f"{region['name']}: protnone", protnone(other), protnone(exact))
        for state in ("resident", "zero", "swapped"):
            expect_equal(f"total: {state}", pagemap["pages"][state], bpf["pages"][state])
        # What is mapped by frame looks like nothing there.
        expect_equal("special", pagemap["pages"]["special"], None)
        for size in ("thp_pages", "protnone_thp_pages"):
            expect_equal(size, pagemap["huge"][size], bpf["huge"][size] if has_pagemap_scan() else None)
        expect(bpf["huge"]["thp_pages"] >= 3072, f"huge pages of the factory: {bpf['huge']}")


@test()
def pagemap_does_not_guess_hints():
    """Once the kernel has hinted anything since boot, pagemap alone cannot rule hints out."""
    with balancing(0) as set_balancing, Factory("--threads", "2", "--burn", "anon:16M") as factory:
        set_balancing(1)
        wait_until("hints", lambda: total(look(factory.pid)["pages"]["hinted"]))
        set_balancing(0)
        factory.freeze()
        expect(kernel_ever_hinted(), "vmstat counts no hints")
        pages = look_partly(factory.pid, "--source", "pagemap")["pages"]
        exact = look(factory.pid, "--source", "bpf")["pages"]
        # An affected kernel (474098edac26) answers to move_pages(2) which pages are hinted.
        if pages["hinted"] is not None:
            expect_equal("hinted", total(pages["hinted"]), total(exact["hinted"]))
        else:
            expect(pages["present"] is None, f"present is {pages['present']} though hints are unknown")
            expect_equal("accessible", total(pages["accessible"]), total(exact["present"]) + total(exact["hinted"]))
        expect_equal("resident", pages["resident"], exact["resident"])
