# SPDX-License-Identifier: GPL-2.0-or-later
"""Real NUMA hints, made by the kernel's own balancer, and counted a second time by the faults that they cost."""

from harness import Factory, balancing, expect, expect_equal, look, pages_in, test, total, wait_until

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
        counts = {name: total(pages_in(before, factory.region(name))["hinted"]) for name in (ANON, THP)}
        for name, pages in counts.items():
            resident = pages_in(before, factory.region(name))["resident"]
            expect_equal(f"{name}: resident", resident, factory.region(name)["pages"]["present"])
            expect(pages > 0, f"{name}: no hints any more")
        expect_equal("huge pages stay huge", before["huge"]["thp_pages"],
                     factory.region(THP)["thp"] + factory.region(PROTNONE_THP)["thp"])
        factory.thaw()
        expect_equal(f"{ANON}: faults", factory.touch(ANON), counts[ANON])
        expect_equal(f"{THP}: faults", factory.touch(THP) * BASE_PAGES_IN_HUGE, counts[THP])
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
