# SPDX-License-Identifier: MIT
"""LTTng's daemon and sessions, so that no event of a program is lost."""

import os
import shutil
import subprocess
import time

from run import RunError, run, wait

SESSION, CHANNEL = f"holdwait-bench-{os.getpid()}", "locks"
READY_S = 20


def client(*arguments, wanted=(0,)):
    return run(["lttng", "--no-sessiond", *arguments], wanted=wanted, timeout_s=60)


def is_served():
    try:
        client("list")
    except RunError:
        return False
    return True


class Daemon:
    """The session daemon: one that runs already is used, and left alone."""

    def __init__(self, log):
        self.process = None
        if is_served():
            return
        with open(log, "w", encoding="utf-8") as output:
            self.process = subprocess.Popen(
                ["lttng-sessiond", "--no-kernel"], stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, start_new_session=True)
        deadline = time.monotonic() + READY_S
        while not is_served():
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.end()
                raise RunError("lttng-sessiond does not answer")
            time.sleep(0.05)

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            wait(self.process, READY_S)


def create(folder):
    """A session with one channel, that makes the program wait rather than lose events."""
    client("destroy", SESSION, wanted=range(256))
    client("create", SESSION, f"--output={folder}")
    client("enable-channel", "-u", "-s", SESSION, "--blocking-timeout=inf", "--subbuf-size=1M",
           "--num-subbuf=8", CHANNEL)
    client("enable-event", "-u", "-s", SESSION, "-c", CHANNEL, "lttng_ust_pthread:*")
    client("add-context", "-u", "-s", SESSION, "-c", CHANNEL, "-t", "vtid", "-t", "ip")
    client("start", SESSION)


def destroy(folder):
    """End the session, and forget what it recorded; returns how many bytes that was."""
    client("stop", SESSION)
    client("destroy", SESSION)
    size_bytes = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    shutil.rmtree(folder)
    return size_bytes
