# SPDX-License-Identifier: MIT
"""Rounds: in each, everything that is compared runs once, and a native run right before it.

So what else the machine does meanwhile, or how warm it is, falls on both sides alike. Rounds in
which somebody else was at work in the same cores (watch.py) are made again.
"""

from typing import NamedTuple

from catalogue import WORKLOADS
from costs import COSTS
from figures import Sample
from run import RunError
from tools import NATIVE, TOOLS
from watch import Tally, choose

AGAIN = 2  # at most so many times as many rounds as were asked for


class Family(NamedTuple):
    """Goals that share their rounds."""
    name: str
    goals: list
    pairings: list  # (workload, tool) to run

    @property
    def is_cost(self):
        return self.name in COSTS


def families(goals, with_peers):
    """In the order of the goals; with_peers(family, tool) says which others run as well."""
    found = {}
    for goal in goals:
        family = found.setdefault(goal.of[0], Family(goal.of[0], [], []))
        family.goals.append(goal)
        if family.is_cost:
            continue
        # What it is compared with goes just before.
        for pairing in filter(None, (goal.against, goal.of)):
            if pairing not in family.pairings:
                family.pairings.append(pairing)
    for family in found.values():
        if not family.is_cost:
            family.pairings.extend(
                (family.name, tool) for tool in WORKLOADS[family.name].peers
                if with_peers(family.name, tool) and (family.name, tool) not in family.pairings)
    return list(found.values())


class Runner:
    """Runs families, and keeps why something could not be."""

    def __init__(self, setting, say, watch):
        self.setting, self.say, self.watch = setting, say, watch
        self.tally = Tally()
        self.left_out = {}  # (workload, tool) or a name: the reason
        self.ready = set()

    def begin(self, family):
        """Prepare what can be; what cannot is left out."""
        for pairing in list(family.pairings):
            workload, tool = WORKLOADS[pairing[0]], TOOLS[pairing[1]]
            reason = self.prepare(workload) or self.prepare(tool)
            if reason:
                family.pairings.remove(pairing)
                self.left_out[pairing] = reason

    def prepare(self, thing):
        if thing in self.ready:
            return None
        if thing.name in self.left_out:
            return self.left_out[thing.name]
        reason = thing.missing()
        if not reason:
            try:
                thing.begin(self.setting)
                self.ready.add(thing)
                return None
            except RunError as error:
                reason = str(error)
        self.left_out[thing.name] = reason
        self.say(f"{thing.name} is left out: {reason}")
        return reason

    def leave_out(self, family, pairing, reason):
        family.pairings.remove(pairing)
        self.left_out[pairing] = reason
        self.say(f"{' under '.join(pairing)} is left out: {reason}")

    def one_round(self, family):
        """Figures by key, or samples by pairing."""
        self.watch.begin()
        if family.is_cost:
            results = COSTS[family.name](self.setting)
            self.watch.look()
            return results
        results = {}
        for pairing in list(family.pairings):
            try:
                results[pairing] = self.sample(*pairing)
            except (RunError, OSError, ValueError) as error:
                self.leave_out(family, pairing, str(error))
        return results

    def sample(self, workload, tool):
        workload, tool = WORKLOADS[workload], TOOLS[tool]
        native = workload.run(NATIVE, tool.part)
        self.watch.look()
        sample = Sample(native, workload.run(tool, tool.part))
        self.watch.look()
        return sample

    def rounds(self, family, count):
        self.begin(family)
        rounds, rooms = [], []
        while (family.is_cost or family.pairings) and self.wants_more(rooms, count):
            again = " again" if len(rounds) >= count else ""
            self.say(f"{family.name}: round {len(rounds) % count + 1} of {count}{again}",
                     passing=True)
            try:
                rounds.append(self.one_round(family))
                rooms.append(self.watch.least)
            except (RunError, OSError, ValueError) as error:
                self.left_out[family.name] = str(error)
                self.say(f"{family.name} is left out: {error}")
                break
        chosen = choose(rooms, count)
        self.tally.add(self.watch, rooms, chosen)
        return [rounds[at] for at in chosen]

    def wants_more(self, rooms, count):
        good = sum(self.watch.had_enough(room) for room in rooms)
        return good < count and len(rooms) < AGAIN * count

    def end(self):
        for tool in TOOLS.values():
            if tool in self.ready:
                tool.end()
