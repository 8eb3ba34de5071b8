# SPDX-License-Identifier: MIT
"""On what was measured: processor, kernel, compilers and tools, and who else was at work."""

import os
import platform
import re
import time
from pathlib import Path

from run import RunError, run
from tools import TOOLS, version
import watch


def first_line(*command):
    try:
        return run(command).output.splitlines()[0]
    except (RunError, IndexError):
        return None


def processor():
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.processor()


def system():
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def describe(holdwait):
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "holdwait": first_line(holdwait, "--version"),
        "processor": processor(),
        "processors": os.cpu_count(),
        "kernel": platform.release(),
        "system": system(),
        "libc": " ".join(platform.libc_ver()),
        "load": os.getloadavg()[0],
        "tools": {name: found for name, tool in TOOLS.items()
                  if not tool.missing() and (found := version(tool))},
    }


def in_words(machine):
    yield (f"{machine['holdwait']} on {machine['system']}, kernel {machine['kernel']}, "
           f"{machine['processors']} x {machine['processor']}, {machine['date']}")
    yield "tools: " + ", ".join(f"{name} {text}" for name, text in machine["tools"].items())
    yield from watch.in_words(machine["watched"])
    if machine["load"] > 0.5:
        yield (f"something else was at work (load {machine['load']:.1f}): proportions hold "
               "better than times do, but none is to be trusted")
