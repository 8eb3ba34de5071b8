# SPDX-License-Identifier: MIT
"""What was measured as a picture: how near each goal is, and how the tools compare.

Both parts have a row for each thing and a logarithmic scale: what is twice as dear is as much
further to the right everywhere. In the first, 1 is the limit of the goal; left of it the goal is
met.
"""

import math
from html import escape

import watch
from table import number

WIDTH, LEFT, RIGHT, ROW, LINE, MARGIN = 980, 350, 230, 22, 15, 16
GOOD, BAD, PALE, INK = "#2b7a4b", "#b5332e", "#d8d8d8", "#222222"
# Okabe and Ito's colours, which nearly everybody can tell apart.
COLOURS = {
    "holdwait": "#0072b2", "holdwait-depth-1": "#56b4e9", "tsan-gcc": "#e69f00",
    "tsan-clang": "#d55e00", "helgrind": "#000000", "drd": "#777777", "lttng": "#009e73",
    "uftrace": "#cc79a7", "mutrace": "#f0e442",
}
STEPS = (1, 2, 5)


class Scale:
    """A logarithmic one that has room for all values, and for 1."""

    def __init__(self, values):
        least, most = min([*values, 1]), max([*values, 1])
        self.low, self.high = math.log10(least / 1.2), math.log10(most * 1.2)

    def x(self, value):
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def ticks(self):
        """Round numbers on it: 1, 2, 5, 10 ... or, when there is much of it, 1, 10, 100."""
        steps = STEPS if self.high - self.low < 2.2 else STEPS[:1]
        for power in range(math.floor(self.low), math.ceil(self.high)):
            for step in steps:
                value = step * 10.0 ** power
                if self.low <= math.log10(value) <= self.high:
                    yield value


def text(x, y, words, anchor="start", colour=INK, size=13, weight="normal"):
    return (f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}" font-size="{size}" '
            f'font-weight="{weight}">{escape(words)}</text>')


def axis(scale, top, bottom):
    for value in scale.ticks():
        x = scale.x(value)
        colour, width = (INK, 1.5) if value == 1 else (PALE, 1)
        yield (f'<line x1="{x}" y1="{top}" x2="{x}" y2="{bottom}" stroke="{colour}" '
               f'stroke-width="{width}"/>')
        yield text(x, bottom + 15, f"{value:g}", "middle", size=11)


def share_of_limit(goal):
    """1 where the limit is, less where the goal is met; kept within what a scale has room for."""
    figure, limit = goal["median"], goal["limit"]
    share = limit / max(figure, 1e-9) if goal["at_least"] else figure / limit
    return min(max(share, 0.01), 1000)


def goal_part(measured, top):
    shares = [share_of_limit(goal) for goal in measured]
    scale = Scale(shares)
    bottom = top + ROW * len(measured)
    yield from axis(scale, top - 4, bottom)
    for row, (goal, share) in enumerate(zip(measured, shares)):
        y, colour = top + ROW * row, GOOD if goal["met"] else BAD
        x, one = scale.x(share), scale.x(1)
        yield text(LEFT - 10, y + 15, goal["what"], "end")
        yield (f'<rect x="{min(x, one)}" y="{y + 4}" width="{max(abs(x - one), 1):.1f}" '
               f'height="{ROW - 8}" fill="{colour}"/>')
        yield text(WIDTH - RIGHT + 12, y + 15,
                   f'{number(goal["median"])} {goal["unit"]}', colour=colour, weight="bold")
        yield text(WIDTH - MARGIN, y + 15, goal["wanted"], "end")


def tool_part(rows, top):
    """A dot for each tool."""
    scale = Scale([pairing["slowdown"] for pairings in rows.values() for pairing in pairings])
    bottom = top + ROW * len(rows)
    yield from axis(scale, top - 4, bottom)
    for row, (title, pairings) in enumerate(rows.items()):
        y = top + ROW * row
        yield text(LEFT - 10, y + 15, title, "end")
        for pairing in reversed(pairings):
            yield (f'<circle cx="{scale.x(pairing["slowdown"])}" cy="{y + 11}" r="6" '
                   f'fill="{COLOURS.get(pairing["tool"], INK)}" stroke="white" '
                   'fill-opacity="0.85">'
                   f'<title>{escape(pairing["tool"])}: {number(pairing["slowdown"])}</title>'
                   '</circle>')


def legend(tools, top):
    for row, tool in enumerate(tools):
        y = top + ROW * row
        yield f'<circle cx="{WIDTH - RIGHT + 24}" cy="{y + 11}" r="6" fill="{COLOURS[tool]}"/>'
        yield text(WIDTH - RIGHT + 38, y + 15, tool)


def picture(results):
    measured = [goal for goal in results["goals"] if "median" in goal]
    rows = {}
    for pairing in results["pairings"]:
        rows.setdefault(pairing["title"], []).append(pairing)
    parts, y = [], MARGIN + 10
    if measured:
        parts.append(text(MARGIN, y + 4, "How near each goal is: 1 is its limit, left of it is met",
                          weight="bold", size=15))
        parts += goal_part(measured, y + 20)
        y += ROW * len(measured) + 70
    if rows:
        tools = [tool for tool in COLOURS
                 if any(pairing["tool"] == tool for pairing in results["pairings"])]
        parts.append(text(MARGIN, y + 4, "How many times slower each tool makes it",
                          weight="bold", size=15))
        parts += tool_part(rows, y + 20)
        parts += legend(tools, y + 20)
        y += ROW * max(len(rows), len(tools)) + 70
    machine = results["machine"]
    words = [f"{machine['holdwait']}, {machine['system']}, "
             f"{machine['processors']} x {machine['processor']}, {machine['date']}",
             *watch.in_words(machine["watched"])]
    for line in words:
        parts.append(text(MARGIN, y, line, size=11))
        y += LINE
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" '
            f'font-family="sans-serif">\n<rect width="100%" height="100%" fill="white"/>\n'
            + "\n".join(parts) + "\n</svg>\n")
