# SPDX-License-Identifier: MIT
"""The files of the source tree, and how a check tells what it found."""

import sys
from pathlib import Path

FOLDERS = ("analyzer", "demos", "interpose", "man", "tests", "trace")
TOP_FILES = (
    ".ci/run", ".clang-format", ".gitignore", "HACKING.md", "LICENSE", "README.md", "bootstrap",
    "meson.build",
)
GENERATED = {"__pycache__"}


def files(root, *suffixes):
    """All files of the tree that end in one of the suffixes; without any, all files."""
    root = Path(root)
    found = [root / name for name in TOP_FILES]
    for folder in FOLDERS:
        found += (root / folder).rglob("*")
    return sorted(
        path for path in found
        if path.is_file() and not GENERATED & set(path.parts)
        and (not suffixes or path.name.endswith(suffixes)))


def text(path):
    return path.read_text(encoding="utf-8")


def finish(complaints):
    """Print what is wrong; the exit status says whether anything is."""
    for complaint in complaints:
        print(complaint)
    sys.exit(1 if complaints else 0)
