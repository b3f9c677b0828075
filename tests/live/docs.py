# SPDX-License-Identifier: GPL-2.0-or-later
"""--help, the manual pages and the completions against each other, the program and the schema."""

import json
import os
import pathlib
import re
import shutil
import tarfile

import shells
from harness import SOURCE, Factory, Skip, expect, expect_equal, expect_run, frozen, program, run, scratch, test

COLUMN_LINE = re.compile(r" ([*+m ]*) ([A-Z]+) +(.*)$")


def options_of_help():
    """By long name: letter, and "none", "required" or "optional" for its argument."""
    options = {}
    for line in expect_run("--help").stdout.splitlines():
        found = line.startswith(" ") and re.match(r" (?:-(\w),|   ) --([a-z-]+)(\[=| )?", line)
        if found:
            rest = line[found.end():]
            kind = "optional" if found[3] == "[=" else "none" if not found[3] or rest.startswith(" ") else "required"
            options[found[2]] = (found[1], kind)
    expect(len(options) > 10, f"--help lists only {options}")
    return options


def columns_of_list():
    """By name: its marks, such as * for shown by default."""
    lines = expect_run("-H").stdout.splitlines()
    return {found[2]: found[1].replace(" ", "") for found in map(COLUMN_LINE.match, lines) if found}


@test()
def help_fits():
    for line in expect_run("--help").stdout.splitlines():
        expect(len(line) <= 80, f"wider than a terminal: {line}")


# Manual pages


def page(name):
    return (pathlib.Path(program("build")) / "man" / name).read_text(encoding="utf-8")


def section(text, title):
    """The lines of a section, or of a subsection."""
    macro = ".Sh" if f"\n.Sh {title}\n" in text else ".Ss"
    expect(f"\n{macro} {title}\n" in text, f"no section {title}")
    rest = text.split(f"\n{macro} {title}\n", 1)[1]
    return re.split(r"\n\.Sh " if macro == ".Sh" else r"\n\.S[hs] ", rest, maxsplit=1)[0].splitlines()


def option_of_item(line):
    """.It Fl o , Fl -output Ar LIST"""
    names = re.findall(r"Fl (-?)([\w-]+)", line)
    letters = [name for dash, name in names if not dash]
    longs = [name for dash, name in names if dash]
    expect(len(longs) == 1 and len(letters) <= 1, f"not an option: {line}")
    kind = "none" if " Ar " not in line else "optional" if " Oo = Ns Ar " in line else "required"
    return longs[0], (letters[0] if letters else None, kind)


@test()
def man_has_the_options():
    lines = section(page("numaprobe.8"), "OPTIONS")
    expect_equal("options in numaprobe.8", dict(option_of_item(line) for line in lines if line.startswith(".It Fl ")),
                 options_of_help())


@test()
def man_has_the_columns():
    lines = section(page("numaprobe.8"), "COLUMNS")
    found = (re.fullmatch(r"\.It Cm ([A-Z]+)(?: No (\S+))?", line) for line in lines if line.startswith(".It"))
    expect_equal("columns in numaprobe.8", {match[1]: match[2] or "" for match in found}, columns_of_list())


class Schema:
    """The objects of the schema: by name, the types of their keys."""

    def __init__(self, schema):
        self.definitions = schema["definitions"]
        self.objects = {}
        self.collect("report", schema)

    def types(self, value):
        """"integer or null" """
        if "$ref" in value:
            return self.types(self.definitions[value["$ref"].rpartition("/")[2]])
        if "const" in value or "enum" in value:
            values = value.get("enum", [value.get("const")])
            names = {int: "integer", str: "string", type(None): "null"}
            found = [names[type(one)] for one in values]
        elif "type" in value:
            found = value["type"] if isinstance(value["type"], list) else [value["type"]]
        else:
            found = [name for key in ("allOf", "oneOf", "anyOf") for part in value.get(key, [])
                     for name in self.types(part).split(" or ")]
        unique = dict.fromkeys(found)
        return " or ".join(sorted(unique, key=lambda name: name == "null"))

    def collect(self, name, value):
        if "$ref" in value:
            name = value["$ref"].rpartition("/")[2]
            return self.collect(name, self.definitions[name])
        for part in [*value.get("allOf", []), *value.get("oneOf", []), *value.get("anyOf", [])]:
            self.collect(name, part)
        if "items" in value:
            self.collect(name, value["items"])
        if "properties" in value and name not in self.objects:
            self.objects[name] = {key: self.types(one) for key, one in value["properties"].items()}
            for key, one in value["properties"].items():
                self.collect(key, one)
        return None


@test()
def man_has_the_keys_of_the_report():
    text = page("numaprobe-report.5")
    objects = Schema(json.loads((SOURCE / "schema/numaprobe-report-1.schema.json").read_text("utf-8"))).objects
    documented = {title: dict(re.findall(r"^\.It Cm (\w+) Pq (.*)$", "\n".join(section(text, title)), re.M))
                  for title in re.findall(r"^\.Ss (\w+)$", text, re.M)}
    expect_equal("objects in numaprobe-report.5", sorted(re.findall(r"^\.Ss (\w+)$", text, re.M)), sorted(objects))
    for name, keys in objects.items():
        expect_equal(f"keys of '{name}' in numaprobe-report.5", documented[name], keys)


@test()
def keys_are_written_in_the_order_of_the_page():
    text = page("numaprobe-report.5")
    with frozen("anon:1M") as factory, scratch() as directory:
        expect_run("--report", directory / "case.json", "-C", factory.pid)
        told = json.loads((directory / "case.json").read_text("utf-8"))
    target = told["targets"][0]
    for name, value in (("report", told), ("system", told["system"]), ("target", target), ("mapping", target["mappings"][0]),
                        ("pages", target["pages"]), ("comparison", target["reports"][0]), ("grains", target["grains"])):
        keys = re.findall(r"^\.It Cm (\w+) Pq ", "\n".join(section(text, name)), re.M)
        expect_equal(f"order of '{name}'", list(value), [key for key in keys if key in value])


@test()
def man_has_the_reasons():
    code = (SOURCE / "src/walker.c").read_text("utf-8")
    reasons = set(re.findall(r'\[NP_WALK_NO_\w+\] = "(.*)"', code)) - {"it was built without BPF"}  # said by none
    documented = {line[4:] for line in section(page("numaprobe-walk.8"), "DIAGNOSTICS") if line.startswith(".It ")}
    expect_equal("reasons in numaprobe-walk.8", sorted(documented), sorted(reasons))


def pages():
    found = sorted((pathlib.Path(program("build")) / "man").glob("*.[1-9]"))
    expect(found, "no manual pages were made")
    return found


@test()
def man_is_clean():
    for tool, arguments in (("mandoc", ("-T", "lint", "-W", "warning")),
                            ("groff", ("-ww", "-mdoc", "-Tutf8", "-z", "-rLL=500n"))):  # wide, since paths may be long
        if not shutil.which(tool):
            raise Skip(f"needs {tool}")
        for path in pages():
            done = run(*arguments, path, command=[tool])
            expect_equal(f"{tool} on {path.name}", (done.returncode, done.stdout + done.stderr), (0, ""))


@test()
def man_has_no_placeholders():
    for path in pages():
        left = re.findall(r"@\w+@", path.read_text("utf-8"))
        expect(not left, f"{path.name}: not filled in: {left}")


def examples(name):
    """The commands and the output of each, as the page shows them."""
    for block in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed$", page(name), re.M | re.S):
        commands, output = [], ""
        for line in block.replace("\\e", "\\").replace("\\&", "").splitlines(keepends=True):
            if line.startswith(("# numaprobe", "$ numaprobe")):
                commands.append(line[2:].strip())
            else:
                output += line
        if commands:
            yield "; ".join(commands), output


RARE = ("swapped", "special", "zero page", "of which hugetlb")


def labels(output):
    """The shape of output for people: what each line below the heading starts with. Figures and rare rows vary."""
    body = output.partition("\n\n")[2]
    lines = [line for line in body.splitlines() if re.match(r" {1,2}[^ ]", line)]  # no continuations
    starts = [re.split(r"  +|\(", line.strip())[0].strip() for line in lines]
    return [re.sub(r" in [\d.]+ .s;.*", "", start) for start in starts if start not in RARE]


def headings(output):
    return [word for word in output.splitlines()[0].split() if not re.fullmatch(r"N\d+", word)]


def run_example(command, factory):
    line = command.replace("4711", str(factory.pid)).replace("postgres", "np-factory")
    path = f"{os.path.dirname(program('numaprobe'))}:{os.environ['PATH']}"
    if "N1" in command and not os.path.exists("/sys/devices/system/node/node1"):
        line = line.replace("N1", "N0")
    with scratch() as directory:
        done = run("-c", line, command=["sh"], cwd=directory, env={**os.environ, "PATH": path, "LC_ALL": "C"})
    # Of all processes, some end meanwhile.
    expect(done.returncode == 0 or (" -a" in line and done.returncode == 3), f"{line}: {done.returncode}, {done.stderr}")
    return done.stdout


def check_part(command, output, shown):
    """What the page shows is in the output, which has more before or after it."""
    for line in labels("\n\n" + output):
        expect(line in labels(shown), f"{command}: no line '{line}' in {shown}")


def check_example(command, output, shown):
    if "-r -n" in command:
        expect_equal(f"{command}: columns", {line.count(" ") for line in shown.splitlines()},
                     {line.count(" ") for line in output.splitlines()})
    elif output.startswith("..."):
        check_part(command, output, shown)
    elif "RESIDENT:desc" in command:
        expect_equal(f"{command}: headings", headings(shown), headings(output))
    elif output:
        expect_equal(f"{command}: shape", labels(shown), labels(output))


@test()
def examples_are_true():
    found = [*examples("numaprobe.8"), *examples("numaprobe-report.5")]
    expect(len(found) > 4, f"the pages have only these examples: {found}")
    left_out = []
    with frozen("--threads", "2", "anon:4M", "thp:8M", "protnone:4M", "protnone-thp:4M") as factory:
        for command, output in found:
            if "jq" in command and not shutil.which("jq"):
                left_out.append(command)
                continue
            shown = run_example(command, factory)
            for told, ours in ((str(factory.pid), "4711"), ("np-factory", "postgres")):
                shown = shown.replace(told, ours)
            check_example(command, output, shown)
    if left_out:
        raise Skip(f"all are true but these, which need jq: {left_out}")


# Completions


def spellings(options):
    return sorted([f"--{name}" for name in options] + [f"-{letter}" for letter, _ in options.values() if letter])


@test()
def bash_offers_the_options():
    expect_equal("bash", sorted(shells.bash("-")), spellings(options_of_help()))


@test()
def zsh_offers_the_options():
    offered = shells.zsh("--") + shells.zsh("-")
    expect_equal("zsh", sorted({name.rstrip("=") for name in offered}), spellings(options_of_help()))


@test()
def fish_offers_the_options():
    offered = shells.fish("-")
    expect_equal("fish", sorted({name.rstrip("=") for name in offered}), spellings(options_of_help()))


def words_of(name):
    """The words that --help names for the argument of an option: "auto (default), always or never"."""
    line = next(line for line in expect_run("--help").stdout.splitlines() if f" --{name}" in line)
    text = re.sub(r"\([^)]*\)", "", line.split("  ")[-1])
    return sorted(re.findall(r"[a-z]+", text.replace(" or ", " ")))


@test()
def shells_offer_words():
    for name in ("color", "source"):
        words = words_of(name)
        expect_equal(f"bash, --{name}", sorted(shells.bash(f"--{name}", "=", "")), words)
        expect_equal(f"fish, --{name}", sorted(word.partition("=")[2] for word in shells.fish(f"--{name}=")), words)
        expect_equal(f"zsh, --{name}", sorted(shells.zsh(f"--{name}=")), words)


def words_of_mistake(name):
    """The words that numaprobe names when it is given a wrong one: "...: give status, statm or stat"."""
    text = expect_run(f"--{name}=none", "1", status=2).stderr.partition(": give ")[2].partition(" (see")[0]
    return sorted(re.findall(r"[a-z_]+", text.replace(" or ", " ")))


@test()
def shells_offer_lists_of_words():
    for name in ("compare", "experiment"):
        words = words_of_mistake(name)
        expect(len(words) > 5, f"--{name}: {words}")
        for before in ("", "smaps,"):
            shown = [before + word for word in words]
            fish = [word.partition("=")[2] for word in shells.fish(f"--{name}={before}")]
            expect_equal(f"bash, --{name}={before}", sorted(shells.bash(f"--{name}", "=", before)), shown)
            expect_equal(f"fish, --{name}={before}", sorted(fish), shown)
            # zsh does not offer again what is in the list.
            zsh = set(shells.zsh(f"--{name}={before}"))
            expect_equal(f"zsh, --{name}={before}", sorted(zsh), [word for word in words if word != before[:-1]])


@test()
def man_has_the_words():
    """Every word that an option takes is in its item of the manual page."""
    text = "\n".join(section(page("numaprobe.8"), "OPTIONS"))
    for name in ("compare", "experiment"):
        item = re.search(rf"^\.It .*Fl -{name} .*?(?=^\.It .*Fl |\Z)", text, re.M | re.S)[0]
        missing = [word for word in words_of_mistake(name) if not re.search(rf"\b{word}\b", item)]
        expect_equal(f"words that --{name} lacks in numaprobe.8", missing, [])


@test()
def shells_know_who_takes_an_argument():
    options = options_of_help()
    wanted = sorted(f"--{name}" for name, (_, kind) in options.items() if kind == "required")
    zsh = (SOURCE / "completions/_numaprobe").read_text("utf-8")
    expect_equal("zsh", sorted("--" + name for name in re.findall(r"--([a-z-]+)=[\[}]", zsh)), wanted)
    fish = (SOURCE / "completions/numaprobe.fish").read_text("utf-8")
    expect_equal("fish", sorted("--" + name for name in re.findall(r"-l ([a-z-]+) (?:-x|-r)\b", fish)), wanted)


@test()
def shells_offer_columns():
    columns = sorted(columns_of_list())
    for offered in (shells.bash("-o", ""), shells.bash("-s", ""), shells.bash("--output", "=", ""),
                    shells.zsh("-o "), shells.zsh("--sort="), shells.fish("-o ")):
        expect_equal("columns", sorted(set(offered) - {"asc", "desc"}), columns)
    expect_equal("bash, a list", shells.bash("-o", "START,SIZ"), ["START,SIZE"])
    expect_equal("bash, an added list", shells.bash("-o", "+SIZ"), ["+SIZE"])
    expect_equal("bash, an order", shells.bash("-s", "SIZE", ":", "d"), ["desc"])
    expect_equal("zsh, a list", shells.zsh("-o START,SIZ"), ["SIZE"])
    expect_equal("zsh, an order", shells.zsh("-s SIZE:d"), ["desc"])
    expect_equal("fish, a list", shells.fish("-o START,SIZ"), ["START,SIZE"])
    expect_equal("fish, an order", shells.fish("-s SIZE:d"), ["SIZE:desc"])


@test()
def shells_offer_targets():
    with Factory("anon:1M") as factory:
        for shell in (shells.bash, shells.zsh, shells.fish):
            expect(str(factory.pid) in shell(str(factory.pid)), f"{shell.__name__} does not offer PID {factory.pid}")
            expect("np-factory" in shell("np-fac"), f"{shell.__name__} does not offer np-factory")


# What is shipped

MADE_BY_AUTOTOOLS = re.compile(r"(configure|aclocal\.m4|config\.h\.in|Makefile\.in|build-aux/.*|ABOUT-NLS|m4/.*|po/.*)")
NOT_SHIPPED = (".ci/", ".gitignore")


@test(ci_may_skip=True)
def tarball_is_the_checkout():
    listed = run("-C", SOURCE, "ls-files", "-z", command=["git"])
    if listed.returncode != 0 or not listed.stdout:
        raise Skip("needs a git checkout")
    files = {name for name in listed.stdout.split("\0") if name and not name.startswith(NOT_SHIPPED)}
    done = run("-C", program("build"), "-s", "dist-xz", command=["make"])
    expect_equal("make dist: status and standard error", (done.returncode, done.stderr), (0, ""))
    name = expect_run("--version").stdout.strip().replace(" ", "-")
    with tarfile.open(pathlib.Path(program("build")) / f"{name}.tar.xz") as tarball:
        members = {member.name.partition("/")[2]: member for member in tarball if not member.isdir()}
    expect_equal("in the checkout but not in the tarball", sorted(files - members.keys()), [])
    more = sorted(name for name in members.keys() - files if not MADE_BY_AUTOTOOLS.fullmatch(name))
    expect_equal("in the tarball but not in the checkout", more, [])
    wrong = [name for name in files if (SOURCE / name).is_symlink() != members[name].issym()]
    expect_equal("links that became files", wrong, [])
