# SPDX-License-Identifier: MIT
"""What is wanted of holdwait's speed: a goal is a row of this table.

A goal's figure comes from the rounds of its family, the goals of one workload or of one measurement
(costs.py), which are run in turn in one round.
"""

from typing import NamedTuple, Optional


class Goal(NamedTuple):
    id: str
    what: str
    figure: str                     # a name in figures.FIGURES
    of: tuple                       # (workload, tool), or (measurement, key)
    limit: float
    unit: str = "x"
    against: Optional[tuple] = None  # what it is compared with, besides native
    at_least: bool = False

    @property
    def wanted(self):
        return f"{'>=' if self.at_least else '<='} {self.limit:g} {self.unit}"

    def is_met_by(self, value):
        return value >= self.limit if self.at_least else value <= self.limit


HOLDWAIT, SIMPLE, BUSY = "holdwait", ("mutex", "holdwait"), ("mutex-2", "holdwait")


def slowdown(name, what, workload, limit, tool=HOLDWAIT, **more):
    return Goal(name, what, "slowdown", (workload, tool), limit, **more)


def added(name, what, simple):
    """What holdwait adds to a pair of this kind, as a multiple of what it adds to a simple one."""
    return Goal(name, what + ", added", "added", (name, HOLDWAIT), 1.2, against=simple)


def throughput(name, what):
    return Goal(name, what, "throughput", (name, HOLDWAIT), 93, "%", at_least=True)


def cost(name, what, measurement, key, limit, unit, **more):
    return Goal(name, what, "value", (measurement, key), limit, unit, **more)


GOALS = (
    slowdown("pair", "lock + unlock, depth 16, 1 thread", "mutex", 4.5),
    Goal("pair-tsan", "a pair, of what it is under clang's TSan", "compared", SIMPLE, 0.25,
         against=("mutex", "tsan-clang")),
    Goal("pair-lttng", "a pair, of what it is under lttng, with tid and ip", "compared", SIMPLE,
         0.1, against=("mutex", "lttng")),
    slowdown("pair-depth-1", "lock + unlock, --depth=1, 1 thread", "mutex", 3.5,
             tool="holdwait-depth-1"),
    slowdown("pair-2", "lock + unlock, depth 16, 2 threads", "mutex-2", 6),
    slowdown("life", "a thread's life: create, 10 locks, join", "life", 1.3),
    cost("first", "the first lock + unlock of an object, added", "first", "first_ns", 1000, "ns"),
    added("nested", "nested, 8 threads, 1,000 objects", BUSY),
    added("crowd", "1,000 threads, 100,000 objects", BUSY),
    added("held", "64 other locks held", SIMPLE),
    added("sem", "sem_wait + sem_post", SIMPLE),
    added("rdlock", "rdlock + unlock", SIMPLE),
    added("wrlock", "wrlock + unlock", SIMPLE),
    added("spin", "spin_lock + spin_unlock", SIMPLE),
    slowdown("sqlite", "SQLite, 2 threads", "sqlite", 1.45),
    throughput("memcached", "memcached, under memcaslap"),
    throughput("mariadb", "MariaDB, under sysbench"),
    throughput("postgresql", "PostgreSQL, under pgbench"),
    throughput("redis", "redis with I/O threads, under its benchmark"),
    slowdown("python", "CPython, threads with queues and locks", "python", 1.15),
    slowdown("ffmpeg", "ffmpeg, H.264 with 4 threads", "ffmpeg", 1.03),
    slowdown("xz", "xz, 2 threads", "xz", 1.03),
    slowdown("pigz", "pigz, 2 threads", "pigz", 1.03),
    slowdown("gstreamer", "GStreamer, two queues", "gstreamer", 1.03),
    cost("collector-packed", "collector, packed: SQLite", "events-packed", "cpu_ns", 15, "ns"),
    cost("collector-nested", "collector, packed: nested locks", "events-nested", "cpu_ns", 15,
         "ns"),
    cost("collector-rows", "collector, rows: SQLite", "events-rows", "cpu_ns", 250, "ns"),
    cost("bytes-packed", "an event, packed: SQLite", "events-packed", "bytes", 5, "B"),
    cost("bytes-nested", "an event, packed: nested locks", "events-nested", "bytes", 5, "B"),
    cost("bytes-zstd", "an event with zstd: SQLite", "events-zstd", "bytes", 2.2, "B"),
    cost("scan", "event, grouped, by SQL", "events-packed", "scan", 5, "M rows/s", at_least=True),
    cost("memory-target", "memory added to 1 thread, long run", "memory-long", "target_mib",
         16.25, "MiB"),
    cost("memory-crowd", "memory added to 1,000 threads", "memory-crowd", "target_mib",
         16 + 1000 / 4, "MiB"),
    cost("memory-collector", "memory of the collector, long run", "memory-long",
         "collector_mib", 64, "MiB"),
    cost("start", "holdwait run true, over true", "start", "added_ms", 20, "ms"),
    cost("report-plain", "report, 10 M events, nothing to predict", "report", "plain_s", 0.5, "s"),
    cost("report", "report, 10 M events, 100 predictions", "report", "predicting_s", 3, "s"),
)

# What --quick looks at, with all peers that are quick themselves.
QUICK = {"pair", "pair-tsan", "pair-lttng", "pair-depth-1", "pair-2", "life", "nested", "held",
         "sem", "rdlock", "wrlock", "spin"}


def chosen(names):
    """The goals that are named, by their ids or the beginnings of these; all when none is."""
    goals = [goal for goal in GOALS
             if not names or any(goal.id == name or goal.id.startswith(name + "-")
                                 for name in names)]
    for name in names:
        if not any(goal.id == name or goal.id.startswith(name + "-") for goal in GOALS):
            raise KeyError(name)
    return goals
