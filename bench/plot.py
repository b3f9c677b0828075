# SPDX-License-Identifier: GPL-2.0-or-later
"""CPU time against the size of the page tables, both by powers of ten, as an SVG picture."""

import math

WIDTH, HEIGHT = 860, 480
LEFT, RIGHT, TOP, BOTTOM = 70, 190, 20, 50
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999", "#000000", "#8c564b")


def series(targets):
    """program -> [(MiB of page tables, ms of CPU)], of targets whose pages are 4 KiB."""
    lines = {}
    for target in targets:
        if not target["walk"] or not target["specs"][0].startswith(("anon:", "zero:")) or "half" in target["specs"][0]:
            continue
        x = target["walk"]["table_bytes"] / 2**20
        lines.setdefault("memcpy of the tables", []).append((x, target["walk"]["memcpy_ns"] / 1e6))
        for program, row in target["programs"].items():
            if row and program not in ("numaprobe -v", "numaprobe -J"):
                lines.setdefault(program, []).append((x, row["cpu_ms"]))
    return {name: sorted(points) for name, points in lines.items()}


def scale(values, low, high):
    """A function from values to low..high, by logarithm, and its whole powers of ten."""
    first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    last = max(last, first + 1)
    return (lambda v: low + (math.log10(v) - first) / (last - first) * (high - low),
            [10.0 ** n for n in range(first, last + 1)])


def label(value):
    return f"{value:g}"


def draw(targets):
    lines = series(targets)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
           'font-size="12">', "<!-- SPDX-License-Identifier: GPL-2.0-or-later -->",
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
    if lines:
        points = [point for line in lines.values() for point in line]
        to_x, x_marks = scale([x for x, _ in points], LEFT, WIDTH - RIGHT)
        to_y, y_marks = scale([y for _, y in points], HEIGHT - BOTTOM, TOP)
        for x in x_marks:
            out.append(f'<path d="M{to_x(x):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#dddddd"/>'
                       f'<text x="{to_x(x):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{label(x)}</text>')
        for y in y_marks:
            out.append(f'<path d="M{LEFT} {to_y(y):.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>'
                       f'<text x="{LEFT - 8}" y="{to_y(y) + 4:.1f}" text-anchor="end">{label(y)}</text>')
        # The names stand at the ends of their lines, pushed apart where these are close.
        ends = sorted((to_y(line[-1][1]), name) for name, line in lines.items())
        text_y = TOP
        for number, (end_y, name) in enumerate(ends):
            line, colour = lines[name], COLOURS[number % len(COLOURS)]
            path = " ".join(f"{to_x(x):.1f},{to_y(y):.1f}" for x, y in line)
            width = 3 if name == "numaprobe" else 1.5
            dots = "".join(f'<circle cx="{to_x(x):.1f}" cy="{to_y(y):.1f}" r="3" fill="{colour}"/>' for x, y in line)
            text_y = max(text_y + 14, end_y + 4)
            weight = "bold" if name == "numaprobe" else "normal"
            out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>{dots}'
                       f'<text x="{to_x(line[-1][0]) + 10:.1f}" y="{text_y:.1f}" fill="{colour}" '
                       f'font-weight="{weight}">{name}</text>')
        out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">'
                   "MiB of page tables (2 MiB a GiB of 4-KiB pages)</text>"
                   f'<text transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">'
                   "ms of CPU, whole process</text>")
    out.append("</svg>")
    return "\n".join(out) + "\n"
