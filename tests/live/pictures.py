# SPDX-License-Identifier: GPL-2.0-or-later
"""--map and --svg: what they show of known memory, and how the file is written."""

import os
import pathlib
import re
import xml.etree.ElementTree

from harness import (NOBODY, Factory, expect, expect_equal, expect_run, factory_for_all, frozen, need_root,
                     numaprobe_for_all, run, scratch, test)

SPECS = ("anon:32M", "protnone:32M", "sparse:16T:64")


def cells(text):
    return "".join(line[13:].split("  ")[0] for line in text.splitlines() if re.match(r" *[0-9a-f]{7,} ", line))


@test()
def map_of_known_memory():
    """As many characters of each kind as there is memory of it, and 16 TiB that are nearly empty don't matter."""
    with frozen(*SPECS) as factory:
        shown = expect_run("-m", factory.pid, env={**os.environ, "LC_ALL": "C"}).stdout
        expect(shown.isascii(), "more than ASCII in the C locale")
        size = re.search(r"one character is ([0-9.]+)([KMG]) of", shown)
        bytes_each = float(size[1]) * {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}[size[2]]
        inaccessible = len(re.findall("[A-J]", cells(shown)))
        expect(abs(inaccessible - (32 << 20) / bytes_each) <= 2, f"{inaccessible} characters of {size[0]}: {shown}")
        expect(len(shown.splitlines()) < 120, f"{len(shown.splitlines())} lines")
        expect("without a page" in shown, "nothing is folded")
        expect("\033[38;5;" in expect_run("-m", "--color=always", factory.pid).stdout, "no colour")


@test()
def svg_of_known_memory():
    with frozen(*SPECS) as factory, scratch() as directory:
        path = directory / "picture.svg"
        path.write_text("old", encoding="ascii")
        done = expect_run("--svg", path, factory.pid)
        expect_equal("standard output", done.stdout, "")
        root = xml.etree.ElementTree.parse(path).getroot()
        expect(root.tag.endswith("}svg"), root.tag)
        titles = " ".join(title.text for title in root.iter("{http://www.w3.org/2000/svg}title"))
        expect("32.0M PROT_NONE" in titles or titles.count("PROT_NONE") > 1, titles[:500])
        expect_equal("what else is there", [entry.name for entry in directory.iterdir()], ["picture.svg"])
        expect_equal("mode", path.stat().st_mode & 0o777, 0o644)


@test()
def svg_that_cannot_be_written():
    with Factory("anon:1M") as factory, scratch() as directory:
        done = run("--svg", directory / "no/such/folder.svg", factory.pid)
        expect_equal("exit status", done.returncode, 1)
        expect(done.stderr.startswith("numaprobe: "), done.stderr)


@test()
def svg_as_the_real_user():
    need_root()
    with numaprobe_for_all(), factory_for_all(), scratch() as directory, Factory("anon:1M", **NOBODY) as factory:
        done = run("--svg", directory / "picture.svg", factory.pid, **NOBODY)
        expect_equal("exit status", done.returncode, 1)
        expect(not pathlib.Path(directory / "picture.svg").exists(), "nobody wrote into a folder of root")
