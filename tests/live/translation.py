# SPDX-License-Identifier: GPL-2.0-or-later
"""A language of brackets: what is for people is in it, and what is for programs is not."""

import contextlib
import itertools
import json
import os
import re
import shutil

from harness import SOURCE, Skip, expect, expect_equal, expect_run, frozen, need_root, program, run, scratch, test

LANGUAGE = "xx"  # no language has this code
OPEN, CLOSE = "\u27e6", "\u27e7"
HEADER = r'''msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=n!=1;\n"'''
SPECS = ("anon:4M", "thp:8M", "protnone:4M", "zero:4M")


def bracketed(quoted):
    """A string of a .po file, bracketed; newlines at its ends stay there, since msgfmt wants that."""
    text = quoted[1:-1]
    inner = text[:-2] if text.endswith("\\n") else text
    return f'"{OPEN}{inner}{CLOSE}{text[len(inner):]}"' if text else quoted


def translate(template):
    """The template with each message translated."""
    blocks = []
    for block in template.replace('"\n"', "").split("\n\n"):
        found = dict(re.findall(r'^(msgid|msgid_plural) (".*")$', block, re.M))
        if found["msgid"] == '""':
            block = HEADER
        elif "msgid_plural" in found:
            block = block.replace('msgstr[0] ""', f"msgstr[0] {bracketed(found['msgid'])}")
            block = block.replace('msgstr[1] ""', f"msgstr[1] {bracketed(found['msgid_plural'])}")
        else:
            block = block.replace('msgstr ""', f"msgstr {bracketed(found['msgid'])}")
        blocks.append(block)
    return "\n\n".join(blocks)


def locale_folder():
    return run("-C", program("build"), "-s", "--eval=print:;@echo $(localedir)", "print", command=["make"]).stdout.strip()


@contextlib.contextmanager
def translated():
    """A function like expect_run() that runs numaprobe where the translation is installed, and nobody else sees it."""
    need_root()
    if "#define ENABLE_NLS 1" not in (SOURCE.joinpath(program("build"), "config.h")).read_text("utf-8"):
        raise Skip("built with --disable-nls")
    if not shutil.which("msgfmt"):
        raise Skip("needs gettext")
    folder = locale_folder()
    script = ('mkdir -p "$2" 2>/dev/null; mount -t tmpfs none "$2" && mkdir -p "$2/$0/LC_MESSAGES" && '
              'cp "$1" "$2/$0/LC_MESSAGES/numaprobe.mo" && shift 2 && exec "$@"')
    with scratch() as directory:
        template = expect_run("--no-wrap", SOURCE / "po/numaprobe.pot", command=["msgcat"]).stdout
        (directory / "xx.po").write_text(translate(template), encoding="utf-8")
        expect_run("--check-format", "-o", directory / "xx.mo", directory / "xx.po", command=["msgfmt"])

        def call(*arguments, **options):
            return expect_run("-m", "sh", "-c", script, LANGUAGE, directory / "xx.mo", folder, program("numaprobe"), *arguments,
                              command=["unshare"], env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": LANGUAGE}, **options)

        yield call


@test()
def people_read_it():
    with translated() as call, frozen(*SPECS) as factory:
        for arguments in ((), ("-v",), ("--explain",), ("-m",), ("-m", "--color=always"), ("-C",), ("-C", "-v"), ("--svg", "-")):
            shown = call(*arguments, factory.pid).stdout
            expect(OPEN in shown, f"{arguments}: not translated: {shown}")
        for arguments in (("--help",), ("-H",)):
            shown = call(*arguments).stdout
            plain = [line for line in shown.splitlines() if line and OPEN not in line and CLOSE not in line]
            inside = shown.count("\n") > 10 and all(not re.search(r"  [a-z]{4}", line) for line in plain if line[0] == " ")
            expect(inside, f"{arguments}: not translated: {plain}")
        done = call("--source", "none", "1", status=2)
        expect(OPEN in done.stderr, f"an error: {done.stderr}")


@test()
def columns_are_counted_in_letters():
    """The brackets take three bytes and one column each."""
    with translated() as call, frozen(*SPECS) as factory:
        lines = iter(call("-C", factory.pid).stdout.splitlines())
        heading = next(line for line in lines if f"{OPEN}verdict{CLOSE}" in line)
        at = heading.index(f"{OPEN}verdict")
        rows = list(itertools.takewhile(bool, lines))
        expect(len(rows) > 5, f"rows: {rows}")
        for row in rows:
            expect(row[at - 2:at] == "  " and row[at:at + 1].strip(), f"not below {heading!r}: {row!r}")


@test()
def programs_do_not():
    """A report says the same in every language, and so does all that scripts read."""
    with translated() as call, frozen(*SPECS) as factory, scratch() as directory:
        path = directory / "case.json"
        call("--report", path, "-C", factory.pid)
        expect(OPEN not in path.read_text("utf-8"), "the report is translated")
        for arguments in (("-J",), ("-J", "-v"), ("-r",), ("-P",), ("-r", "--output-all"), ("--openmetrics",)):
            expect_equal(arguments, call("--replay", path, *arguments).stdout, expect_run("--replay", path, *arguments).stdout)
        problems = json.loads(call("-J", factory.pid, 4194304, status=3).stdout)["problems"]  # of the latter there is none
        expect(any(problem["asked_for"] for problem in problems), f"nothing is wrong: {problems}")
        for problem in problems:
            expect(OPEN not in str(problem), f"a problem: {problem}")


@test()
def a_kernel_check_is_the_same_for_all():
    with translated() as call, scratch() as directory:
        path = directory / "check.json"
        shown = None
        for status in (0, 3, 4):
            with contextlib.suppress(Exception):
                shown = call("--check-kernel", "--quick", "--report", path, status=status).stdout
        expect(shown and OPEN in shown, f"not translated: {shown}")
        expect(OPEN not in path.read_text("utf-8"), "the report is translated")


@test()
def every_source_with_messages_is_listed():
    listed = [line for line in (SOURCE / "po/POTFILES.in").read_text("utf-8").splitlines() if line and line[0] != "#"]
    found = [f"src/{path.name}" for path in sorted((SOURCE / "src").glob("*.c"))
             if re.search(r'\b(_|N_|P_)\(\s*"', path.read_text("utf-8"))]
    expect_equal("po/POTFILES.in", listed, found)


@test()
def the_privileged_program_has_no_messages():
    done = run("-D", SOURCE / program("build") / "numaprobe-walk", command=["nm"])
    expect(done.returncode == 0 and "gettext" not in done.stdout, f"numaprobe-walk asks for gettext: {done.stderr}")
