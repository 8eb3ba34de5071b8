# SPDX-License-Identifier: MIT
"""Whether a benchmark has its processors for itself.

What is measured says nothing when somebody else is at work in the same cores: a neighbour on the
same host, whom no load average knows. Then there is less room in a core, which tests/bench/alone.c
tells; the most that was ever seen is what there is room for when nobody is. A round in which there
was less counts only where there are not enough others.
"""

import sys

import run

FIRST_LOOKS = 20
ENOUGH = 0.85  # of the most room there ever was


class Watch:
    """Looks at the processors between runs."""

    def __init__(self, program):
        self.program = program
        self.most = 0.0    # additions at once
        self.least = None  # since begin()
        self.lines_ns = []
        for _ in range(FIRST_LOOKS):
            self.look()

    def look(self):
        try:
            room, line_ns = map(float, run.run([self.program]).output.split())
        except (OSError, run.RunError) as error:
            sys.exit(f"bench: cannot look at the processors: {error}")
        self.most = max(self.most, room)
        self.least = room if self.least is None else min(self.least, room)
        self.lines_ns.append(line_ns)

    def begin(self):
        """A round: from here on the least room counts."""
        self.least = None
        self.look()

    def had_enough(self, room):
        return room >= ENOUGH * self.most


def choose(rooms, count):
    """Of rounds by the room they had, the `count` with the most, in their order."""
    best = sorted(range(len(rooms)), key=lambda at: -rooms[at])[:count]
    return sorted(best)


class Tally:
    """How many rounds were made, how many of these had too little room, and how many still count."""

    def __init__(self):
        self.made = self.disturbed = self.counted = 0

    def add(self, watch, rooms, chosen):
        self.made += len(rooms)
        self.disturbed += sum(not watch.had_enough(room) for room in rooms)
        self.counted += sum(not watch.had_enough(rooms[at]) for at in chosen)

    def summary(self, watch):
        return {"rounds": self.made, "disturbed": self.disturbed, "counted": self.counted,
                "line_ns": [min(watch.lines_ns), max(watch.lines_ns)]}


def in_words(watched):
    low, high = watched["line_ns"]
    if high:
        yield f"a line of memory takes {low:.0f} to {high:.0f} ns to another processor and back"
    if watched["disturbed"]:
        yield (f"in {watched['disturbed']} of {watched['rounds']} rounds somebody else was at work "
               f"in the same cores; {watched['counted']} of them count, for want of others")
