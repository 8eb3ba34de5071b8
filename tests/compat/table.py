# SPDX-License-Identifier: MIT
"""The table of programs that holdwait was tried with, in Markdown, for the README.

usage: table.py LOG STATUS

LOG is meson-logs/testlog.json after `meson test --suite compat`, STATUS what that ended
with. A test of the suite ends with a line of fields between tabs: row, name, package, version,
events, processes, threads, findings. After the table come the programs that were skipped and
those that failed, with what they said. The exit status is 0 when something passed
and nothing failed.
"""

import json
import sys

HEAD = ("program", "version", "events", "processes", "threads", "findings")


def last_line(test):
    lines = test.get("stdout", "").splitlines()
    return lines[-1] if lines else ""


def row_of(test):
    """The cells of a test that passed; None when it says nothing."""
    row, *cells = last_line(test).split("\t")
    if row != "row" or len(cells) != 7:
        return None
    name, package, version, *numbers = cells
    label = name.replace("_", " ")
    if package == name.replace("_", "-"):
        label = package
    else:
        label += f" ({package})"
    return [label, version] + [f"{int(number):,}" for number in numbers]


def markdown(rows):
    yield "| " + " | ".join(HEAD) + " |"
    yield "|---|---|--:|--:|--:|--:|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def name_of(test):
    return test["name"].split(" / ")[-1]


def main(log, status):
    with open(log, encoding="utf-8") as lines:
        tests = sorted((json.loads(line) for line in lines if line.strip()), key=name_of)
    rows, skipped, failed = [], [], []
    for test in tests:
        row = row_of(test) if test["result"] == "OK" else None
        if row:
            rows.append(row)
        elif test["result"] == "SKIP":
            skipped.append(f"{name_of(test)}: {last_line(test)}")
        else:
            failed.append(f"{name_of(test)} ({test['result']})\n{test.get('stdout', '')}")
    print("\n".join(markdown(rows)))
    print(f"\n{len(rows)} passed, {len(failed)} failed, {len(skipped)} skipped")
    print("\n".join(skipped + failed))
    return 0 if rows and not failed and status == "0" else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
