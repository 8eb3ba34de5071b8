# SPDX-License-Identifier: MIT
"""How many instructions the collector takes for an event, counted by callgrind.

usage: drained.py check|renew BUILD_FOLDER COMPILER

Those of its rounds alone, which read logs that tests/bench/drain.c writes, into a recording. As in
instructions.py a run of few events is taken from one of many, and the figures stand in its file,
as those of "collector, COMPILER".
"""

import json
import re
import shutil
import sys

import run
from instructions import FILE, SKIPPED, committed, compare
from setting import Setting

# Twenty blocks of packed events apart.
FEW, MANY = 16384, 21 * 16384
SHAPES = ("mutex", "mutex-2", "nested", "held", "sem")


def count_run(program, shape, events, folder):
    file = folder / "callgrind.out"
    run.run(["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={file}",
             "--toggle-collect=hw_readers_round", program, shape, events], folder=folder)
    return int(re.search(r"^totals: (\d+)$", file.read_text(), re.MULTILINE)[1])


def count(setting):
    """Instructions an event, by shape."""
    program = setting.folder / "drain"
    # Valgrind cannot read all of clang's debug information.
    run.run(["strip", "-g", "-o", program, setting.build / "tests/bench/drain"])
    return {shape: round((count_run(program, shape, MANY, setting.folder) -
                          count_run(program, shape, FEW, setting.folder)) / (MANY - FEW), 1)
            for shape in SHAPES}


def check(setting, name):
    known = committed().get(name)
    if known is None:
        print(f"skipped: no figures of {name} are in {FILE.name}")
        return SKIPPED
    lines, grown = compare(count(setting), known)
    print("\n".join(lines))
    if grown:
        print("If that is meant: drained.py renew BUILD_FOLDER COMPILER, and commit it")
    return 1 if grown else 0


def renew(setting, name):
    figures = count(setting)
    FILE.write_text(json.dumps({**committed(), name: figures}, indent=1, sort_keys=True) + "\n",
                    encoding="utf-8")
    print(json.dumps(figures, indent=1))
    return 0


def main(verb, build, compiler):
    setting = Setting(build)
    try:
        if not shutil.which("valgrind"):
            print("skipped: valgrind is not installed")
            return SKIPPED
        return {"check": check, "renew": renew}[verb](setting, f"collector, {compiler}")
    except run.RunError as error:
        print(error)
        return 1
    finally:
        setting.close()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
