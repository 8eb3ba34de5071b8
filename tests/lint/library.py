# SPDX-License-Identifier: MIT
"""What libholdwait.so brings into a traced program, and what it wants from there.

usage: library.py needed  LIBRARY            libc is the only other library it loads
       library.py exports LIBRARY MAP_FILE   it defines what the map file says, no more, no less
       library.py versions LIBRARY FILE      dlsym finds there what it would find without it
       library.py names LIBRARY              it defines all names that a function has in libc
       library.py storage LIBRARY            its thread-local storage needs no function
       library.py unwinder LIBRARY           it takes stacks in one call, not step by step
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


def names_and_versions(library):
    """For each defined name, its versions: "", "@VERSION" or, where it is the default, "@@VERSION"."""
    versions = {}
    for line in output_of("nm", "-D", "--defined-only", library).splitlines():
        address, kind, symbol = line.split()
        name, at, version = symbol.partition("@")
        if kind != "A":
            versions.setdefault(name, {})[at + version] = address
    return versions


def path_of_libc():
    return re.search(r"/\S*/libc\.so\.6$", Path("/proc/self/maps").read_text(), re.MULTILINE)[0]


def versions_like(theirs):
    """What ours must have, by what libc has: the first version of all is GLIBC_2.2.5 on x86-64."""
    if not any(version.startswith("@@") for version in theirs):
        return set(theirs) | ({"@HOLDWAIT"} if "@GLIBC_2.2.5" in theirs else set())
    return set(theirs) if len(set(theirs.values())) > 1 else {""}


def check_versions(library, versions_file):
    """
    Versions are as in libc: what dlsym does not find there it does not find here. What libc
    does not have, and the file lists as HOLDWAIT, is hidden from dlsym (interpose/glib.h).
    """
    text = re.sub(r"/\*.*?\*/", "", Path(versions_file).read_text(), flags=re.DOTALL)
    own = set(re.findall(r"^\s*(\w+);", text.split("local:")[0], flags=re.MULTILINE))
    libc = names_and_versions(path_of_libc())
    for name, versions in names_and_versions(library).items():
        if name in own:
            wanted = {"@HOLDWAIT"}
        else:
            wanted = versions_like(libc[name]) if name in libc else {""}
        if set(versions) != wanted:
            yield f"'{name}' is {sorted(versions)}; as things are it must be {sorted(wanted)}"
    if not re.search(r"Index: 2 .*Name: HOLDWAIT$", output_of("readelf", "-VW", library), re.MULTILINE):
        yield "HOLDWAIT is not its first version"


# Second names that are for an allocator's own use: intercepted, they would lead back to it.
FOR_ALLOCATORS = {"__libc_free", "__libc_realloc", "cfree"}


def check_names(library):
    """What has several names in libc is intercepted under all of them."""
    ours = set(names_and_versions(library))
    at = {}
    for name, versions in names_and_versions(path_of_libc()).items():
        for version, address in versions.items():
            if not version.endswith("@GLIBC_PRIVATE"):
                at.setdefault(address, set()).add(name)
    for names in at.values():
        if names & ours:
            for name in sorted(names - ours - FOR_ALLOCATORS):
                yield f"'{name}' is another name of '{min(names & ours)}', and not intercepted"


def check_storage(library):
    """Thread-local storage is there when a thread is: asking for it calls no function."""
    if not re.search(r"\(FLAGS\).*\bSTATIC_TLS\b", output_of("readelf", "-dW", library)):
        yield "its thread-local storage is not part of a thread's own (no DF_STATIC_TLS)"
    if "__tls_get_addr" in symbols(library, "--undefined-only"):
        yield "it uses '__tls_get_addr', which may call the program's malloc"
    for kind in re.findall(r"\bR_X86_64_(?:DTPMOD64|DTPOFF64|TLSDESC)\b", output_of("readelf", "-rW", library)):
        yield f"it has a relocation {kind}, of storage that is allocated at the first use"


def check_unwinder(library):
    """Of libunwind it asks for whole stacks: step by step takes seventy times as long."""
    functions = set(re.findall(r"^_?unw_\w+$", output_of("strings", "-n", "4", library), re.MULTILINE))
    if functions != {"unw_backtrace"}:
        yield f"it asks libunwind for {sorted(functions)}; unw_backtrace is all it may"


def check_imports(library, allowed_file):
    lines = Path(allowed_file).read_text().splitlines()
    allowed = {line.split()[0] for line in lines if line and not line.startswith("#")}
    for name in sorted(symbols(library, "--undefined-only") - allowed):
        yield f"it uses '{name}': may it do so inside any program, in any hook? " \
              f"Then say why in {Path(allowed_file).name}"


CHECKS = {"needed": check_needed, "exports": check_exports, "versions": check_versions,
          "names": check_names, "storage": check_storage, "unwinder": check_unwinder, "imports": check_imports}

tree.finish(list(CHECKS[sys.argv[1]](*sys.argv[2:])))
