# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured: processes of the factory, and the programs that look at them."""

import dataclasses
import shutil


@dataclasses.dataclass
class Target:
    name: str
    specs: tuple  # of np-factory
    gib: float  # of memory that it takes, with its page tables and with copies of them
    quick: bool = False  # --quick has it
    size_gib: float = 0  # of mappings with base pages: a point in the plot against sizes
    mappings: int = 0  # a point in the plot against mappings
    hinted: bool = False  # by NUMA balancing, before it is measured
    pool: int = 0  # huge pages that it takes from the pool


TARGETS = (
    Target("1 GiB of 4-KiB pages", ("anon:1G",), 1.1, quick=True, size_gib=1),
    Target("4 GiB of 4-KiB pages", ("anon:4G",), 4.2, quick=True, size_gib=4),
    Target("12 GiB of 4-KiB pages", ("anon:12G",), 12.2, size_gib=12),
    Target("1 GiB, hinted by NUMA balancing", ("anon:1G",), 1.1, hinted=True),
    Target("4 GiB, hinted by NUMA balancing", ("anon:4G",), 4.2, hinted=True),
    Target("12 GiB under PROT_NONE: entries like hinted ones", ("protnone:12G",), 12.2),
    Target("4 GiB, every other page", ("anon:4G:half",), 2.2),
    Target("12 GiB of transparent huge pages", ("thp:12G",), 12.2),
    Target("2 GiB of hugetlb pages", ("hugetlb:2G",), 2.1, pool=1024),
    Target("4 GiB with an interleaving policy", ("policy:4G",), 4.2),
    Target("600 mappings", ("many:600",), 0.1, mappings=600),
    Target("6,000 mappings", ("many:6000",), 0.1, mappings=6000),
    Target("60,000 mappings", ("many:60000",), 0.4, quick=True, mappings=60000),
    Target("16 TiB reserved, 64 pages in 16 TiB", ("reserve:16T", "sparse:16T:64"), 0.1, quick=True),
    Target("256 GiB of the zero page", ("zero:256G",), 1.6, size_gib=256),
    Target("1 TiB of the zero page", ("zero:1T",), 6.2, size_gib=1024),
)

CROWDS = (1, 100, 500)  # processes
CROWD_SPEC = "anon:4M"

NUMAPROBE = ("numaprobe", "numaprobe --threads=2", "numaprobe -v", "numaprobe -J")
PEERS = ("numastat -p", "pmap -XX", "cat smaps", "cat smaps_rollup", "cat numa_maps", "pagemap reader", "PAGEMAP_SCAN",
         "page-types -p")
WATCHING = "numaprobe --watch=0.1"


def here(commands):
    return {name: command for name, command in commands.items() if shutil.which(command[0])}


def programs(build, pid):
    """What looks at a process: name -> command, of what is there."""
    pid, proc = str(pid), f"/proc/{pid}"
    return here({
        "numaprobe": [f"{build}/numaprobe", pid],
        "numaprobe --threads=2": [f"{build}/numaprobe", "--threads=2", pid],
        "numaprobe -v": [f"{build}/numaprobe", "-v", pid],
        "numaprobe -J": [f"{build}/numaprobe", "-J", pid],
        "numastat -p": ["numastat", "-p", pid],
        "pmap -XX": ["pmap", "-XX", pid],
        "cat smaps": ["cat", f"{proc}/smaps"],
        "cat smaps_rollup": ["cat", f"{proc}/smaps_rollup"],
        "cat numa_maps": ["cat", f"{proc}/numa_maps"],
        "pagemap reader": [f"{build}/np-bench-reader", "pagemap", pid],
        "PAGEMAP_SCAN": [f"{build}/np-bench-reader", "scan", pid],
        "page-types -p": [f"{build}/np-bench-page-types", "-p", pid],
    })


def crowd_programs(build, pids):
    """The same for many processes: numaprobe takes all there are, the others are told which."""
    pids = [str(pid) for pid in pids]
    return here({
        "numaprobe --all": [f"{build}/numaprobe", "--all"],
        "numaprobe": [f"{build}/numaprobe", *pids],
        "numastat -p": ["numastat", "-p", *pids],
        "pmap -XX": ["pmap", "-XX", *pids],
        "cat smaps": ["cat", *(f"/proc/{pid}/smaps" for pid in pids)],
        "cat smaps_rollup": ["cat", *(f"/proc/{pid}/smaps_rollup" for pid in pids)],
        "cat numa_maps": ["cat", *(f"/proc/{pid}/numa_maps" for pid in pids)],
    })
