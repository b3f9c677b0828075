# SPDX-License-Identifier: GPL-2.0-or-later
"""Time and memory against size, mappings and processes, by powers of ten, as one SVG picture of four panels."""

import math

WIDTH, HEIGHT = 980, 760
PANEL_WIDTH, PANEL_HEIGHT = 330, 280
LEFT, TOP, GAP_X, GAP_Y = 60, 40, 70, 90
LEGEND = 2 * (PANEL_WIDTH + GAP_X) + LEFT - 30

# name -> colour; one colour a program in all panels (Okabe and Ito's, which the colour-blind can tell apart).
SERIES = {
    "numaprobe": "#000000", "numaprobe --all": "#000000", "numaprobe -v": "#777777",
    "numastat -p": "#d55e00", "pmap -XX": "#cc79a7", "cat smaps": "#0072b2", "cat smaps_rollup": "#56b4e9",
    "cat numa_maps": "#e69f00", "pagemap reader": "#009e73", "PAGEMAP_SCAN": "#8c6d31", "page-types -p": "#b8a800",
    "memcpy of the page tables": "#bbbbbb",
}


def add(lines, name, x, y):
    if y > 0:
        lines.setdefault(name, []).append((x, y))


def by_size(targets, key):
    """program -> [(GiB, value)], of targets with base pages."""
    lines = {}
    for target in targets:
        if not target["size_gib"]:
            continue
        for name, row in target["programs"].items():
            if row and name not in ("numaprobe -J", "numaprobe --threads=2"):
                add(lines, name, target["size_gib"], row[key] / (1024 if key == "peak_kib" else 1))
        if target["walk"] and key == "cpu_ms":
            add(lines, "memcpy of the page tables", target["size_gib"], target["walk"]["scattered_ns"] / 1e6)
    return lines


def by_mappings(targets):
    lines = {}
    for target in targets:
        for name, row in target["programs"].items():
            if target["mappings"] and row and name not in ("numaprobe -J", "numaprobe --threads=2"):
                add(lines, name, target["mappings"], row["cpu_ms"])
    return lines


def by_processes(crowds):
    lines = {}
    for crowd in crowds:
        for name, row in crowd["programs"].items():
            if row:
                add(lines, name, crowd["processes"], row["cpu_ms"])
    return lines


def decades(values, least=1):
    first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return first, max(last, first + least)


def number(value):
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


class Panel:
    """One diagram with its own axes; x and y are logarithmic."""

    def __init__(self, left, top, title, x_title, lines, x_marks):
        self.left, self.top, self.lines = left, top, lines
        self.title, self.x_title, self.x_marks = title, x_title, x_marks
        values = [y for line in lines.values() for _, y in line]
        self.y_first, self.y_last = decades(values)
        self.x_first, self.x_last = math.log10(min(x_marks)) - 0.1, math.log10(max(x_marks)) + 0.1

    def x(self, value):
        return self.left + (math.log10(value) - self.x_first) / (self.x_last - self.x_first) * PANEL_WIDTH

    def y(self, value):
        share = (math.log10(value) - self.y_first) / (self.y_last - self.y_first)
        return self.top + (1 - share) * PANEL_HEIGHT

    def grid(self):
        bottom, right = self.top + PANEL_HEIGHT, self.left + PANEL_WIDTH
        yield f'<text x="{self.left}" y="{self.top - 12}" font-weight="bold">{self.title}</text>'
        yield (f'<text x="{self.left + PANEL_WIDTH / 2}" y="{bottom + 36}" text-anchor="middle">{self.x_title}</text>')
        for mark in self.x_marks:
            yield (f'<path d="M{self.x(mark):.1f} {self.top}V{bottom}" stroke="#dddddd"/>'
                   f'<text x="{self.x(mark):.1f}" y="{bottom + 17}" text-anchor="middle">{number(mark)}</text>')
        for power in range(self.y_first, self.y_last + 1):
            y = self.y(10.0**power)
            yield (f'<path d="M{self.left} {y:.1f}H{right}" stroke="#dddddd"/>'
                   f'<text x="{self.left - 6}" y="{y + 4:.1f}" text-anchor="end">{number(10.0 ** power)}</text>')

    def draw(self):
        yield from self.grid()
        # What matters most comes last, on top.
        for name in reversed([name for name in SERIES if name in self.lines]):
            points = [(self.x(x), self.y(y)) for x, y in sorted(self.lines[name])]
            width, dash = (3 if name == "numaprobe" else 1.5), dash_of(name)
            yield (f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="none" '
                   f'stroke="{SERIES[name]}" stroke-width="{width}"{dash}/>')
            for x, y in points:
                yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{width + 1:g}" fill="{SERIES[name]}"/>'


def dash_of(name):
    """What is no program, or looks at more than the others."""
    return ' stroke-dasharray="6 4"' if name in ("memcpy of the page tables", "numaprobe --all") else ""


def legend(names):
    y = TOP + 4
    for name in (name for name in SERIES if name in names):
        weight, width = ("bold", 3) if name == "numaprobe" else ("normal", 1.5)
        yield (f'<path d="M{LEGEND} {y - 4}h28" stroke="{SERIES[name]}" stroke-width="{width}"{dash_of(name)}/>'
               f'<text x="{LEGEND + 34}" y="{y}" font-weight="{weight}" font-size="11">{name}</text>')
        y += 19


def panels(targets, crowds):
    second_x, second_y = LEFT + PANEL_WIDTH + GAP_X, TOP + PANEL_HEIGHT + GAP_Y
    sizes = sorted({t["size_gib"] for t in targets if t["size_gib"]})
    mappings = sorted({t["mappings"] for t in targets if t["mappings"]})
    found = (
        (LEFT, TOP, "CPU time in ms, by size", "GiB of memory in 4-KiB pages", by_size(targets, "cpu_ms"), sizes),
        (second_x, TOP, "CPU time in ms, by mappings", "mappings", by_mappings(targets), mappings),
        (LEFT, second_y, "peak memory in MiB, by size", "GiB of memory in 4-KiB pages", by_size(targets, "peak_kib"), sizes),
        (second_x, second_y, "CPU time in ms, by processes", "processes of 4 MiB", by_processes(crowds),
         [c["processes"] for c in crowds]),
    )
    return [Panel(*panel) for panel in found if panel[4]]


def draw(targets, crowds):
    """The picture, of targets and crowds as bench/run keeps them."""
    drawn = panels(targets, crowds)
    names = {name for panel in drawn for name in panel.lines}
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + 60} {HEIGHT}" font-family="sans-serif" '
             'font-size="12">', "<!-- SPDX-License-Identifier: GPL-2.0-or-later -->",
             f'<rect width="{WIDTH + 60}" height="{HEIGHT}" fill="white"/>']
    for panel in drawn:
        parts.extend(panel.draw())
    parts.extend(legend(names))
    return "\n".join([*parts, "</svg>"]) + "\n"
