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


def entry(result, stderr=None):
    test = {"name": "holdwait:unit / table", "result": result}
    if stderr is not None:
        test["stderr"] = stderr
    return json.dumps(test) + "\n"


class CountLog(unittest.TestCase):
    def check(self, expected, lines, status=0):
        self.assertEqual(count.count_log(lines, status), expected)

    def test_cases_of_a_program(self):
        self.check((2, 2, 1), [entry("FAIL", REPORT)], 1)

    def test_programs_without_cases(self):
        self.check((2, 1, 1), [entry("OK"), entry("OK", "a warning\n"), entry("FAIL"),
                               entry("SKIP")], 1)

    def test_failures_sum_up(self):
        self.check((9, 2, 1), [entry("OK", ALL_PASS), "\n", entry("FAIL", REPORT)], 1)

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


class Main(unittest.TestCase):
    def run_main(self, *logs):
        """Each log is (lines, status); what is printed, and the exit status."""
        arguments = []
        with contextlib.ExitStack() as files, contextlib.redirect_stdout(io.StringIO()) as out:
            for lines, status in logs:
                file = files.enter_context(tempfile.NamedTemporaryFile("w"))
                file.write("".join(lines))
                file.flush()
                arguments += [file.name, str(status)]
            status = count.main(arguments)
        return out.getvalue(), status

    def test_all_passed(self):
        self.assertEqual(self.run_main(([entry("OK")], 0), ([entry("OK", ALL_PASS)], 0)),
                         ("8 passed, 0 failed\n", 0))

    def test_failures_of_any_log(self):
        self.assertEqual(self.run_main(([entry("OK")], 0), ([entry("FAIL", REPORT)], 1)),
                         ("3 passed, 2 failed, 1 skipped\n", 1))

    def test_nothing_but_skips(self):
        self.assertEqual(self.run_main(([entry("SKIP")], 0)),
                         ("0 passed, 0 failed, 1 skipped\n", 1))

    def test_a_log_that_is_not_there(self):
        with contextlib.redirect_stderr(io.StringIO()), \
             contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertEqual(count.main(["no/such/log.json", "0"]), 1)
        self.assertEqual(out.getvalue(), "0 passed, 1 failed\n")

    def test_no_log_at_all(self):
        self.assertEqual(self.run_main(), ("0 passed, 0 failed\n", 1))


if __name__ == "__main__":
    unittest.main()
