# SPDX-License-Identifier: MIT
"""Every file of code says its licence, in the first or (after #!) second line.

usage: licence.py SOURCE_ROOT
"""

import sys
from pathlib import Path

import tree

CODE = (".c", ".cc", ".h", ".S", ".map", ".py", ".rs", ".sh", ".sql", ".1", ".5", ".7",
        "meson.build", "bootstrap", ".ci/run")
LINE = "SPDX-License-Identifier: MIT"


def main():
    root = Path(sys.argv[1])
    complaints = []
    checked = 0
    for path in tree.files(root):
        relative = path.relative_to(root)
        if not str(relative).endswith(CODE):
            continue
        lines = tree.text(path).splitlines() or [""]
        first = 1 if lines[0].startswith("#!") and len(lines) > 1 else 0
        checked += 1
        if LINE not in lines[first]:
            complaints.append(f"{relative}:{first + 1}: no line '{LINE}'")
    if not checked:
        complaints.append(f"{root}: no code found; is this the source tree?")
    tree.finish(complaints)


main()
