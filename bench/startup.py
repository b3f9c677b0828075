# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the processor time of one small look goes, by samples of perf."""

import collections
import os
import shutil
import subprocess
import tempfile

import lab

RUNS = 150
PARTS = (  # what stands in a kernel stack -> what it is for; the first that fits
    (("do_execveat_common", "bprm_execve"), "exec"),
    (("do_exit", "do_group_exit"), "end of the process"),
    (("kernel_clone",), "starting numaprobe-walk"),
    (("bpf_check",), "BPF: the verifier"),
    (("bpf_prog_load",), "BPF: the rest of loading, compilation above all"),
    (("bpf_prog_test_run_syscall", "bpf_prog_test_run"), "BPF: the walk"),
    (("__sys_bpf",), "BPF: other calls"),
    (("bpf_prog_release", "bpf_map_release", "bpf_link_release", "btf_release"), "BPF: freeing it"),
    (("asm_exc_page_fault",), "page faults"),
    (("ksys_mmap_pgoff", "vm_mmap_pgoff", "__vm_munmap", "do_mprotect_pkey", "do_madvise", "__x64_sys_brk",
      "__do_sys_brk"), "mapping libraries and memory"),
    (("vfs_read", "ksys_read", "ksys_pread64", "do_sys_openat2", "vfs_fstat", "vfs_statx", "do_readlinkat",
      "__x64_sys_close", "__fput", "__x64_sys_getdents64", "do_faccessat"), "opening and reading files"),
)


def part_of(frames):
    """frames: (symbol, object), the innermost first."""
    symbols = {symbol.split(".")[0] for symbol, _ in frames}
    for found, part in PARTS:
        if symbols.intersection(found):
            return part
    symbol, place = frames[0]
    if "kernel" in place or place.startswith("["):
        return "other work of the kernel"
    if "/ld-" in place:
        return "dynamic linker"
    if "numaprobe" in place:
        return "own code"
    return "libraries, libc among them"


def parse(text):
    """(command, part) of each sample."""
    for block in text.split("\n\n"):
        lines = block.strip("\n").splitlines()
        if len(lines) < 2:
            continue
        frames = []
        for line in lines[1:]:
            _, _, rest = line.strip().partition(" ")
            symbol, _, place = rest.rpartition(" (")
            frames.append((symbol, place.rstrip(")")))
        yield lines[0].strip(), part_of(frames)


def measure(build, pid):
    """Samples by program and part, and CPU of a whole look in ms."""
    if not shutil.which("perf"):
        raise lab.CannotMeasure("perf is not installed")
    commands = {"numaprobe PID": [f"{build}/numaprobe", str(pid)],
                "numaprobe --source=pagemap PID": [f"{build}/numaprobe", "--source=pagemap", str(pid)],
                "numaprobe --version": [f"{build}/numaprobe", "--version"], "/bin/true": ["/bin/true"],
                "cat smaps_rollup": ["cat", f"/proc/{pid}/smaps_rollup"], "numastat -p": ["numastat", "-p", str(pid)]}
    whole = lab.run_in_turn(build, {name: c for name, c in commands.items() if shutil.which(c[0])}, 40)
    with tempfile.TemporaryDirectory() as scratch:
        data = os.path.join(scratch, "data")
        loop = f'n=0; while [ $n -lt {RUNS} ]; do "$@"; n=$((n + 1)); done'
        record = ["perf", "record", "-q", "-g", "-e", "cpu-clock", "-F", "10000", "-o", data]
        done = subprocess.run([*record, "sh", "-c", loop, "sh", *commands["numaprobe PID"]], check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        text = subprocess.run(["perf", "script", "-i", data, "-F", "comm,ip,sym,dso"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, errors="replace", check=False).stdout
    counts = collections.Counter((program, part) for program, part in parse(text) if program.startswith("numaprobe"))
    if done.returncode or not counts:
        raise lab.CannotMeasure("perf can't sample here")
    scale = whole["numaprobe PID"]["cpu_ms"] / sum(counts.values())
    return {"whole": {name: row["cpu_ms"] for name, row in whole.items() if row},
            "parts": [{"program": program, "part": part, "ms": count * scale}
                      for (program, part), count in counts.most_common()]}
