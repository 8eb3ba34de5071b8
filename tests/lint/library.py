# SPDX-License-Identifier: MIT
"""What libholdwait.so brings into a traced program, and what it wants from there.

usage: library.py needed  LIBRARY            libc is the only other library it loads
       library.py exports LIBRARY MAP_FILE   it defines what the map file says, no more, no less
       library.py versions LIBRARY FILE      what the file lists is hidden from dlsym
       library.py imports LIBRARY ALLOWED    it uses nothing but the symbols listed
"""

import re
import subprocess
import sys
from pathlib import Path

import tree


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def symbols(library, option):
    """Dynamic symbols, without their versions; not the names of versions themselves."""
    lines = output_of("nm", "-D", option, library).splitlines()
    lines = [line for line in lines if line.split()[-2] != "A"]
    return {line.split()[-1].split("@")[0] for line in lines}


def check_needed(library):
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", output_of("readelf", "-dW", library))
    if needed != ["libc.so.6"]:
        yield f"it needs {', '.join(needed) or 'nothing'}; libc.so.6 and nothing else is right"
    for tag in re.findall(r"\((RPATH|RUNPATH)\)", output_of("readelf", "-dW", library)):
        yield f"it has a {tag}"


def check_exports(library, map_file):
    text = re.sub(r"/\*.*?\*/", "", Path(map_file).read_text(), flags=re.DOTALL)
    wanted = set(re.findall(r"^\s*(\w+);", text.split("local:")[0], flags=re.MULTILINE))
    there = symbols(library, "--defined-only")
    for name in sorted(wanted - there):
        yield f"'{name}' is in {Path(map_file).name}, but not in the library"
    for name in sorted(there - wanted):
        yield f"'{name}' is in the library, but not in {Path(map_file).name}"
    if not wanted:
        yield f"{map_file}: names no symbol"


def check_versions(library, versions_file):
    """What has a version has one that dlsym does not see (interpose/glib.h)."""
    text = re.sub(r"/\*.*?\*/", "", Path(versions_file).read_text(), flags=re.DOTALL)
    wanted = set(re.findall(r"^\s*(\w+);", text.split("local:")[0], flags=re.MULTILINE))
    names = [line.split()[-1] for line in
             output_of("nm", "-D", "--defined-only", library).splitlines()]
    hidden = {name.split("@")[0] for name in names if name.endswith("@HOLDWAIT") and "@@" not in name}
    for name in sorted(wanted ^ hidden):
        yield f"'{name}' must be @HOLDWAIT, and in {Path(versions_file).name}; it is only one of these"
    for name in names:
        if "@" in name and name.split("@")[0] not in hidden:
            yield f"'{name}' has a version: references with another one would not find it"
    if not re.search(r"Index: 2 .*Name: HOLDWAIT$", output_of("readelf", "-VW", library), re.MULTILINE):
        yield "HOLDWAIT is not its first version"


def check_imports(library, allowed_file):
    lines = Path(allowed_file).read_text().splitlines()
    allowed = {line.split()[0] for line in lines if line and not line.startswith("#")}
    for name in sorted(symbols(library, "--undefined-only") - allowed):
        yield f"it uses '{name}': may it do so inside any program, in any hook? " \
              f"Then say why in {Path(allowed_file).name}"


CHECKS = {"needed": check_needed, "exports": check_exports, "versions": check_versions,
          "imports": check_imports}

tree.finish(list(CHECKS[sys.argv[1]](*sys.argv[2:])))
