# SPDX-License-Identifier: GPL-2.0-or-later
"""What the compiler and the linker were told to harden is in the files that were built."""

import os
import pathlib
import re

from harness import Skip, expect, expect_equal, need_plain_build, program, run, test

PROGRAMS = ("numaprobe", "numaprobe-walk")


def readelf(path, *arguments):
    done = run(*arguments, path, command=["readelf", "-W"])
    expect(done.returncode == 0, done.stderr)
    return done.stdout


@test()
def built_files():
    need_plain_build("a build with sanitizers is not for installing")
    for name in PROGRAMS:
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


def has_cet(path):
    """Whether a file is marked as made for Intel's control-flow enforcement; an archive, whether each member is."""
    notes = readelf(path, "-n")
    return notes.count("IBT, SHSTK") == max(1, notes.count("\nFile: "))


def start_files():
    """What the compiler adds to every program, most of it the C library's."""
    compiler = re.search(r"^CC = (.*)$", pathlib.Path(program("build"), "Makefile").read_text(encoding="utf-8"), re.M)
    for name in ("Scrt1.o", "crti.o", "crtbeginS.o", "crtendS.o", "crtn.o"):
        done = run(f"-print-file-name={name}", command=compiler.group(1).split())
        yield done.stdout.strip()


@test(ci_may_skip=True)
def control_flow():
    """
    The linker marks a program only where every object in it is marked. Ours are; Debian 12's C library is built
    without, so there its start files keep the mark away, and nothing that we build could mend it.
    """
    need_plain_build("a build with sanitizers is not for installing")
    if os.uname().machine != "x86_64":
        raise Skip("-fcf-protection is x86's")
    build = pathlib.Path(program("build"))
    ours = [path for path in build.glob("src/**/*.o") if not path.name.endswith(".bpf.o")]
    ours += build.glob("libn*.a")
    expect(len(ours) > 3, f"no objects in {build}")
    expect_equal("objects without IBT and SHSTK", [str(path) for path in ours if not has_cet(path)], [])
    if all(has_cet(path) for path in start_files()):
        expect_equal("programs without IBT and SHSTK", [name for name in PROGRAMS if not has_cet(build / name)], [])


@test()
def walker_is_small():
    """It links what the C library, libbpf and libcap need, and no more of ours than can be read in one sitting."""
    needed = {line.split("[")[1].split("]")[0].partition(".so")[0]
              for line in readelf(os.path.join(program("build"), "numaprobe-walk"), "-d").splitlines() if "(NEEDED)" in line}
    extra = needed - {"libbpf", "libcap", "libc", "libasan", "libubsan"}
    expect(not extra, f"numaprobe-walk links {extra}")
