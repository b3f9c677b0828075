# SPDX-License-Identifier: GPL-2.0-or-later
"""doc/PERFORMANCE.md, made of what was measured."""

import catalogue
import lab


LEAST_TABLE_BYTES = 2 << 20


def ms(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def rows_table(heading, results, names, text):
    """One row a target, one column a program; results are (name, {program: row})."""
    names = [name for name in names if any(name in programs for _, programs in results)]
    lines = [f"| {heading} | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    for result, programs in results:
        cells = []
        for name in names:
            row = programs.get(name, {})
            cells.append(f"over {lab.LIMIT_SECONDS:,},000" if row is None and "ms" in heading else
                         "" if not row else text(row))
        lines.append(f"| {result} | " + " | ".join(cells) + " |")
    return lines


def programs_tables(results, names):
    yield from rows_table("CPU in ms", results, names, lambda row: ms(row["cpu_ms"]))
    yield ""
    yield from rows_table("wall time in ms", results, names, lambda row: ms(row["wall_ms"]))
    yield ""
    yield from rows_table("peak memory in MiB", results, names, lambda row: f"{row['peak_kib'] / 1024:.1f}")


def walk_table(targets):
    yield ("| | page tables | the walk, wall | CPU of numaprobe-walk | CPU of its client | memcpy, scattered pages | "
           "memcpy, one piece | the walk is |")
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for target in targets:
        walk = target["walk"]
        # What there is to read is not what VmPTE counts where huge pages keep tables in reserve.
        if walk and walk["table_bytes"] > LEAST_TABLE_BYTES and "huge" not in target["name"]:
            yield (f"| {target['name']} | {walk['table_bytes'] / 2**20:,.1f} MiB | {ms(walk['wall_ns'] / 1e6)} ms | "
                   f"{ms(walk['walker_ns'] / 1e6)} ms | {ms(walk['client_ns'] / 1e6)} ms | "
                   f"{ms(walk['scattered_ns'] / 1e6)} ms | {ms(walk['contiguous_ns'] / 1e6)} ms | "
                   f"{walk['wall_ns'] / walk['scattered_ns']:.1f} × scattered |")


def find(items, key, value):
    return next((item for item in items if item[key] == value), None)


def goals(data):
    """(goal, what was measured, met or None for not measured)."""
    def row(target, program):
        found = find(data["targets"], "name", target)
        return found and found["programs"].get(program)

    for target, share in (("4 GiB of 4-KiB pages", 0.5), ("12 GiB of 4-KiB pages", 0.1)):
        ours, theirs = row(target, "numaprobe"), row(target, "numastat -p")
        text = f"CPU of the whole `numaprobe PID` at most {share:g} of `numastat -p`'s, {target}"
        if ours and theirs:
            got = ours["cpu_ms"] / theirs["cpu_ms"]
            yield text, f"{ms(ours['cpu_ms'])} of {ms(theirs['cpu_ms'])} ms: {got:.2f}", got <= share
        else:
            yield text, "not measured", None
    for target in ("4 GiB of 4-KiB pages", "12 GiB of 4-KiB pages", "1 TiB of the zero page"):
        found = find(data["targets"], "name", target)
        if found and found["walk"]:
            walk = found["walk"]
            got, best = walk["wall_ns"] / walk["scattered_ns"], walk["wall_ns"] / walk["contiguous_ns"]
            yield (f"the walk at most twice the memcpy of the same tables, {target}",
                   f"{got:.1f} times from scattered pages, {best:.1f} times from one piece", got <= 2)
        else:
            yield f"the walk at most twice the memcpy of the same tables, {target}", "not measured", None
    alone, ours = row("1 TiB of the zero page", "numaprobe"), row("1 TiB of the zero page", "numaprobe --threads=2")
    yield ("the page tables of 1 TiB in under a second, with two processors",
           f"{ms(ours['wall_ms'])} ms wall, {ms(ours['cpu_ms'])} ms CPU with --threads=2; {ms(alone['wall_ms'])} ms wall "
           f"without" if ours and alone else "not measured", ours["wall_ms"] < 1000 if ours else None)
    crowd = find(data["crowds"], "processes", 500)
    ours = crowd and crowd["programs"].get("numaprobe --all")
    yield ("`--all` over 500 processes in under a second",
           f"{ms(ours['wall_ms'])} ms wall, {ms(ours['cpu_ms'])} ms CPU" if ours else "not measured",
           ours["wall_ms"] < 1000 if ours else None)


def goals_table(data):
    yield "| Goal | Measured | |"
    yield "|---|---|---|"
    for goal, measured, met in goals(data):
        yield f"| {goal} | {measured} | {'' if met is None else 'met' if met else '**missed**'} |"


def locks_table(locks):
    yield "| | lock taken | held in all | held at most | calls that hold a reference | time in them |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name, row in locks.items():
        yield (f"| {name} | {row['locks']:,.0f} × | {ms(row['lock_ms'])} ms | {ms(row['lock_longest_ms'])} ms | "
               f"{row['calls']:,.0f} | {ms(row['reference_ms'])} ms |")


def percent(value):
    return f"{100 * value:+.1f} %"


def victim_table(victim):
    yield "| what runs | rounds a second | change | 95 % of the medians | longest round |"
    yield "|---|---:|---:|---:|---:|"
    for name, row in victim["rows"].items():
        change = row["change"]
        base = name == "a program that looks at nothing"
        yield (f"| {name} | {row['rate']:,.0f} | {'' if base else percent(change['median'])} | "
               f"{'' if base else percent(change['low']) + ' to ' + percent(change['high'])} | {ms(row['longest_ms'])} ms |")


def startup_lines(startup):
    whole = startup["whole"]
    yield "| | CPU |"
    yield "|---|---:|"
    for name, value in whole.items():
        yield f"| `{name}` | {ms(value)} ms |"
    programs = ("numaprobe", "numaprobe-walk")
    parts = {}
    for entry in startup["parts"]:
        parts.setdefault(entry["part"], {})[entry["program"]] = entry["ms"]
    yield from ["", "| part | numaprobe | numaprobe-walk | both |", "|---|---:|---:|---:|"]
    for part, row in sorted(parts.items(), key=lambda item: -sum(item[1].values())):
        cells = [ms(row[program]) if program in row else "" for program in programs]
        yield f"| {part} | {cells[0]} | {cells[1]} | {ms(sum(row.values()))} |"
    sums = [sum(row.get(program, 0) for row in parts.values()) for program in programs]
    yield f"| together | {ms(sums[0])} | {ms(sums[1])} | {ms(sum(sums))} |"


NOT_MEASURABLE = (
    "More than one node: the machine has one. Time per node is a copy of one number by node and mapping.",
    "Hints on 12 GiB: NUMA balancing takes minutes to make them. Entries under PROT_NONE have the same bits, and cost "
    "the same to read.",
    "Memory of 256 GiB and 1 TiB: the machine has less. The page tables are real ones, of 8 bytes a page, but all "
    "entries name the zero page.",
    "References that are held without a system call, and the cost of the processor's caches that readers share.",
)


def sentences(*parts):
    """One line of Markdown."""
    return " ".join(parts)


def head(data):
    yield from ("<!-- SPDX-License-Identifier: GPL-2.0-or-later -->", "<!-- Written by `make bench`; not by hand. -->",
                "# Performance", "")
    yield sentences(f"Measured on {data['machine']}, {data['kernel']}, {data['date']}.",
                    "`make bench` measures again and writes this page.")
    yield from ("", "## Goals", "", *goals_table(data), "", "![time and memory by size](performance.svg)", "")


def one_process(data):
    yield from ("## One process", "")
    yield sentences("Whole processes, from their start to their end, numaprobe-walk counted in. All programs looked at the",
                    f"process in turn; medians of {data['rounds']} runs after one that is not counted; what takes over",
                    f"{lab.SLOW_SECONDS} s ran once, what takes over {lab.LIMIT_SECONDS} s was ended. Output goes to",
                    "/dev/null. Peak memory is the larger one's of numaprobe and numaprobe-walk.")
    yield ""
    yield from programs_tables([(t["name"], t["programs"]) for t in data["targets"]],
                               catalogue.NUMAPROBE + catalogue.PEERS)
    yield ""
    yield sentences("numastat, pmap, smaps and numa_maps do not tell hinted pages from others, nor do pagemap, PAGEMAP_SCAN",
                    "and page-types; numa_maps and numastat alone know nodes. `pagemap reader` and `PAGEMAP_SCAN` are the",
                    "least that a program has to do: they print how many pages are present.")
    made = [f"{t['name']} {t['seconds']:.0f} s" for t in data["targets"] if t["seconds"] > 3]
    hints = [f"{t['name']}: {100 * t['hinted_share']:.1f} %" for t in data["targets"] if t.get("hinted_share")]
    if made:
        yield from ("", "Making them took: " + ", ".join(made) + ".")
    if hints:
        yield from ("", "Hinted when it was stopped and measured: " + "; ".join(hints) + ".")
    yield ""


def the_walk(data):
    yield from ("## The walk alone", "")
    yield sentences("All page tables of a process, walked by a numaprobe-walk that runs already, beside memcpy of as many",
                    "bytes: from single 4-KiB pages in no order, as page tables lie in memory, and from one piece. The copy",
                    "goes to a buffer that stays in the cache. 128 MiB of other memory are read before each of them, so that",
                    "nothing is in the cache.")
    yield from ("", *walk_table(data["targets"]), "")


def many_processes(data):
    yield from ("## Many processes", "")
    yield sentences("So many processes of the factory, of 4 MiB each. `numaprobe --all` takes those and all the others of",
                    "the machine; `numaprobe` and the peers are told which.")
    yield ""
    yield from programs_tables([(f"{c['processes']:,} (of {c['of']:,})", c["programs"]) for c in data["crowds"]],
                               ("numaprobe --all", "numaprobe", *catalogue.PEERS))
    yield ""


def the_locks(data):
    yield from ("## What a look holds", "")
    yield sentences(f"One look at {data['locks']['name']}. The lock is the one of the process's memory (mmap_lock), which the",
                    "process itself needs to map and unmap, as the kernel's tracepoints show it; the locks of single mappings,",
                    "under which some kernels write maps, are not in it. While a reference to its memory is held, exit does",
                    "not free it, and NUMA balancing takes it for memory of several users (mm_users): counted are system",
                    "calls on files whose readers hold one, as strace times them, with its own cost in it.")
    yield from ("", *locks_table(data["locks"]["rows"]), "")


def the_victim(data):
    victim = data["victim"]
    where = "on the only processor" if victim["shared"] else "on a processor of its own"
    yield from ("## What it costs the process", "")
    yield sentences(f"A process with {victim['mib']} MiB of 4-KiB pages maps, touches and unmaps 64 KiB as fast as it can,",
                    f"{where}. Meanwhile something is started ten times a second. Windows of {victim['seconds']:g} s,",
                    f"{victim['rounds']} of each, in an order that changes; each is held against the same round's window in",
                    "which `true` was started, so that the cost of starting a program is not in the change. The row of the",
                    "same once more shows the noise.")
    yield from ("", *victim_table(victim), "")


def the_start(data):
    yield from ("## Where the time of a small look goes", "")
    yield sentences("CPU of a whole look at a process of a few mappings, beside less; then by part, from samples of perf.")
    yield from ("", *startup_lines(data["startup"]), "")


def not_measured(data):
    yield from ("## What was not measured", "")
    for line in (*NOT_MEASURABLE, *(f"{name}: {why}." for name, why in data["left_out"].items())):
        yield f"- {line}"


def text(data):
    """The whole page."""
    lines = [*head(data), *one_process(data), *the_walk(data)]
    for key, part in (("crowds", many_processes), ("locks", the_locks), ("victim", the_victim), ("startup", the_start)):
        if data.get(key):
            lines += part(data)
    return "\n".join([*lines, *not_measured(data)]) + "\n"
