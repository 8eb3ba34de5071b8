# SPDX-License-Identifier: MIT
"""Measures holdwait, and the tools that do what it does, against the goals of goals.py.

usage: bench.py [--quick] [--rounds N] [--no-peers] [--output FOLDER] BUILD_FOLDER [GOAL...]
       bench.py --list

Prints a table of the goals; bench.json and bench.svg of the folder say the same (BUILD_FOLDER/bench
if none is given). A GOAL is an id of the table, or how some begin, up to a dash;
'instructions' counts these. Judges nothing: the exit status is 0 when there is something to show.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

import figures
import goals
import instructions
import machine
import svg
import table
from catalogue import WORKLOADS
from rounds import Runner, families
from run import RunError
from setting import Setting
from tools import TOOLS
from watch import Watch

ROUNDS, QUICK_ROUNDS = 7, 3
COUNTING = "instructions"
SLOW = ("helgrind", "drd")


def parse(arguments):
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true",
                        help="a minute or two: few rounds, calls only, no tool that takes long")
    parser.add_argument("--rounds", type=int, metavar="N", help=f"rounds of each ({ROUNDS})")
    parser.add_argument("--no-peers", action="store_true",
                        help="holdwait, and what it is compared with, only")
    parser.add_argument("--output", metavar="FOLDER", help="where bench.json and bench.svg go")
    parser.add_argument("--list", action="store_true", help="name the goals")
    parser.add_argument("build", nargs="?", metavar="BUILD_FOLDER")
    parser.add_argument("names", nargs="*", metavar="GOAL")
    # Goals may come after options as well as before.
    options = parser.parse_intermixed_args(arguments)
    if not options.list and not options.build:
        parser.error("which build folder?")
    return options


def choose(options):
    """The goals, and whether instructions are counted."""
    names = [name for name in options.names if name != COUNTING]
    counting = COUNTING in options.names or not options.names
    if options.names and not names:
        return [], counting
    chosen = goals.chosen(names)
    if options.quick and not names:
        chosen = [goal for goal in chosen if goal.id in goals.QUICK]
    return chosen, counting


def peers_wanted(options):
    """Which tools run besides those that a goal names."""
    def wanted(workload, tool):
        if options.no_peers:
            return False
        return not options.quick or (tool not in SLOW and workload == "mutex")
    return wanted


def say(text, passing=False):
    """On standard error; what is passing is overwritten on a terminal by what comes next."""
    if not sys.stderr.isatty():
        if not passing:
            print(text, file=sys.stderr)
        return
    print("\r\x1b[K" + text, end="" if passing else "\n", file=sys.stderr, flush=True)


def goal_row(goal, rounds, left_out):
    row = {"id": goal.id, "what": goal.what, "figure": goal.figure, "wanted": goal.wanted,
           "limit": goal.limit, "unit": goal.unit, "at_least": goal.at_least}
    figure = figures.of_goal(goal, rounds)
    # Some rounds may have gone well: that is no figure of something that fails in others.
    reasons = [left_out[key] for key in (goal.of, goal.of[0], goal.against) if key in left_out]
    if reasons or not figure:
        return {**row, "why": reasons[0] if reasons else "there is no figure"}
    return {**row, **figure._asdict(), "met": goal.is_met_by(figure.median)}


def pairing_rows(family, rounds):
    for pairing in family.pairings:
        slowdown = figures.of_pairing(pairing, rounds)
        if not slowdown:
            continue
        workload, tool = WORKLOADS[pairing[0]], TOOLS[pairing[1]]
        times = (slowdown.median, slowdown.least, slowdown.most)
        if workload.more_is_better:
            times = (1 / slowdown.median, 1 / slowdown.most, 1 / slowdown.least)
        yield {"workload": workload.name, "title": workload.title, "tool": tool.name,
               "unit": workload.unit, "part": tool.part if workload.can_be_less else 1,
               "slowdown": times[0], "least": times[1], "most": times[2],
               "native": figures.of_pairing(pairing, rounds, "native").median,
               "under": figures.of_pairing(pairing, rounds, "tool").median,
               "rounds": slowdown.rounds}


def all_rounds(rounds):
    """As JSON takes them."""
    return [{"/".join(key) if isinstance(key, tuple) else key:
             value._asdict() if isinstance(value, figures.Sample) else value
             for key, value in results.items()} for results in rounds]


def measure(runner, options):
    """What was measured until it was interrupted, if it was."""
    chosen, counting = choose(options)
    count = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    results = {"machine": machine.describe(runner.setting.holdwait), "goals": [],
               "pairings": [], "instructions": {}, "rounds": {}}
    wanted = peers_wanted(options)
    try:
        for family in families(chosen, wanted):
            rounds = runner.rounds(family, count)
            results["goals"] += [goal_row(goal, rounds, runner.left_out)
                                 for goal in family.goals]
            known = {(row["workload"], row["tool"]) for row in results["pairings"]}
            results["pairings"] += [row for row in pairing_rows(family, rounds)
                                    if (row["workload"], row["tool"]) not in known]
            results["rounds"][family.name] = all_rounds(rounds)
    except KeyboardInterrupt:
        if not results["goals"]:
            raise
        say("interrupted: here is what was measured until then")
        counting = False
    finally:
        runner.end()
    results["machine"]["watched"] = runner.tally.summary(runner.watch)
    if counting:
        results["instructions"] = count_instructions(runner)
    # What is said of a tool by itself need not be said again for each that would have used it.
    results["left_out"] = {key if isinstance(key, str) else " under ".join(key): why
                           for key, why in runner.left_out.items()
                           if isinstance(key, str) or why != runner.left_out.get(key[1])}
    return results


def count_instructions(runner):
    if not shutil.which("valgrind"):
        runner.left_out[COUNTING] = "'valgrind' is not installed"
        return {}
    say("counting instructions", passing=True)
    try:
        return instructions.count(runner.setting)
    except RunError as error:
        runner.left_out[COUNTING] = str(error)
        return {}


def show(results, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (folder / "bench.svg").write_text(svg.picture(results), encoding="utf-8")
    say("", passing=True)
    print("\n".join(machine.in_words(results["machine"])) + "\n")
    print(table.text(results))
    print(f"\n{folder}/bench.json and {folder}/bench.svg say the same")


def main(arguments):
    options = parse(arguments)
    if options.list:
        for goal in goals.GOALS:
            print(f"{goal.id:<18} {goal.what}: {goal.wanted}")
        return 0
    try:
        choose(options)
    except KeyError as error:
        print(f"bench: there is no goal {error}; --list names them", file=sys.stderr)
        return 2
    setting = Setting(options.build)
    try:
        results = measure(Runner(setting, say, Watch(setting.program("alone"))), options)
    except KeyboardInterrupt:
        return 130
    finally:
        setting.close()
    if not any("median" in goal for goal in results["goals"]) and not results["instructions"]:
        print(table.text(results), file=sys.stderr)
        return 1
    show(results, Path(options.output or setting.build / "bench"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
