# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the output goes, and its shapes."""

import fcntl
import os
import pty
import re
import shlex
import struct
import sys
import termios

from harness import SOURCE, Factory, Skip, expect, expect_equal, expect_run, frozen, program, run, scratch, test

SPECS = ("anon:4M", "thp:8M", "protnone:4M", "zero:4M", "guard:1M", "sparse:16T:64")
PAIR = re.compile(r'[A-Z0-9_%:-]+="[^"]*"')


def in_shell(line, **options):
    return run(command=["sh", "-c", shlex.quote(program("numaprobe")) + " " + line], **options)


@test()
def closed_pipe_is_no_error():
    with frozen("many:20000") as factory:  # more lines than a pipe holds
        done = in_shell(f"-v {factory.pid} | head -1")
        expect_equal("standard error", done.stderr, "")
        expect_equal("lines", len(done.stdout.splitlines()), 1)


@test()
def failed_writes_are_errors():
    with Factory("anon:1M") as factory:
        for redirection in (">/dev/full", ">&-"):
            for options in ("", "-v", "-J", "-r", "-P"):
                done = in_shell(f"{options} {factory.pid} {redirection}")
                expect_equal(f"{options} {redirection}: exit status", done.returncode, 1)
                expect(done.stderr.startswith("numaprobe: "), f"{options} {redirection}: {done.stderr!r}")
        expect_equal("--help >/dev/full", in_shell("--help >/dev/full").returncode, 1)


def on_terminal(arguments, columns=80, **environment):
    """Exit status and output on a terminal of so many columns."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", **environment)
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.execv(program("numaprobe"), ["numaprobe", *map(str, arguments)])
    shown = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # EIO: the other end was closed
            piece = b""
        if not piece:
            break
        shown += piece
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


@test()
def colour():
    with frozen(*SPECS) as factory:
        plain = expect_run(factory.pid).stdout
        expect("\033" not in plain, "escape sequences in a pipe")
        expect("\033" in expect_run("--color=always", factory.pid).stdout, "no colour though always")
        for arguments, environment in ((("--color=never",), {}), ((), {"NO_COLOR": "1"})):
            status, shown = on_terminal([*arguments, factory.pid], **environment)
            expect_equal("exit status", status, 0)
            expect("\033" not in shown, f"escape sequences with {arguments or environment}")


@test()
def narrow_terminal():
    with frozen(*SPECS) as factory:
        for options in ((), ("-v",)):
            for columns in (40, 1, 65535):
                status, shown = on_terminal([*options, factory.pid], columns=columns)
                expect_equal(f"{options} on {columns} columns: exit status", status, 0)
                expect(shown.strip(), f"{options} on {columns} columns: no output")


@test()
def locale():
    with frozen(*SPECS) as factory:
        in_c, in_utf8 = (expect_run("-v", factory.pid, env={**os.environ, "LC_ALL": name}).stdout
                         for name in ("C", "C.UTF-8"))
        expect(in_c.isascii(), "more than ASCII in the C locale")
        expect_equal("number of lines", len(in_c.splitlines()), len(in_utf8.splitlines()))


@test()
def raw_and_pairs():
    with frozen(*SPECS) as factory:
        for view in ((), ("-v",)):
            raw = expect_run("-r", *view, factory.pid).stdout.splitlines()
            bare = expect_run("-r", "-n", *view, factory.pid).stdout.splitlines()
            expect_equal(f"{view} -n leaves out the headings alone", bare, raw[1:])
            expect(len({line.count(" ") for line in raw}) == 1, f"{view} -r: lines of different numbers of columns")
            pairs = expect_run("-P", *view, factory.pid).stdout.splitlines()
            expect_equal(f"{view} -P: number of lines", len(pairs), len(bare))
            for line in pairs:
                expect(" ".join(PAIR.findall(line)) == line, f"{view} -P: {line}")


@test()
def bytes_are_whole_numbers():
    with frozen(*SPECS) as factory:
        human, exact = (expect_run("-r", "-n", *options, factory.pid).stdout for options in ((), ("-b",)))
        expect(re.search(r"\d[KMGT]\b", human), f"sizes are not for people: {human}")
        expect(not re.search(r"\d[KMGT]\b", exact), f"-b has units: {exact}")


@test()
def json_keeps_the_schema():
    schema = SOURCE / "schema/numaprobe-report-1.schema.json"
    with frozen("--threads", "2", *SPECS) as factory, scratch() as directory:
        for arguments in ((), ("-v",), ("-v", "--source", "pagemap"), ("--range", "10000000000-10000100000"),
                          ("999999", "-v")):
            done = run("-J", *arguments, factory.pid)
            expect(done.returncode in (0, 3), f"{arguments}: exit status {done.returncode}: {done.stderr}")
            (directory / "report").write_text(done.stdout, encoding="utf-8")
            checked = run(schema, directory / "report", command=[sys.executable, SOURCE / "tests/validate-report.py"])
            if "No module named 'jsonschema'" in checked.stderr:
                raise Skip("needs python3-jsonschema")
            expect(checked.returncode == 0, f"{arguments}: {checked.stderr}")
