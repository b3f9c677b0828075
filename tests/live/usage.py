# SPDX-License-Identifier: GPL-2.0-or-later
"""Wrong and hopeless requests: one clear line on standard error, nothing on standard output, the right status."""

import os
import pathlib
import subprocess

from harness import Skip, expect, expect_complaint, expect_equal, run, test, wait_until

FAILURE, WRONG_USAGE = 1, 2

TABLE = (
    ([], WRONG_USAGE),
    (["--no-such-option"], WRONG_USAGE),
    (["--no-such-option", "1"], WRONG_USAGE),
    (["-1"], WRONG_USAGE),
    (["0"], WRONG_USAGE),  # no PID at all
    (["4194305"], WRONG_USAGE),
    (["99999999999"], WRONG_USAGE),
    (["99999999999999999999999999"], WRONG_USAGE),
    (["4194304"], FAILURE),  # one, but PIDs end just below
    (["--", "-1"], FAILURE),  # a command's name
    ([""], WRONG_USAGE),
    (["no-such-command-name"], FAILURE),
    (["x" * 5000], FAILURE),
    (["--range", "2000-1000", "self"], WRONG_USAGE),
    (["--range", "1000", "self"], WRONG_USAGE),
    (["--range", "x-y", "self"], WRONG_USAGE),
    (["-J", "-r", "self"], WRONG_USAGE),
    (["-J", "-P", "self"], WRONG_USAGE),
    (["-r", "-P", "self"], WRONG_USAGE),
    (["-o", "NO_SUCH_COLUMN", "self"], WRONG_USAGE),
    (["--source", "tea-leaves", "self"], WRONG_USAGE),
    (["--color=perhaps", "self"], WRONG_USAGE),
)


def check_refused(arguments, status):
    done = run(*arguments)
    shown = " ".join(argument[:40] for argument in arguments)
    expect_equal(f"'{shown}': standard output", done.stdout, "")
    expect_complaint(f"'{shown}'", done.stderr)
    expect_equal(f"'{shown}': exit status", done.returncode, status)


@test()
def refused():
    own = str(os.getpid())
    wrong = []
    for arguments, status in TABLE:
        try:
            check_refused([own if argument == "self" else argument for argument in arguments], status)
        except Exception as failure:  # show the whole table's faults at once
            wrong.append(str(failure))
    expect(not wrong, "\n  ".join(wrong))


@test()
def kernel_thread():
    if pathlib.Path("/proc/2/comm").read_text(encoding="utf-8") != "kthreadd\n":
        raise Skip("PID 2 is no kernel thread here")
    check_refused(["2"], FAILURE)


@test()
def zombie():
    with subprocess.Popen(["true"]) as process:
        status = pathlib.Path(f"/proc/{process.pid}/status")
        wait_until("zombie", lambda: "State:\tZ" in status.read_text(encoding="utf-8"))
        check_refused([str(process.pid)], FAILURE)


@test()
def help_and_version():
    for option in ("-h", "--help", "-V", "--version"):
        done = run(option, "--no-such-option")
        expect_equal(f"{option}: exit status and standard error", (done.returncode, done.stderr), (0, ""))
        expect("numaprobe" in done.stdout, f"{option}: {done.stdout!r}")
