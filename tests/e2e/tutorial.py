# SPDX-License-Identifier: MIT
"""The tutorial is true: every command in it works, and prints what the page says.

usage: tutorial.py PAGE BUILD_FOLDER

The commands of the page are given to one shell, in an empty folder that has the build folder
in it. Numbers, spaces and where the source is do not count; a line of three dots stands for
any lines. A display without commands, after the name of a file, is what is in the file.
"""

import difflib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# Whoever runs this has done the first; tests/install.sh does the second.
DONE_ELSEWHERE = ("./bootstrap build", "meson install -C build")
# The dinner may really end in a deadlock, once in a long while.
TRIES = 3
MARK = "<end of output>"


def displays(page):
    """All displays, as lines, each with the name of a file when one stands right before it."""
    text = page.read_text(encoding="utf-8")
    for found in re.finditer(r"((?:.*\n){2})\.Bd -literal.*\n((?s:.*?))\.Ed\n", text):
        name = re.search(r"^\.Pa (\S+) :$", found[1], flags=re.MULTILINE)
        yield name and name[1], found[2].replace(r"\&", "").splitlines()


def commands(lines):
    """(command, what it prints)"""
    result = []
    for line in lines:
        if line.startswith("$ "):
            result.append((line[2:], []))
        else:
            result[-1][1].append(line)
    return result


class Shell:
    def __init__(self, folder):
        self.process = subprocess.Popen(["bash"], cwd=folder, text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)

    def run(self, command):
        self.process.stdin.write(f"{{ {command}\n}} < /dev/null\n"
                                 f"__status=$?; echo; echo '{MARK}'; (exit $__status)\n")
        self.process.stdin.flush()
        printed = []
        for line in self.process.stdout:
            if line.rstrip("\n") == MARK:
                return printed[:-1] if printed and not printed[-1] else printed
            printed.append(line.rstrip())
        return printed + ["<the shell ended>"]

    def finish(self):
        self.process.kill()
        self.process.wait()


def comparable(line):
    line = re.sub(r"--> \S*/demos/", "--> demos/", line)
    line = re.sub(r"(?<![\w-])\d+(\.\d+)?", "N", line)
    return " ".join(line.split())


def matches(said, printed):
    """Whether the lines are the same, where "..." is any number of them."""
    if not said:
        return not printed
    if said[0] == "...":
        return matches(said[1:], printed) or (bool(printed) and matches(said, printed[1:]))
    return bool(printed) and said[0] == printed[0] and matches(said[1:], printed[1:])


def check_command(shell, command, said):
    printed = [line for line in shell.run(command) if line]
    here = [comparable(line) for line in said if line]
    there = [comparable(line) for line in printed]
    if matches(here, there):
        return []
    return [f"$ {command}", *difflib.unified_diff(here, there, "the page", "the program",
                                                  lineterm="")]


def check(page, build):
    """What is wrong with the page."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "build").symlink_to(build)
        shell, count = Shell(folder), 0
        try:
            for name, lines in displays(page):
                if not lines[0].startswith("$ "):
                    (Path(folder) / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
                    continue
                for command, said in commands(lines):
                    if command in DONE_ELSEWHERE:
                        continue
                    wrong = check_command(shell, command, said)
                    if wrong:
                        return wrong
                    count += 1
        finally:
            shell.finish()
    return [] if count > 20 else [f"the page has only {count} commands"]


def main():
    sys.setrecursionlimit(10000)
    for _ in range(TRIES):
        wrong = check(Path(sys.argv[1]), Path(sys.argv[2]).resolve())
        if not wrong:
            return 0
        print("\n".join(wrong))
    return 1


sys.exit(main())
