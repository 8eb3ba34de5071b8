# SPDX-License-Identifier: MIT
"""Includes go one way only: who may use whom. And graphs are not searched by SQL.

usage: layers.py SOURCE_ROOT
"""

import re
import sys
from pathlib import Path

import tree

# The folders of the project whose headers a folder may include.
OWN = {
    "interpose": {"interpose", "trace"},
    "trace": {"trace"},
    "analyzer": {"analyzer", "trace"},
    "demos": {"demos"},
    "tests": {"analyzer", "demos", "interpose", "tests", "trace"},
}

# What the library and the collector have in common; the rest of trace/ is not for the library.
TRACE_FOR_INTERPOSE = {"trace/record.h", "trace/session.h"}

# Headers from outside libc, by how they begin, and who may include them.
FOREIGN = {
    "criterion/": {"tests"},
    "curl/": {"demos"},
    "dwarf.h": {"analyzer", "tests"},
    "elfutils/": {"analyzer", "tests"},
    "gelf.h": {"analyzer", "tests"},
    "graphviz/": {"analyzer", "tests"},
    "gvc.h": {"analyzer"},
    "jansson.h": {"analyzer", "tests"},
    "libelf.h": {"analyzer", "tests"},
    "libiberty/": {"analyzer"},
    "libunwind": {"analyzer"},
    "microhttpd.h": {"demos"},
    "sqlite3.h": {"analyzer", "tests", "trace"},
    "sqlite3ext.h": {"trace"},
    "zlib.h": {"tests"},
    "zstd.h": {"trace"},
}

# What the library runs inside a traced program must not use.
NOT_IN_INTERPOSE = {"assert.h", "malloc.h", "stdio.h"}

# A closure over a ring of 2,000 took SQLite 36 seconds; analyzer/digraph.c does a million at once.
SEARCH = re.compile(r'"[^"]*\bWITH RECURSIVE\b', re.IGNORECASE)

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def complain_of(folder, name, own):
    """Why this folder may not include this header, or None."""
    owner = name.split("/")[0] if "/" in name else None
    if own and owner is None:
        return None if folder == "tests" else "name it from the root of the project"
    if own and owner not in OWN[folder]:
        return f"{folder}/ may not use {owner}/"
    if own and folder == "interpose" and owner == "trace" and name not in TRACE_FOR_INTERPOSE:
        return "interpose/ may use the log format of trace/ only"
    if not own and folder == "interpose" and name in NOT_IN_INTERPOSE:
        return "not inside a traced program"
    for beginning, users in FOREIGN.items():
        if not own and name.startswith(beginning) and folder not in users:
            return f"{folder}/ may not use this library"
    return None


def main():
    root = Path(sys.argv[1])
    complaints = []
    seen = 0
    for path in tree.files(root, ".c", ".h", ".S"):
        relative = path.relative_to(root)
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            if relative.parts[0] != "tests" and SEARCH.search(line):
                complaints.append(f"{relative}:{number}: a search of a graph; do it in C")
            match = INCLUDE.match(line)
            if not match:
                continue
            seen += 1
            why = complain_of(relative.parts[0], match[2], match[1] == '"')
            if why:
                complaints.append(f"{relative}:{number}: {match[2]}: {why}")
    if not seen:
        complaints.append(f"{root}: no includes found; is this the source tree?")
    tree.finish(complaints)


main()
