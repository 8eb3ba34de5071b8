# SPDX-License-Identifier: MIT
"""One run of a program: what it printed, how long it took, what it used."""

import os
import signal
import subprocess
import tempfile
import threading
import time
from typing import NamedTuple

TIMEOUT_S = 600


class RunError(Exception):
    """A program did not do what it was started for; the text says what it did."""


class Spent(NamedTuple):
    output: str
    seconds: float
    cpu_s: float
    most_mib: float  # of memory, at any moment


def words(command):
    return [str(word) for word in command]


def run(command, environment=None, folder=None, timeout_s=TIMEOUT_S, wanted=(0,)):
    """Run to its end; RunError for a status that is not wanted."""
    with tempfile.TemporaryFile("w+", errors="replace") as out, \
         tempfile.TemporaryFile("w+", errors="replace") as err:
        begin = time.monotonic()
        try:
            process = subprocess.Popen(
                words(command), stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=folder,
                env={**os.environ, **(environment or {})}, start_new_session=True)
        except OSError as error:
            raise RunError(str(error)) from error
        usage, ran_out = wait(process, timeout_s)
        seconds = time.monotonic() - begin
        for stream in out, err:
            stream.seek(0)
        output, errors = out.read(), err.read()
    if ran_out:
        raise RunError(f"'{os.path.basename(str(command[0]))}' ran longer than {timeout_s} s")
    if process.returncode not in wanted:
        last = (errors or output).strip().splitlines()[-1:] or ["it does not say why"]
        raise RunError(f"'{os.path.basename(str(command[0]))}' ended with "
                       f"{process.returncode}: {last[0]}")
    return Spent(output, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def wait(process, timeout_s=TIMEOUT_S):
    """What it has used by its end, and whether it had to be ended, with its whole group."""
    ran_out = threading.Event()

    def end():
        ran_out.set()
        os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(timeout_s, end)
    timer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    finally:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage, ran_out.is_set()
