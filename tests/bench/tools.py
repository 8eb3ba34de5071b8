# SPDX-License-Identifier: MIT
"""Tools that a program is run under: none, holdwait, and what else Debian has."""

import shutil
import sqlite3
from glob import glob

import lttng
from run import RunError, missing, run


class Tool:
    """Runs the program as it is; the others are made of it.

    A tool is on: it is ready between begin() and end(), which are called once for a whole
    benchmark. `part` is how much of the work of a real program it is given, the native run
    before it the same.
    """

    def __init__(self, name, package=None, needs=(), part=1.0):
        self.name, self.package, self.needs, self.part = name, package, needs, part
        self.setting = None

    def missing(self):
        """Why it cannot be used here; None when it can."""
        return missing(self.needs)

    def begin(self, setting):
        self.setting = setting

    def end(self):
        pass

    def prefix(self):
        """The words before a command; they are taken in the folder where it runs."""
        return []

    def command(self, program, arguments, timed=()):
        """What to execute; `timed` are words that measure the program alone."""
        return [*timed, *self.prefix(), self.build(program), *arguments]

    def build(self, program):
        """The program in the form this tool needs; the path of one of ours may change."""
        return program

    def before(self, folder):
        """Just before each run, in its folder."""

    def after(self, folder):
        """Just after each run."""

    def check(self, folder):
        """Once a run is over: RunError when what the tool has recorded is not all of it."""


class Holdwait(Tool):
    def __init__(self, name, *options):
        super().__init__(name)
        self.options = options

    def prefix(self):
        return [self.setting.holdwait, "record", "-q", *self.options, "-o", "holdwait.db", "--"]

    def command(self, program, arguments, timed=()):
        return [*self.prefix(), *timed, program, *arguments]

    def check(self, folder):
        lost = lost_events(folder / "holdwait.db")
        if lost:
            raise RunError(f"{lost} events were lost")


def lost_events(path):
    """How many a recording lacks, by what it says itself."""
    try:
        recording = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        meta = dict(recording.execute("SELECT key, value FROM meta"))
        recording.close()
    except sqlite3.Error as error:
        raise RunError(f"the recording cannot be read: {error}") from error
    if meta.get("complete") != 1:
        raise RunError("the recording is not complete")
    return meta["lost"]


class Sanitizer(Tool):
    """ThreadSanitizer: our own programs, compiled again."""

    def __init__(self, name, compiler, package):
        super().__init__(name, package, (compiler,))
        self.compiler = compiler

    def build(self, program):
        return self.setting.compile(program, self.compiler, "-fsanitize=thread")


class Uftrace(Tool):
    def prefix(self):
        return ["uftrace", "record", "--force", "--no-event", "-d", "uftrace.data"]


class Prefix(Tool):
    """A tool that is a command before the command."""

    def __init__(self, name, package, *command, part=1.0):
        super().__init__(name, package, command[:1], part)
        self.words = list(command)

    def prefix(self):
        return self.words


class Lttng(Tool):
    """LTTng's wrapper of pthread_mutex_*: with thread and place, nothing lost."""

    def __init__(self):
        super().__init__("lttng", "liblttng-ust1", ("lttng", "lttng-sessiond"))
        self.daemon, self.recorded_bytes = None, 0

    def library(self):
        found = glob("/usr/lib/*/liblttng-ust-pthread-wrapper.so.*[0-9]")
        return min(found, key=len) if found else None

    def missing(self):
        return super().missing() or \
            (None if self.library() else "LTTng's wrapper of pthread is not installed")

    def begin(self, setting):
        super().begin(setting)
        self.daemon = lttng.Daemon(setting.folder / "lttng.log")

    def end(self):
        if self.daemon:
            self.daemon.end()

    def prefix(self):
        return ["env", "LTTNG_UST_ALLOW_BLOCKING=1", f"LD_PRELOAD={self.library()}"]

    def before(self, folder):
        lttng.create(folder / "lttng")

    def after(self, folder):
        self.recorded_bytes = lttng.destroy(folder / "lttng")

    def check(self, folder):
        # That of an empty trace is its description, and no more.
        if self.recorded_bytes < LTTNG_LEAST_BYTES:
            raise RunError("lttng recorded nothing")


VALGRIND_PART = 0.02
LTTNG_LEAST_BYTES = 65536

NATIVE = Tool("native")
TOOLS = {tool.name: tool for tool in (
    NATIVE,
    Holdwait("holdwait"),
    Holdwait("holdwait-depth-1", "--depth=1"),
    Sanitizer("tsan-gcc", "gcc", "gcc"),
    Sanitizer("tsan-clang", "clang", "clang"),
    Prefix("helgrind", "valgrind", "valgrind", "-q", "--tool=helgrind", part=VALGRIND_PART),
    Prefix("drd", "valgrind", "valgrind", "-q", "--tool=drd", part=VALGRIND_PART),
    Lttng(),
    Uftrace("uftrace", "uftrace", ("uftrace",)),
    Prefix("mutrace", "mutrace", "mutrace"),
)}


def version(tool):
    """That of its package, where Debian's package manager knows it."""
    if not tool.package or not shutil.which("dpkg-query"):
        return None
    spent = run(["dpkg-query", "-W", "-f", "${Version}", tool.package], wanted=(0, 1))
    return spent.output or None

