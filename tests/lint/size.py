# SPDX-License-Identifier: MIT
"""Lines, functions and files stay small enough to be read.

usage: size.py SOURCE_ROOT
"""

import sys
from pathlib import Path

import tree

WIDTH, FILE_LINES, FUNCTION_LINES, TAB = 100, 400, 70, 8

# A longer file needs a reason here.
LONG_FILES = {}


def check(relative, lines):
    if len(lines) > FILE_LINES and str(relative) not in LONG_FILES:
        yield f"{relative}: {len(lines)} lines; {FILE_LINES} at most"
    begin = None
    for number, line in enumerate(lines, 1):
        width = len(line.expandtabs(TAB))
        if width > WIDTH:
            yield f"{relative}:{number}: {width} columns; {WIDTH} at most"
        # By the style, only the body of a function begins with a lonely brace in column 1.
        if line == "{":
            begin = number
        elif line == "}" and begin:
            if number - begin - 1 > FUNCTION_LINES:
                yield f"{relative}:{begin}: a function of {number - begin - 1} lines; " \
                      f"{FUNCTION_LINES} at most"
            begin = None


def main():
    root = Path(sys.argv[1])
    complaints = []
    for path in tree.files(root, ".c", ".h"):
        complaints += check(path.relative_to(root), tree.text(path).splitlines())
    tree.finish(complaints)


main()
