# SPDX-License-Identifier: MIT
"""What was measured as text: the goals, the tools side by side, the instructions."""

from tools import TOOLS


def number(value):
    """With as many places as say something."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def columns(rows, right=()):
    """Rows of cells, side by side; `right` are the columns of numbers."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.rjust(width) if i in right else cell.ljust(width)
                        for i, (cell, width) in enumerate(zip(row, widths))).rstrip()


def goals(results):
    rows = [("goal", "what", "wanted", "is", "from", "to", "")]
    for goal in results["goals"]:
        if "median" in goal:
            figures = [number(goal[key]) for key in ("median", "least", "most")]
            verdict = "met" if goal["met"] else "NOT MET"
        else:
            figures, verdict = ["-"] * 3, f"not measured: {goal['why']}"
        rows.append((goal["id"], goal["what"], f"{goal['wanted']}", *figures, verdict))
    yield from columns(rows, right=(3, 4, 5))
    if any(goal["figure"] == "added" for goal in results["goals"]):
        yield "added: what holdwait adds to such a pair, in terms of what it adds to a mutex's pair"


def tools(results):
    """Each workload with the tools it ran under: how many times slower, the median of rounds."""
    used = {pairing["tool"] for pairing in results["pairings"]}
    names = [name for name in TOOLS if name in used]
    cells = {}
    for pairing in results["pairings"]:
        cell = number(pairing["slowdown"]) + ("*" if pairing["part"] < 1 else "")
        cells.setdefault(pairing["workload"], {})[pairing["tool"]] = cell
    if not cells:
        return
    native = {pairing["workload"]: f"{number(pairing['native'])} {pairing['unit']}"
              for pairing in results["pairings"] if pairing["tool"].startswith("holdwait")}
    rows = [("times slower", "native", *names)]
    rows += [(workload, native.get(workload, ""), *(row.get(name, "") for name in names))
             for workload, row in cells.items()]
    yield from columns(rows, right=range(1, len(rows[0])))
    if any("*" in cell for row in cells.values() for cell in row.values()):
        yield "* with a part of the work, the native run before it too"


def instructions(results):
    if not results["instructions"]:
        return
    rows = [("instructions added to a pair", "")]
    rows += [(name, number(figure)) for name, figure in results["instructions"].items()]
    yield from columns(rows, right=(1,))


def left_out(results):
    for what, why in results["left_out"].items():
        yield f"left out: {what}: {why}"


def text(results):
    parts = (goals(results), tools(results), instructions(results), left_out(results))
    met = [goal["met"] for goal in results["goals"] if "met" in goal]
    blocks = ["\n".join(part) for part in parts]
    blocks.append(f"{sum(met)} of {len(met)} goals met")
    return "\n\n".join(block for block in blocks if block)
