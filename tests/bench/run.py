# SPDX-License-Identifier: MIT
"""One run of a program: what it printed, how long it took, what it used."""

import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from typing import NamedTuple

TIMEOUT_S = 600
GRACE_S = 10


class RunError(Exception):
    """A program did not do what it was started for; the text says what it did."""


class Spent(NamedTuple):
    output: str
    seconds: float


class Cost(NamedTuple):
    """As tests/bench/timed.c tells it of the program that it starts."""
    seconds: float
    cpu_s: float
    most_mib: float  # of memory, at any moment


def missing(programs):
    """Why these cannot be run; None when all are there."""
    for program in programs:
        if not shutil.which(program):
            return f"'{program}' is not installed"
    return None


def words(command):
    return [str(word) for word in command]


def run(command, environment=None, folder=None, timeout_s=TIMEOUT_S, wanted=(0,), silent=False):
    """Run to its end; RunError for a status that is not wanted. `silent` keeps no output."""
    with tempfile.TemporaryFile("w+", errors="replace") as out, \
         tempfile.TemporaryFile("w+", errors="replace") as err:
        begin = time.monotonic()
        try:
            process = subprocess.Popen(
                words(command), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if silent else out, stderr=err, cwd=folder,
                env={**os.environ, **(environment or {})}, start_new_session=True)
        except OSError as error:
            raise RunError(str(error)) from error
        ran_out = wait(process, timeout_s)
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
    return Spent(output, seconds)


def ends(process, timeout_s):
    """Whether it ends within so long, told at once: Popen.wait only looks every 50 ms in the end."""
    try:
        pidfd = os.pidfd_open(process.pid)
    except OSError as error:
        raise RunError(f"pidfd_open: {error.strerror} (Linux 5.3 and later have it)") from error
    try:
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        return bool(poll.poll(1000 * timeout_s))
    finally:
        os.close(pidfd)


def wait(process, timeout_s=TIMEOUT_S):
    """For its end; whether it had to be ended. It does not outlive us, either."""
    try:
        if not ends(process, timeout_s):
            end_group(process)
            return True
        process.wait()
    except BaseException:
        end_group(process)
        raise
    return False


def end_group(process):
    """The program and what it has started; a script ends its servers when it is asked to end."""
    for number in signal.SIGTERM, signal.SIGKILL:
        os.killpg(process.pid, number)
        try:
            process.wait(GRACE_S)
            return
        except subprocess.TimeoutExpired:
            pass


def read_cost(path):
    """What timed wrote."""
    seconds, cpu_s, most_kib = map(float, path.read_text(encoding="utf-8").split())
    return Cost(seconds, cpu_s, most_kib / 1024)
