# SPDX-License-Identifier: MIT
"""Where a benchmark runs: the build, a folder to work in, and what was made there."""

import os
import random
import shutil
import tempfile
from pathlib import Path

import run

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Debian's programs, not what somebody has put before them.
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
PROGRAMS = {
    "pair": "tests/bench/pair", "timed": "tests/bench/timed", "scale": "tests/bench/scale",
    "codec": "tests/bench/codec", "fresh": "tests/bench/fresh", "alone": "tests/bench/alone",
    "sqlite_threads": "tests/fixtures/sqlite_threads",
}
# What ours are made of, to be compiled again for the tools that want that.
SOURCES = {
    "pair": ("tests/bench/pair.c", "tests/bench/pair_shapes.c"),
    "sqlite_threads": ("tests/fixtures/sqlite_threads.c", "-lsqlite3"),
}


class Setting:
    """Ends with close(), which removes its folder."""

    def __init__(self, build, quick=False):
        os.environ["PATH"] = PATH
        self.build = Path(build).resolve()
        self.holdwait = self.build / "analyzer/holdwait"
        self.folder = Path(tempfile.mkdtemp(prefix="holdwait-bench-"))
        self.folder.chmod(0o755)
        # Servers that may not be root fill it, too.
        self.cache = self.folder / "cache"
        self.cache.mkdir()
        self.pair_seconds = 0.1 if quick else 0.3
        self.server_seconds = 5
        self.compiled = {}

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def program(self, name):
        return self.build / PROGRAMS[name]

    def compile(self, program, compiler, *options):
        """The path of one of our programs as this compiler makes it with these options."""
        name = Path(program).name
        key = (name, compiler, *options)
        if key not in self.compiled:
            path = self.folder / "-".join(word.strip("-").replace("=", "-") for word in key)
            sources = [word if word.startswith("-") else ROOT / word for word in SOURCES[name]]
            run.run([compiler, "-std=gnu11", "-D_GNU_SOURCE", "-O2", "-g", "-pthread", "-I", ROOT,
                     *options, "-o", path, *sources])
            self.compiled[key] = path
        return self.compiled[key]

    def make_data(self, mib):
        """A file of so many MiB, the same every time, of which half can be compressed."""
        path = self.folder / f"data.{mib}"
        if not path.exists():
            numbers = random.Random(1)
            text = (b"hold and wait\n" * 40000)[:1 << 19]
            with open(path, "wb") as file:
                for _ in range(mib):
                    file.write(numbers.randbytes(1 << 19) + text)
        return path
