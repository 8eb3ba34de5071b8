# SPDX-License-Identifier: MIT
"""How many instructions the collector takes for an event, counted by callgrind.

usage: drained.py check|renew BUILD_FOLDER COMPILER

Those of its rounds alone, which read logs that tests/bench/drain.c writes, into a recording. As in
instructions.py a run of few events is taken from one of many, and the figures stand in its file,
as those of "collector, COMPILER".
"""

import re
import sys

import instructions
import run

# Twenty blocks of packed events apart.
FEW, MANY = 16384, 21 * 16384
SHAPES = ("mutex", "mutex-2", "mutex-8", "bursts", "nested", "nested-8", "held", "sem", "tries")


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


if __name__ == "__main__":
    verb, build, compiler = sys.argv[1:]
    sys.exit(instructions.main(verb, build, f"collector, {compiler}", count))
