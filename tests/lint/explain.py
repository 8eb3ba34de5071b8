# SPDX-License-Identifier: MIT
"""There is a page for all that reports name; it says whether it is reported; its example compiles.

usage: explain.py PAGE_FOLDER COMPILER SOURCE...
"""

import re
import subprocess
import sys
from pathlib import Path

import tree

LATER = " (not reported yet)"
WIDTH = 84
HEADERS = ("fcntl.h", "holdwait.h", "pthread.h", "semaphore.h", "signal.h", "stdlib.h",
           "unistd.h")
INCLUDED = Path(__file__).parents[2] / "interpose"


def reported(sources):
    code = "".join(tree.text(Path(source)) for source in sources)
    rules = {f"HW{int(number):03}" for number in re.findall(r"HW_RULE_\w+ = (\d+)", code)}
    return rules, set(re.findall(r'\[HW_(?:VERDICT|REASON)_\w+\] = "([a-z-]+)"', code))


def check_example(name, text, compiler):
    match = re.search(r"^Example\n((?:    .*\n|\n)+)", text, flags=re.MULTILINE)
    if not match:
        yield f"{name} has no example"
        return
    program = "".join(f"#include <{header}>\n" for header in HEADERS) + match[1]
    result = subprocess.run([compiler, "-std=gnu11", "-Wall", "-Wno-unused-result", "-Werror",
                             "-I", str(INCLUDED), "-fsyntax-only", "-x", "c", "-"],
                            input=program, capture_output=True, text=True)
    if result.returncode:
        yield f"{name}: {result.stderr}"


def main():
    folder, compiler, *sources = sys.argv[1:]
    rules, words = reported(sources)
    pages = {path.stem: tree.text(path) for path in sorted(Path(folder).glob("*.txt"))}
    complaints = [f"there is no page '{name}'" for name in sorted((rules | words) - set(pages))]
    if not rules or not words:
        complaints.append("the sources name no rule, verdict or reason")
    for name, text in pages.items():
        later = text.split("\n")[0].endswith(LATER)
        if later == (name in rules | words):
            complaints.append(f"{name}: is reported, but '{LATER.strip()}'" if later else
                              f"{name}: is not reported, and does not say so")
        complaints += [f"{name}: '{line}' is too wide" for line in text.splitlines()
                       if len(line) > WIDTH]
        if name.startswith("HW"):
            complaints += check_example(name, text, compiler)
    tree.finish(complaints)


main()
