# SPDX-License-Identifier: MIT
"""How many instructions holdwait adds to a pair of calls, counted by callgrind.

usage: instructions.py check|renew BUILD_FOLDER COMPILER

Unlike time this is the same on every machine, and each time: of a run of many pairs and one
of few the difference is taken, which has neither start nor end in it, and of this
that of the same without holdwait, which has neither the loop nor libc's part in it. What is
left depends on the compiler, so each has its figures in instructions.json, by its name and
first number ("gcc-12").

`check` fails when a figure is more than 5 % over the committed one. `renew` writes the figures
of this compiler anew, to be committed with what changed them.
"""

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

import run
from setting import Setting
from tools import lost_events

FILE = Path(__file__).parent / "instructions.json"
SLACK = 1.05
# Ten chunks of a log apart, so that a part of one more does not matter.
FEW, MANY = 1000, 11000
# Options of holdwait and of tests/bench/pair.c, by what the figure is called.
COUNTED = {
    "mutex": ((), ("mutex",)),
    "mutex, depth 1": (("--depth=1",), ("mutex",)),
    "mutex, depth 64": ((), ("-d", 64, "mutex")),
    "two nested": ((), ("nested",)),
    "64 held": ((), ("held",)),
    "sem": ((), ("sem",)),
    "rdlock": ((), ("rdlock",)),
    "wrlock": ((), ("wrlock",)),
    "spin": ((), ("spin",)),
}
# Of the build folder: holdwait, what it needs to record, and what is counted.
PARTS = ("analyzer/holdwait", "trace/holdwait-collector", "interpose/libholdwait.so",
         "tests/bench/pair")
SKIPPED = 77


class Stripped:
    """A copy of what is built, without debug information: Valgrind cannot read all of clang's."""

    def __init__(self, setting):
        self.folder = setting.folder / "stripped"
        for part in PARTS:
            (self.folder / part).parent.mkdir(parents=True, exist_ok=True)
            run.run(["strip", "-g", "-o", self.folder / part, setting.build / part])
        self.holdwait, self.pair = self.folder / PARTS[0], self.folder / PARTS[-1]


def count_run(built, prefix, arguments, folder):
    """Instructions of a whole run, all threads together."""
    file = folder / "callgrind.out"
    run.run([*prefix, "valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={file}",
             built.pair, *arguments], folder=folder)
    return int(re.search(r"^totals: (\d+)$", file.read_text(), re.MULTILINE)[1])


def a_pair(built, prefix, arguments, folder):
    """Instructions of a step, of which some are two pairs."""
    few, many = (count_run(built, prefix, ["-n", steps, *arguments], folder)
                 for steps in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def count(setting):
    """What holdwait adds, by what it is added to."""
    figures, native, built = {}, {}, Stripped(setting)
    for name, (options, arguments) in COUNTED.items():
        with tempfile.TemporaryDirectory(dir=setting.folder) as folder:
            folder = Path(folder)
            if arguments not in native:
                native[arguments] = a_pair(built, [], arguments, folder)
            recorded = a_pair(built, [built.holdwait, "record", "-q", *options, "-o",
                                      "holdwait.db", "--"], arguments, folder)
            if lost_events(folder / "holdwait.db"):
                raise run.RunError("events were lost")
        figures[name] = round(recorded - native[arguments], 1)
    return figures


def committed():
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


def compare(figures, known):
    """Lines of a table, and the names of what has grown too much, or was never counted."""
    lines, grown = [], []
    for name, figure in figures.items():
        before = known.get(name)
        if before is None:
            grown.append(name)
            lines.append(f"{name:<16} {figure:8.1f}  was never counted: renew")
            continue
        verdict = f"was {before:8.1f}  {100 * (figure / before - 1):+.1f} %"
        if figure > before * SLACK:
            grown.append(name)
            verdict += "  GROWN"
        elif figure * SLACK < before:
            verdict += "  less: renew, so that it stays so"
        lines.append(f"{name:<16} {figure:8.1f}  {verdict}")
    return lines, grown


def check(setting, compiler, counting):
    known = committed().get(compiler)
    if known is None:
        print(f"skipped: no figures of {compiler} are in {FILE.name}")
        return SKIPPED
    lines, grown = compare(counting(setting), known)
    print("\n".join(lines))
    if grown:
        print(f"If that is meant: {Path(sys.argv[0]).name} renew, and commit it")
    return 1 if grown else 0


def renew(setting, compiler, counting):
    figures = committed()
    figures[compiler] = counting(setting)
    FILE.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(json.dumps(figures[compiler], indent=1))
    return 0


def main(verb, build, compiler, counting=count):
    setting = Setting(build)
    try:
        if not shutil.which("valgrind"):
            print("skipped: valgrind is not installed")
            return SKIPPED
        return {"check": check, "renew": renew}[verb](setting, compiler, counting)
    except run.RunError as error:
        print(error)
        return 1
    finally:
        setting.close()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
