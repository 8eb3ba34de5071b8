# SPDX-License-Identifier: MIT
"""Only what passed is a row of the table, and what did not is named."""

import contextlib
import io
import json
import tempfile
import unittest

import table

ROW = "xz.db: complete\nrow\txz\txz-utils\t5.4.1-1\t3574\t1\t3\t0\n"


class Table(unittest.TestCase):
    def check(self, tests, status="0"):
        """The status and the text of a log with (name, result, stdout)."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as log:
            for name, result, stdout in tests:
                json.dump({"name": "holdwait:compat / " + name, "result": result,
                           "stdout": stdout}, log)
                log.write("\n")
            log.flush()
            with contextlib.redirect_stdout(io.StringIO()) as text:
                return table.main(log.name, status), text.getvalue()

    def test_row(self):
        status, text = self.check([("xz", "OK", ROW)])
        self.assertEqual(status, 0)
        self.assertIn("| xz (xz-utils) | 5.4.1-1 | 3,574 | 1 | 3 | 0 |", text)
        self.assertIn("1 passed, 0 failed, 0 skipped", text)

    def test_skipped(self):
        status, text = self.check([("xz", "OK", ROW), ("fio", "SKIP", "skipped: no fio\n")])
        self.assertEqual(status, 0)
        self.assertIn("fio: skipped: no fio", text)

    def test_failed(self):
        status, text = self.check([("xz", "OK", ROW), ("fio", "FAIL", "FAILED: why\n")])
        self.assertEqual(status, 1)
        self.assertIn("fio (FAIL)\nFAILED: why", text)

    def test_passed_without_a_row(self):
        self.assertEqual(self.check([("xz", "OK", "nothing\n")])[0], 1)

    def test_failed_after_its_row(self):
        status, text = self.check([("xz", "TIMEOUT", ROW)])
        self.assertEqual(status, 1)
        self.assertNotIn("| xz", text)

    def test_meson_failed(self):
        self.assertEqual(self.check([("xz", "OK", ROW)], "1")[0], 1)

    def test_nothing_passed(self):
        self.assertEqual(self.check([("fio", "SKIP", "skipped: no fio\n")])[0], 1)


if __name__ == "__main__":
    unittest.main()
