# SPDX-License-Identifier: GPL-2.0-or-later
"""What the compiler and the linker were told to harden is in the files that were built."""

import os
import pathlib

from harness import Skip, expect, program, run, test


def readelf(path, *arguments):
    done = run(*arguments, path, command=["readelf", "-W"])
    expect(done.returncode == 0, done.stderr)
    return done.stdout


def sanitized():
    return "--enable-sanitizers" in pathlib.Path(program("build"), "config.log").read_text(encoding="utf-8", errors="replace")


@test(ci_may_skip=True)
def built_files():
    if sanitized():
        raise Skip("a build with sanitizers is not for installing")
    for name in ("numaprobe", "numaprobe-walk"):
        path = os.path.join(program("build"), name)
        head, dynamic, segments = readelf(path, "-h"), readelf(path, "-d"), readelf(path, "-l")
        symbols = readelf(path, "--dyn-syms")
        expect("DYN (" in head, f"{name} is no PIE")
        expect("BIND_NOW" in dynamic and "GNU_RELRO" in segments, f"{name}: no full RELRO")
        expect("TEXTREL" not in dynamic and "RPATH" not in dynamic and "RUNPATH" not in dynamic, f"{name}: {dynamic}")
        stack, = [line for line in segments.splitlines() if "GNU_STACK" in line]
        expect("RWE" not in stack, f"{name}: executable stack")
        expect(not [line for line in segments.splitlines() if " RWE " in line], f"{name}: writable and executable")
        expect("__stack_chk_fail" in symbols, f"{name}: no stack protector")
        # the walker calls nothing that could be checked
        fortified = "_chk@" in symbols.replace("__stack_chk_fail@", "")
        expect(fortified or name == "numaprobe-walk", f"{name}: not fortified")
    if os.uname().machine == "x86_64":
        # the programs have it only where the C library's own start files do
        notes = readelf(os.path.join(program("build"), "src", "main.o"), "-n")
        expect("IBT" in notes and "SHSTK" in notes, "no CET")


@test()
def walker_is_small():
    """It links what the C library, libbpf and libcap need, and no more of ours than can be read in one sitting."""
    needed = {line.split("[")[1].split("]")[0].partition(".so")[0]
              for line in readelf(os.path.join(program("build"), "numaprobe-walk"), "-d").splitlines() if "(NEEDED)" in line}
    extra = needed - {"libbpf", "libcap", "libc", "libasan", "libubsan"}
    expect(not extra, f"numaprobe-walk links {extra}")
