# SPDX-License-Identifier: GPL-2.0-or-later
"""Metrics: what Prometheus's own tools say of them, and that they are the figures of the report."""

import contextlib
import json
import re
import shutil
import socket
import subprocess
import urllib.request

from harness import NOBODY, Skip, expect, expect_equal, expect_run, factory_for_all, frozen, need_root, program, run, \
    scratch, test, total, wait_until, Factory

SAMPLE = re.compile(r'(\w+)(?:\{(.*)\})? (-?[0-9.]+(?:e[-+][0-9]+)?|[-+]Inf)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
SPECS = ("anon:4M", "thp:8M", "protnone:4M", "zero:4M", "guard:1M")


def parse(text):
    """Samples as {(name, label, value, ...): number}, in the strict sense: each once, families in one piece."""
    samples, families, family = {}, [], None
    expect(text.endswith("# EOF\n"), "no end mark")
    for line in text.splitlines()[:-1]:
        if line.startswith("# "):
            family = line.split()[2]
            if line.startswith("# HELP"):
                expect(family not in families, f"{family} comes twice")
                families.append(family)
            continue
        name, labels, value = SAMPLE.match(line).groups()
        expect_equal("family", name, family)
        key = (name, *sorted(LABEL.findall(labels or "")))
        expect(key not in samples, f"twice: {line}")
        samples[key] = float(value)
    return samples


def sum_of(samples, name, **labels):
    return sum(value for key, value in samples.items() if key[0] == name and set(labels.items()) <= set(key[1:]))


@test()
def are_the_figures_of_the_report():
    with frozen("--threads", "2", *SPECS) as factory, scratch() as directory:
        path = directory / "case.json"
        expect_run("--report", path, factory.pid)
        samples = parse(expect_run("--replay", path, "--openmetrics").stdout)
        target = json.loads(path.read_text(encoding="utf-8"))["targets"][0]
        for state in ("present", "hinted", "protnone"):
            expect_equal(state, sum_of(samples, "numaprobe_resident_bytes", state=state),
                         total(target["pages"][state]) * 4096)
        for state in ("zero", "guard", "swapped"):
            expect_equal(state, sum_of(samples, "numaprobe_nonresident_bytes", state=state),
                         target["pages"][state] * 4096)
        expect_equal("thp", sum_of(samples, "numaprobe_huge_bytes", kind="thp"), target["huge"]["thp_pages"] * 4096)
        expect_equal("threads", sum_of(samples, "numaprobe_threads", pid=str(factory.pid)), target["threads"])
        expect_equal("unknown", sum_of(samples, "numaprobe_unknown", command="np-factory"), 0)


@test()
def unknown_is_not_zero():
    """An ordinary user without a walker may not know the hints."""
    need_root()
    with factory_for_all(), Factory("anon:1M", **NOBODY) as factory:
        done = run("--source", "pagemap", "--openmetrics", factory.pid)
        samples = parse(done.stdout)
        hints = [key for key in samples if ("state", "hinted") in key]
        unknown = sum_of(samples, "numaprobe_unknown", fact="hinted")
        expect(bool(hints) != bool(unknown), f"hints {hints}, unknown {unknown}")
        special = [key for key in samples if ("state", "special") in key]
        expect_equal("special", (special, sum_of(samples, "numaprobe_unknown", fact="special")), ([], 1))
    done = run("--openmetrics", 4194304)
    expect_equal("status", done.returncode, 1)
    samples = parse(done.stdout)
    expect_equal("readable", sum_of(samples, "numaprobe_readable", pid="4194304"), 0)
    expect_equal("unknown", sum_of(samples, "numaprobe_unknown", fact="pages"), 1)


@test(ci_may_skip=True)
def promtool_likes_them():
    if not shutil.which("promtool"):
        raise Skip("needs promtool (Debian: prometheus)")
    with frozen("--threads", "2", *SPECS) as factory:
        for arguments in ((factory.pid,), ("--source", "pagemap", factory.pid), (4194304, factory.pid),
                          (factory.pid, factory.pid), ("--compare", factory.pid), ("--check-kernel", "--quick")):
            text = run("--openmetrics", *arguments).stdout
            parse(text)
            done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True,
                                  check=False)
            expect(done.returncode == 0 and not done.stderr, f"{arguments}: {done.stdout}{done.stderr}")


@test()
def comparisons_and_checks():
    """The figures of --compare and --check-kernel are those of their reports, and a point is a point everywhere."""
    with frozen("--threads", "2", *SPECS) as factory, scratch() as directory:
        path = directory / "case.json"
        expect_run("--compare", "--report", path, factory.pid)
        samples = parse(expect_run("--replay", path, "--openmetrics").stdout)
        rows = json.loads(path.read_text(encoding="utf-8"))["targets"][0]["reports"]
        expect(rows, "nothing was compared")
        for row in rows:
            labels = {"file": row["name"], "field": row["field"], "pid": str(factory.pid)}
            expect_equal(f"{labels} says", sum_of(samples, "numaprobe_comparison_said_bytes", **labels),
                         row["pages"] * 4096)
            expect_equal(f"{labels} agrees", sum_of(samples, "numaprobe_comparison_agrees", **labels),
                         row["verdict"] == "agrees")
    checked = run("--check-kernel", "--quick", "--openmetrics")
    samples = parse(checked.stdout)
    verdict = [dict(key[1:])["verdict"] for key, value in samples.items()
               if key[0] == "numaprobe_check_verdict" and value]
    expect_equal("verdict and status", (verdict, checked.returncode),
                 ([{0: "clean", 3: "unknown", 4: "affected"}[checked.returncode]], checked.returncode))
    tests = json.loads(run("--check-kernel", "--quick", "-J").stdout)["check"]["tests"]
    expect_equal("tests", sum_of(samples, "numaprobe_check_result"), len(tests))
    expect("numaprobe_info" not in checked.stdout, "a file of processes has the same samples")


@test()
def watch_replaces_a_file():
    with Factory("anon:1M") as factory, scratch() as directory:
        path = directory / "numaprobe.prom"
        done = expect_run("-w0.05", "-c", "3", f"--openmetrics={path}", factory.pid)
        expect_equal("standard output", done.stdout, "")
        expect_equal("readable", sum_of(parse(path.read_text(encoding="utf-8")), "numaprobe_readable"), 1)
        done = run("-w0.05", f"--openmetrics={directory}/none/numaprobe.prom", factory.pid)
        expect_equal("status and error", (done.returncode, done.stderr),
                     (1, f"numaprobe: {directory}/none/numaprobe.prom: No such file or directory\n"))


@test()
def watch_without_a_standard_output():
    """Nobody reads there, and nobody has to."""
    with Factory("anon:1M") as factory, scratch() as directory:
        path, files = directory / "numaprobe.prom", set()

        def replaced():
            with contextlib.suppress(FileNotFoundError):
                files.add((path.stat().st_ino, path.stat().st_mtime_ns))
            return len(files) > 3

        with subprocess.Popen(["sh", "-c", 'exec "$@" >&-', "sh", program("numaprobe"), "-w0.05", f"--openmetrics={path}",
                               str(factory.pid)]) as process:
            try:
                wait_until("looks", replaced)
            finally:
                process.terminate()
        expect_equal("exit status", process.returncode, 0)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def node_exporter(directory):
    """Its answers, by a function."""
    name = shutil.which("prometheus-node-exporter") or shutil.which("node_exporter")
    if not name:
        raise Skip("needs node_exporter (Debian: prometheus-node-exporter)")
    address = f"127.0.0.1:{free_port()}"

    def ask():
        try:
            with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
                return answer.read().decode()
        except OSError:
            return ""

    with subprocess.Popen([name, f"--web.listen-address={address}", "--collector.disable-defaults",
                           "--collector.textfile", f"--collector.textfile.directory={directory}"],
                          stderr=subprocess.DEVNULL) as process:
        try:
            wait_until("node_exporter answers", ask)
            yield ask
        finally:
            process.kill()


@test(ci_may_skip=True)
def node_exporter_serves_them():
    with scratch() as directory, node_exporter(directory) as ask, frozen("--threads", "2", *SPECS) as factory:
        path = directory / "numaprobe.prom"
        expect_run(f"--openmetrics={path}", factory.pid)
        expect_equal("mode", path.stat().st_mode & 0o777, 0o644)
        expect_equal("files", [each.name for each in directory.iterdir()], [path.name])
        answer = ask()
        expect("node_textfile_scrape_error 0" in answer, answer)
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("numaprobe_resident_bytes{"):
                labels, value = line.rpartition(" ")[::2]
                served = [float(each.rpartition(" ")[2]) for each in answer.splitlines()
                          if set(LABEL.findall(each)) == set(LABEL.findall(labels)) and each.startswith(line[:24])]
                expect_equal(line, served, [float(value)])
