# SPDX-License-Identifier: MIT
"""What holdwait itself costs: its collector, the recording, memory, start and report.

A cost is measured by a function that takes the setting and returns figures by key. The collector
is started here as `holdwait record` starts it, and so is known apart from the program.
"""

import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

import run
from tools import lost_events

SCAN = "SELECT thread, op, count(*) FROM event GROUP BY 1, 2"
SQLITE = ("sqlite_threads", 300000, 2)
NESTED = ("pair", "-n", 300000, "-t", 8, "nested")
ROWS = ("sqlite_threads", 60000, 2)
LONG = ("pair", "-s", 5, "mutex")
CROWD = ("pair", "-s", 1, "-t", 1000, "crowd")
FRESH = 20_000, 9                            # mutexes, and how often; a burst, not a way of life
REPORTED = (10_000_000, 10_000, 100, 1_000, 0)  # what tests/bench/scale.c is told


class Recorded(NamedTuple):
    program: run.Cost
    collector: run.Cost
    events: int
    bytes: int


def cost_of(setting, command, folder, environment=None):
    program, *arguments = command
    run.run([setting.program("timed"), folder / "program", setting.program(program), *arguments],
            environment)
    return run.read_cost(folder / "program")


def record(setting, command, form, folder):
    """Into holdwait.db, in a form of `holdwait record --store`. RunError when something is lost."""
    path = folder / "holdwait.db"
    collector = subprocess.Popen(
        [setting.program("timed"), folder / "collector", setting.build / "trace/holdwait-collector",
         "--options", f"store={form} file={path}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True)
    session = collector.stdout.readline().strip()
    try:
        cost = cost_of(setting, command, folder,
                       {"HOLDWAIT_SESSION": session,
                        "LD_PRELOAD": str(setting.build / "interpose/libholdwait.so")})
    finally:
        run.wait(collector)
        collector.stdout.close()
    lost = lost_events(path)
    if lost:
        raise run.RunError(f"{lost} events were lost")
    events = int(run.run([setting.holdwait, "sql", path,
                          "SELECT value FROM meta WHERE key = 'events'"]).output)
    return Recorded(cost, run.read_cost(folder / "collector"), events, path.stat().st_size)


def codec(setting, path):
    """Nanoseconds an event for packing, unpacking and reading; none of these is a goal."""
    output = run.run([setting.program("codec"), path]).output
    return {f"{verb}_ns": float(number)
            for verb, number in re.findall(r"(pack|unpack|read) ([\d.]+) ns/event", output)}


def events_in(command, form):
    def measure(setting):
        with tempfile.TemporaryDirectory(dir=setting.folder) as name:
            recorded = record(setting, command, form, Path(name))
            path = Path(name) / "holdwait.db"
            scan = run.run([setting.holdwait, "sql", path, SCAN])
            return {"cpu_ns": 1e9 * recorded.collector.cpu_s / recorded.events,
                    "bytes": recorded.bytes / recorded.events,
                    "scan": recorded.events / scan.seconds / 1e6,
                    "events": recorded.events, **codec(setting, path)}
    return measure


def memory_of(command):
    """The most that program and collector had; the session, which they share, counts for both."""
    def measure(setting):
        with tempfile.TemporaryDirectory(dir=setting.folder) as name:
            alone = cost_of(setting, command, Path(name))
            recorded = record(setting, command, "packed", Path(name))
        return {"target_mib": recorded.program.most_mib - alone.most_mib,
                "collector_mib": recorded.collector.most_mib, "events": recorded.events}
    return measure


def first(setting):
    """What holdwait adds to the first lock and unlock of an object, and to the second."""
    with tempfile.TemporaryDirectory(dir=setting.folder) as name:
        command = [setting.program("fresh"), "-n", FRESH[0], "-r", FRESH[1]]
        alone = run.run(command).output
        recorded = run.run([setting.holdwait, "record", "-q", "-o", Path(name) / "holdwait.db",
                            *command]).output
    before, after = ([float(number) for number in re.findall(r"([\d.]+) ns", output)]
                     for output in (alone, recorded))
    return {"first_ns": after[0] - before[0], "second_ns": after[1] - before[1]}


def start(setting):
    with tempfile.TemporaryDirectory(dir=setting.folder) as name:
        alone = run.run(["true"], folder=name)
        recorded = run.run([setting.holdwait, "run", "-q", "true"], folder=name)
    return {"added_ms": 1000 * (recorded.seconds - alone.seconds)}


def report(setting):
    """Of recordings that are made once, and kept for the other rounds."""
    figures = {}
    for key, inversions in ("plain_s", 0), ("predicting_s", 100):
        path = setting.folder / f"scale.{inversions}.db"
        if not path.exists():
            run.run([setting.program("scale"), path, *REPORTED, inversions])
        figures[key] = run.run([setting.holdwait, "report", path]).seconds
    return figures


COSTS = {
    "events-packed": events_in(SQLITE, "packed"),
    "events-nested": events_in(NESTED, "packed"),
    "events-zstd": events_in(SQLITE, "zstd"),
    "events-rows": events_in(ROWS, "rows"),
    "memory-long": memory_of(LONG),
    "memory-crowd": memory_of(CROWD),
    "first": first,
    "start": start,
    "report": report,
}
