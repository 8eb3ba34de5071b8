# SPDX-License-Identifier: MIT
"""Counts test cases after `meson test`, and shows what failed or was skipped.

usage: count.py LOG STATUS [LOG STATUS]...

LOG is meson-logs/testlog.json of a build folder, STATUS what `meson test` ended with
there. Ends with a line "N passed, N failed", and ", N skipped" if there are any;
the exit status is 0 when something passed and nothing failed.

A test program written with Criterion counts as many times as it has cases, as its
report says (CRITERION_VERBOSITY_LEVEL=1 makes it name each one); any other
program counts once. meson has the last word: a program that it says failed
(crashed, ran out of time) adds at least one failure, whatever its report says, and
so does a STATUS other than 0.
"""

import json
import re
import sys

SKIPPED = re.compile(r"^\[SKIP\] (\S+::.*)", re.MULTILINE)
SYNTHESIS = re.compile(r"^\[====\] Synthesis: Tested: (\d+) \| Passing: (\d+) ", re.MULTILINE)
UNINTERESTING = re.compile(r"\[(RUN |PASS|SKIP|====)\] ")
GOOD = {"OK", "EXPECTEDFAIL"}


def count_cases(report):
    """Passed, failed and skipped cases of a Criterion report; None when it is none."""
    synthesis = SYNTHESIS.search(report)
    if not synthesis:
        return None
    tested, passed = map(int, synthesis.groups())
    return passed, tested - passed, len(SKIPPED.findall(report))


def count_program(test):
    """Passed, failed and skipped of one entry of the log."""
    if test["result"] == "SKIP":
        return 0, 0, 1
    good = test["result"] in GOOD
    cases = count_cases(test.get("stderr", ""))
    if not cases:
        return (1, 0, 0) if good else (0, 1, 0)
    passed, failed, skipped = cases
    if not good:
        failed = max(failed, 1)
    elif not passed + failed + skipped:
        failed = 1  # a program of tests that has none
    return passed, failed, skipped


def what_to_show(test):
    """Lines that say why something failed, or was skipped."""
    output, report = test.get("stdout", ""), test.get("stderr", "")
    if test["result"] == "SKIP":
        yield f"skipped: {test['name']}: {output.strip() or 'it does not say why'}"
    for case in SKIPPED.findall(report):
        yield f"skipped: {case}"
    if count_program(test)[1]:
        yield f"failed: {test['name']} ({test['result']})"
        for line in (output + report).splitlines():
            if not UNINTERESTING.match(line):
                yield f"    {line}"


def count_log(tests, status):
    """Passed, failed and skipped of one run of `meson test`."""
    passed, failed, skipped = (sum(column) for column in
                               zip((0, 0, 0), *map(count_program, tests)))
    if not tests or (status and not failed):
        failed += 1
    return passed, failed, skipped


def main(arguments):
    totals = [0, 0, 0]
    for log, status in zip(arguments[::2], arguments[1::2]):
        try:
            with open(log, encoding="utf-8") as lines:
                tests = [json.loads(line) for line in lines if line.strip()]
            for line in (line for test in tests for line in what_to_show(test)):
                print(line)
            counts = count_log(tests, int(status))
        except OSError as error:
            print(f"{error.filename}: {error.strerror}", file=sys.stderr)
            counts = 0, 1, 0
        totals = [sum(pair) for pair in zip(totals, counts)]
    passed, failed, skipped = totals
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
