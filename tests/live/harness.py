# SPDX-License-Identifier: GPL-2.0-or-later
"""What the live tests share: the list of tests, the two programs, the system's switches, comparisons."""

import contextlib
import fcntl
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}  # options of subprocess
# No test asserts a time; this only ends what would never end.
HANG_SECONDS = int(os.environ.get("NUMAPROBE_HANG_SECONDS", "60"))

tests = []  # (name, function, may be skipped under CI)
_programs = {}


class Skip(Exception):
    """This machine cannot run the test, and why."""


class OtherBuild(Skip):
    """The test is of a build as it is installed, not of one with sanitizers."""


class Failure(Exception):
    """What was expected, and what came instead."""


def test(ci_may_skip=False):
    """Register a test. One that needs what a CI machine may lack, a second node say, declares ci_may_skip."""

    def register(function):
        name = function.__module__ + "." + function.__name__
        tests.append((name.replace("_", "-"), function, ci_may_skip))
        return function

    return register


def expect(true, message):
    if not true:
        raise Failure(message)


def expect_equal(what, got, want):
    expect(got == want, f"{what}: expected {want}, got {got}")


def expect_complaint(what, text):
    lines = text.splitlines()
    expect(len(lines) == 1 and lines[0].startswith("numaprobe: "), f"{what}: standard error is {text!r}")


def need_patience():
    """Statistics of a process that runs for minutes: worth it for those who work on them."""
    if os.environ.get("NUMAPROBE_SLOW") != "1":
        raise Skip("takes minutes; NUMAPROBE_SLOW=1 runs it")


def need_root():
    if os.geteuid() != 0:
        raise Skip("needs root")


def sanitized():
    return "--enable-sanitizers" in pathlib.Path(program("build"), "config.log").read_text(encoding="utf-8", errors="replace")


def need_plain_build(why):
    if sanitized():
        raise OtherBuild(why)


# The programs


def find_programs(build):
    for name in ("numaprobe", "np-factory", "np-deny"):
        found = [path for path in (build / name, build / "src" / name, build / "tests" / name,
                                   build / "tests" / "helpers" / name) if path.exists()]
        if not found:
            raise SystemExit(f"run-live: no {name} in {build}")
        _programs[name] = found[0].resolve()
    _programs["build"] = build.resolve()


def program(name):
    return str(_programs[name])


def run(*arguments, command=None, **options):
    """numaprobe, or another command, to its end."""
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    options.setdefault("errors", "surrogateescape")  # None: bytes
    line = [*(command or [program("numaprobe")]), *(word if isinstance(word, bytes) else str(word) for word in arguments)]
    try:
        return subprocess.run(line, timeout=HANG_SECONDS, check=False, **options)
    except subprocess.TimeoutExpired as expired:
        raise Failure(f"hangs: {line}") from expired


def expect_run(*arguments, status=0, **options):
    """A run that ends as expected and, where all is well, says nothing on standard error."""
    done = run(*arguments, **options)
    shown = " ".join(map(str, arguments))
    expect(done.returncode == status, f"{shown}: exit status {done.returncode}, expected {status}: {done.stderr}")
    if status == 0:
        expect_equal(f"{shown}: standard error", done.stderr, "")
    return done


def report(*arguments, **options):
    return json.loads(expect_run("-J", *arguments, **options).stdout)


def look(pid, *arguments, **options):
    """The one target of a report with its mappings."""
    targets = report("-v", *arguments, pid, **options)["targets"]
    expect_equal("number of targets", len(targets), 1)
    expect_equal("pid", targets[0]["pid"], pid)
    return targets[0]


def look_partly(pid, *arguments, **options):
    """Like look(), where something may not be known: then the exit status is 3 and standard error says why."""
    done = run("-J", "-v", *arguments, pid, **options)
    expect(done.returncode in (0, 3), f"exit status {done.returncode}: {done.stderr}")
    target, problems = (json.loads(done.stdout)[key] for key in ("targets", "problems"))
    if done.returncode == 3:
        expect(problems and done.stderr.startswith("numaprobe: "), f"exit status 3 without a reason: {done.stderr!r}")
    else:
        expect_equal("standard error", done.stderr, "")
    return target[0]


class Factory:
    """A running np-factory and the truth that it told. Leaving the context ends it."""

    def __init__(self, *arguments, **options):
        self.process = subprocess.Popen([program("np-factory"), *arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, **options)
        try:
            line = self.process.stdout.readline()
            expect(line, f"np-factory {' '.join(arguments)} ended with status {self.process.poll()}")
            self.truth = json.loads(line)
        except BaseException:
            self.__exit__()
            raise
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def freeze(self):
        os.kill(self.pid, signal.SIGSTOP)
        wait_until("every thread has stopped", lambda: self._thread_states() == {"T"})

    def thaw(self):
        os.kill(self.pid, signal.SIGCONT)

    def _thread_states(self):
        stats = pathlib.Path(f"/proc/{self.pid}/task").glob("*/stat")
        return {stat.read_text().rpartition(")")[2].split()[0] for stat in stats}

    def touch(self, name):
        """Let it read every page of a mapping; the number of minor faults."""
        self.process.stdin.write(f"touch {name}\n")
        self.process.stdin.flush()
        expect(select.select([self.process.stdout], [], [], HANG_SECONDS)[0], "np-factory does not answer")
        return json.loads(self.process.stdout.readline())["minflt"]

    def region(self, name):
        for region in self.truth["mappings"]:
            if region["name"] == name:
                return region
        raise Skip(f"{name}: {self.truth['skipped'][name]}")


def children_of(pid):
    """{PID: command} of a process's children, those of all its threads. One that goes meanwhile is none."""
    found = {}
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, path.read_text(encoding="ascii").split()):
            with contextlib.suppress(OSError):
                found[child] = pathlib.Path(f"/proc/{child}/comm").read_text(errors="replace").rstrip("\n")
    return found


def kill_children(pid, is_wanted=lambda name: True):
    """SIGKILL to those of such a command; says how many there were."""
    killed = [child for child, name in children_of(pid).items() if is_wanted(name)]
    for child in killed:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    return len(killed)


@contextlib.contextmanager
def frozen(*specs, **options):
    """A factory that is stopped with all of its memory built, for tests that want every page's state."""
    need_root()
    with Factory(*specs, **options) as factory:
        factory.freeze()
        yield factory


def wait_until(what, condition, every_seconds=0.05):
    deadline = time.monotonic() + HANG_SECONDS
    while not condition():
        expect(time.monotonic() < deadline, f"waited in vain: {what}")
        time.sleep(every_seconds)


@contextlib.contextmanager
def scratch():
    """A directory that any user can look into."""
    with tempfile.TemporaryDirectory(prefix="numaprobe-live-") as name:
        path = pathlib.Path(name)
        path.chmod(0o755)
        yield path


@contextlib.contextmanager
def installed():
    """
    What make install makes, in a scratch directory: the paths of numaprobe and numaprobe-walk. A test may
    damage it, and any user may run it. The programs are put side by side, where numaprobe looks first: the
    folder that was configured is not this one.
    """
    need_root()
    with scratch() as directory:
        done = run("-C", program("build"), "install", f"DESTDIR={directory}", command=["make", "-s"])
        expect_equal(f"make install, which says {done.stderr}: status", done.returncode, 0)
        found = {path.name: path for path in directory.rglob("numaprobe*") if path.is_file()}
        expect({"numaprobe", "numaprobe-walk"} <= found.keys(), f"make install installs only {sorted(found)}")
        yield found["numaprobe"], found["numaprobe-walk"].rename(found["numaprobe"].with_name("numaprobe-walk"))


@contextlib.contextmanager
def other_program(name, path):
    """Another program as this one: a copy, with another name or in another place."""
    saved = _programs[name]
    _programs[name] = pathlib.Path(path)
    try:
        yield
    finally:
        _programs[name] = saved


@contextlib.contextmanager
def factory_for_all():
    """np-factory where every user can run it."""
    with scratch() as directory, other_program("np-factory", shutil.copy(program("np-factory"), directory)):
        yield


@contextlib.contextmanager
def numaprobe_for_all():
    """numaprobe and its walker, without privilege, where every user can run them: a checkout may be its owner's alone."""
    with scratch() as directory, other_program("numaprobe", shutil.copy(program("numaprobe"), directory)):
        shutil.copy(os.path.join(program("build"), "numaprobe-walk"), directory)
        yield


def outcome(done, lives=False):
    """
    Whatever becomes of a target: no crash, and a report wherever the exit status promises one, which it is, or None. There
    is one of what lives, and stays the program that it is.
    """
    expect(done.returncode in ((0, 3) if lives else (0, 1, 3)), f"exit status {done.returncode}: {done.stderr}")
    if done.returncode == 1:
        expect(done.stderr.startswith("numaprobe: "), f"exit status 1 without a word: {done.stderr!r}")
        return None
    report_ = json.loads(done.stdout)
    expect(report_["targets"], f"exit status {done.returncode}, and no target: {done.stderr}")
    return report_


# What is done to the programs


def each_failure(mark, call, error, attempt, first=1, on=False, least=1):
    """
    (n, description, what came of it) for each n from first on for which there is an n-th call to fail, and with on all
    calls from there on. attempt is called with the words that a command is put behind for that. There are least of them.
    """
    for n in range(first, 5000):
        result = attempt([program("np-deny"), call, error, f"{n}+" if on else str(n), str(mark)])
        if not mark.exists():
            expect(n >= first + least, f"{call}: {n - first} are made, from number {first} on")
            return
        mark.unlink()
        yield n, f"{call} {n}{'+' if on else ''} fails with {error}", result
    raise Failure(f"{call}: there is no end of them")


def intruder(directory):
    """A library of the caller's, which makes the file "ran" in this directory where it is loaded."""
    directory.chmod(0o777)
    source, library = directory / "evil.c", directory / "evil.so"
    source.write_text('#include <fcntl.h>\n__attribute__((constructor)) static void run(void)\n'
                      f'{{ open("{directory}/ran", O_CREAT, 0666); }}\n', encoding="ascii")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    return library


def need_intrusion(directory, environment, **user):
    """Into a program without privilege the library is loaded, or that it is not elsewhere would say nothing."""
    subprocess.run([shutil.which("true")], env=environment, cwd=directory, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=True, **user)
    expect((directory / "ran").exists(), f"{environment} loads nothing for {user}")
    (directory / "ran").unlink()


# The system's switches


@contextlib.contextmanager
def undo(script, *arguments):
    """
    Run a shell script when the context ends, or when this program ends in whatever way: a helper in a
    session of its own waits for the pipe to close, and no signal to the tests reaches it.
    """
    with subprocess.Popen(["sh", "-c", "cat >/dev/null; " + script, "undo", *map(str, arguments)],
                          stdin=subprocess.PIPE, start_new_session=True) as helper:
        yield
        helper.stdin.close()
        expect_equal("status of: " + script, helper.wait(), 0)


@contextlib.contextmanager
def setting(path, value):
    """
    A kernel setting for the time of the context, which gets a function that sets it again. Locked, so that
    two runs of the tests take turns.
    """
    def write(value):
        pathlib.Path(path).write_text(f"{value}\n", encoding="ascii")

    need_root()
    if not os.path.exists(path):
        raise Skip(f"no {path} in this kernel")
    with open(path, "r+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        old = file.read().strip()
        with undo('echo "$1" >"$2"', old, path):
            write(value)
            yield write


def balancing(value):
    return setting("/proc/sys/kernel/numa_balancing", value)


# Comparisons


def total(value):
    """Pages over all nodes."""
    return sum(value.values())


def mappings_in(target, region):
    start, end = int(region["start"], 16), int(region["end"], 16)
    found = [m for m in target["mappings"] if start <= int(m["start"], 16) < end]
    at = start
    for mapping in found:
        expect_equal(f"{region['name']}: start of the next mapping", mapping["start"], hex(at))
        at = int(mapping["end"], 16)
    expect_equal(f"{region['name']}: end of the last mapping", hex(at), region["end"])
    return found


def add_pages(tallies):
    """The sum of tallies: of numbers, and of objects by node. Unknown where one is unknown."""
    ret = {}
    for tally in tallies:
        for key, value in tally.items():
            if value is None or ret.get(key, 0) is None:
                ret[key] = None
            elif isinstance(value, dict):
                nodes = ret.setdefault(key, {})
                for node, pages in value.items():
                    nodes[node] = nodes.get(node, 0) + pages
            else:
                ret[key] = ret.get(key, 0) + value
    return ret


def pages_in(target, region):
    return add_pages(mapping["pages"] for mapping in mappings_in(target, region))


def huge_in(target, region):
    return add_pages(mapping["huge"] for mapping in mappings_in(target, region))


def without_zeros(pages):
    """For comparing objects in which a node, or a state, without pages may be absent or 0."""
    if isinstance(pages, dict):
        return {key: without_zeros(value) for key, value in pages.items() if without_zeros(value) not in ({}, 0)}
    return pages


def status_pages(pid, field):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024 // os.sysconf("SC_PAGESIZE")
    raise Failure(f"no {field} in status")
