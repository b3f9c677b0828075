# SPDX-License-Identifier: GPL-2.0-or-later
"""Real NUMA hints, made by the kernel's own balancer, and counted a second time by the faults that they cost."""

from harness import Factory, balancing, expect, expect_equal, huge_in, look, pages_in, test, total, wait_until

ANON, THP, PROTNONE, PROTNONE_THP = "anon:64M", "thp:16M", "protnone:4M", "protnone-thp:4M"
BASE_PAGES_IN_HUGE = 512


def hinted(factory, name):
    return total(pages_in(look(factory.pid), factory.region(name))["hinted"])


def check_protnone(factory):
    target = look(factory.pid)
    for name in (PROTNONE, PROTNONE_THP):
        pages = pages_in(target, factory.region(name))
        expect_equal(f"{name}: protnone", total(pages["protnone"]), factory.region(name)["pages"]["protnone"])
        expect_equal(f"{name}: hinted", total(pages["hinted"]), 0)


def cost(target, region):
    """The faults that touching all of the region must take, by numaprobe's count of its hints."""
    pages, huge = pages_in(target, region), huge_in(target, region)
    expect_equal(f"{region['name']}: resident", pages["resident"], region["pages"]["present"])
    expect_equal(f"{region['name']}: in huge pages", huge["thp_pages"], region["thp"])
    expect(total(pages["hinted"]) > 0, f"{region['name']}: no hints any more")
    hinted_base = total(pages["hinted"]) - huge["hinted_thp_pages"]
    return hinted_base + huge["hinted_thp_pages"] // BASE_PAGES_IN_HUGE


@test()
def cost_one_fault_each():
    """
    With the balancer off, every hint that is left costs exactly one minor fault at the next touch, and
    nothing else does: the faults of a process that touches all of its pages are the number of its hints.
    """
    with balancing(0) as set_balancing, Factory("--threads", "2", "--burn", ANON, THP, PROTNONE,
                                                PROTNONE_THP) as factory:
        expect_equal("hinted before", (hinted(factory, ANON), hinted(factory, THP)), (0, 0))
        set_balancing(1)
        wait_until("hints", lambda: hinted(factory, ANON) and hinted(factory, THP))
        set_balancing(0)
        factory.freeze()
        before = look(factory.pid)
        check_protnone(factory)
        costs = {name: cost(before, factory.region(name)) for name in (ANON, THP)}
        factory.thaw()
        for name, faults in costs.items():
            expect_equal(f"{name}: faults", factory.touch(name), faults)
        factory.freeze()
        expect_equal("hinted after", (hinted(factory, ANON), hinted(factory, THP)), (0, 0))
        check_protnone(factory)


@test()
def survive_looking():
    """Looking a hundred times takes no hint away."""
    with balancing(0) as set_balancing, Factory("--threads", "2", "--burn", ANON) as factory:
        set_balancing(1)
        wait_until("hints", lambda: hinted(factory, ANON))
        set_balancing(0)
        factory.freeze()
        pages = hinted(factory, ANON)
        for _ in range(100):
            expect_equal("hinted", hinted(factory, ANON), pages)
        factory.thaw()
        expect_equal("faults", factory.touch(ANON), pages)
