# SPDX-License-Identifier: MIT
"""Whatever meson says failed must be counted as failed."""

import contextlib
import io
import json
import tempfile
import unittest

import count

REPORT = """\
[----] Criterion v2.4.1
[====] Running 5 tests from table:
[RUN ] table::grows
[PASS] table::grows: (0.00s)
[RUN ] table::finds
[PASS] table::finds: (0.00s)
[RUN ] table::loses
[FAIL] table::loses: (0.00s)
[RUN ] table::breaks
[FAIL] table::breaks: CRASH!
[RUN ] table::waits
[SKIP] table::waits: no memcached here
[====] Synthesis: Tested: 4 | Passing: 2 | Failing: 2 | Crashing: 1 
"""
ALL_PASS = "[====] Synthesis: Tested: 7 | Passing: 7 | Failing: 0 | Crashing: 0 \n"


def entry(result, stderr=None, stdout=""):
    test = {"name": "holdwait:unit / table", "result": result, "stdout": stdout}
    if stderr is not None:
        test["stderr"] = stderr
    return test


class CountLog(unittest.TestCase):
    def check(self, expected, tests, status=0):
        self.assertEqual(count.count_log(tests, status), expected)

    def test_cases_of_a_program(self):
        self.check((2, 2, 1), [entry("FAIL", REPORT)], 1)

    def test_programs_without_cases(self):
        self.check((2, 1, 1), [entry("OK"), entry("OK", "a warning\n"), entry("FAIL"),
                               entry("SKIP")], 1)

    def test_failures_sum_up(self):
        self.check((9, 2, 1), [entry("OK", ALL_PASS), entry("FAIL", REPORT)], 1)

    def test_every_bad_result_fails(self):
        for result in "FAIL", "TIMEOUT", "ERROR", "INTERRUPT", "UNEXPECTEDPASS", "anything":
            self.check((0, 1, 0), [entry(result)], 1)

    def test_a_good_report_does_not_hide_a_bad_end(self):
        self.check((7, 1, 0), [entry("FAIL", ALL_PASS)], 1)
        self.check((7, 1, 0), [entry("TIMEOUT", ALL_PASS)], 1)

    def test_a_bad_report_does_not_hide_behind_a_good_end(self):
        self.check((2, 2, 1), [entry("OK", REPORT)])

    def test_a_report_cut_short_counts_once(self):
        self.check((0, 1, 0), [entry("TIMEOUT", REPORT[:200])], 1)

    def test_a_program_of_no_tests_fails(self):
        self.check((0, 1, 0), [entry("OK", ALL_PASS.replace("7", "0"))])

    def test_meson_has_the_last_word(self):
        self.check((1, 1, 0), [entry("OK")], 2)
        self.check((7, 1, 0), [entry("OK", ALL_PASS)], 125)

    def test_an_empty_log_fails(self):
        self.check((0, 1, 0), [])


class Show(unittest.TestCase):
    def check(self, expected, test):
        self.assertEqual(list(count.what_to_show(test)), expected)

    def test_nothing_of_what_passed(self):
        self.check([], entry("OK", ALL_PASS, "chatter\n"))

    def test_failed_cases_without_those_that_passed(self):
        self.check(["skipped: table::waits: no memcached here",
                    "failed: holdwait:unit / table (FAIL)",
                    "    [----] Criterion v2.4.1",
                    "    [FAIL] table::loses: (0.00s)",
                    "    [FAIL] table::breaks: CRASH!"], entry("FAIL", REPORT))

    def test_output_of_a_failed_program(self):
        self.check(["failed: holdwait:unit / table (TIMEOUT)", "    last words"],
                   entry("TIMEOUT", stdout="last words\n"))

    def test_why_a_program_was_skipped(self):
        self.check(["skipped: holdwait:unit / table: no nginx"],
                   entry("SKIP", stdout="no nginx\n"))


class Main(unittest.TestCase):
    def run_main(self, *logs):
        """Each log is (tests, status); the last line printed, and the exit status."""
        arguments = []
        with contextlib.ExitStack() as files, contextlib.redirect_stdout(io.StringIO()) as out:
            for tests, status in logs:
                file = files.enter_context(tempfile.NamedTemporaryFile("w"))
                # meson puts an empty line behind each.
                file.write("".join(json.dumps(test) + "\n\n" for test in tests))
                file.flush()
                arguments += [file.name, str(status)]
            status = count.main(arguments)
        return out.getvalue().splitlines()[-1], status

    def test_all_passed(self):
        self.assertEqual(self.run_main(([entry("OK")], 0), ([entry("OK", ALL_PASS)], 0)),
                         ("8 passed, 0 failed", 0))

    def test_failures_of_any_log(self):
        self.assertEqual(self.run_main(([entry("OK")], 0), ([entry("FAIL", REPORT)], 1)),
                         ("3 passed, 2 failed, 1 skipped", 1))

    def test_nothing_but_skips(self):
        self.assertEqual(self.run_main(([entry("SKIP")], 0)),
                         ("0 passed, 0 failed, 1 skipped", 1))

    def test_a_log_that_is_not_there(self):
        with contextlib.redirect_stderr(io.StringIO()), \
             contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertEqual(count.main(["no/such/log.json", "0"]), 1)
        self.assertEqual(out.getvalue(), "0 passed, 1 failed\n")

    def test_no_log_at_all(self):
        self.assertEqual(self.run_main(), ("0 passed, 0 failed", 1))


if __name__ == "__main__":
    unittest.main()
