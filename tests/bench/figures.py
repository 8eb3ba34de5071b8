# SPDX-License-Identifier: MIT
"""From what the rounds gave to one figure: the median, and how far the rounds are apart."""

from statistics import median
from typing import NamedTuple


class Sample(NamedTuple):
    """One run under a tool, and the native one just before it."""
    native: float
    tool: float

    @property
    def slowdown(self):
        return self.tool / self.native

    @property
    def added(self):
        return self.tool - self.native


class Figure(NamedTuple):
    median: float
    least: float
    most: float
    rounds: int


def slowdown(goal, results):
    return results[goal.of].slowdown


def throughput(goal, results):
    """Percent; of a rate, so more is better."""
    return 100 * results[goal.of].slowdown


def compared(goal, results):
    """Of two tools. Each has a native run of its own, just before it."""
    return results[goal.of].slowdown / results[goal.against].slowdown


def added(goal, results):
    return results[goal.of].added / results[goal.against].added


def value(goal, results):
    return results[goal.of[1]]


FIGURES = {function.__name__: function
           for function in (slowdown, throughput, compared, added, value)}


def sum_up(values):
    return Figure(median(values), min(values), max(values), len(values)) if values else None


def of_goal(goal, rounds):
    """The figure of the rounds that have what the goal needs; None when none has."""
    values = []
    for results in rounds:
        try:
            values.append(FIGURES[goal.figure](goal, results))
        except (KeyError, ZeroDivisionError):
            continue
    return sum_up(values)


def of_pairing(pairing, rounds, field="slowdown"):
    return sum_up([getattr(results[pairing], field) for results in rounds if pairing in results])
