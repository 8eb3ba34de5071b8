# SPDX-License-Identifier: MIT
"""What holdwait takes of memory is limited, however long a program runs.

usage: memory.py BENCH_FOLDER BUILD_FOLDER

Each program runs natively and recorded, for a short and for a long time, and the most memory that
it ever had is compared; in a long run, what grew with it by a few bytes a lock would be more than
is allowed. The shared memory counts for the program as well as for the collector.
"""

import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

TARGET_MIB, THREAD_MIB = 16, 1 / 4
# Logs are shared, so they count here, too: see CHUNKS_PER_THREAD in trace/collector.c.
COLLECTOR_MIB, COLLECTOR_THREAD_MIB, ROW_MIB = 64, 96 / 1024, 1 / 1024
# A short run need not fill the chunks that there are at least, nor bring in all of the library.
FILLED_MIB = 12

ROWS = "SELECT " + " + ".join(f"(SELECT count(*) FROM {table})" for table in
                              ("object", "thread", "stack", "dependency", "dependency_hold"))


class Workload(NamedTuple):
    title: str
    shape: str
    threads: int  # at a time
    short: int    # steps of each thread
    long: int


# The threads of "life" create others, one after the other.
WORKLOADS = (
    Workload("one lock, all the time", "mutex", 2, 2000, 2_000_000),
    Workload("locks that are allocated and freed", "blocks", 4, 500, 60_000),
    Workload("a lock in another", "nested", 8, 500, 50_000),
    Workload("threads, one after the other", "life", 8, 20, 2500),
    Workload("a thousand threads, each with a hundred locks", "crowd", 1000, 20, 1000),
)


def measure(costs, setting, workload, steps):
    """What is added to the program, the collector's, and the rows that it keeps in mind."""
    command = ("pair", "-d", 8, "-t", workload.threads, "-n", steps, workload.shape)
    with tempfile.TemporaryDirectory(dir=setting.folder) as name:
        alone = costs.cost_of(setting, command, Path(name))
        recorded = costs.record(setting, command, "packed", Path(name))
        rows = int(costs.run.run([setting.holdwait, "sql", Path(name) / "holdwait.db",
                                  ROWS]).output)
    return recorded.program.most_mib - alone.most_mib, recorded.collector.most_mib, rows


def check(costs, setting, workload):
    """What is wrong, in words."""
    # One that creates another and itself.
    threads = (2 if workload.shape == "life" else 1) * workload.threads
    limit = TARGET_MIB + THREAD_MIB * threads
    added = {}
    for steps in workload.short, workload.long:
        added[steps], collector, rows = measure(costs, setting, workload, steps)
        collector_limit = COLLECTOR_MIB + COLLECTOR_THREAD_MIB * threads + ROW_MIB * rows
        print(f"{workload.title}, {steps} times: {added[steps]:.1f} of {limit:.1f} MiB, "
              f"collector {collector:.1f} of {collector_limit:.1f} MiB", flush=True)
        if added[steps] > limit:
            yield f"'{workload.title}' takes {added[steps]:.1f} MiB more, not {limit:.1f}"
        if collector > collector_limit:
            yield f"'{workload.title}': the collector takes {collector:.1f} MiB"
    grown = added[workload.long] - added[workload.short]
    # A thousand threads fill as many chunks in the end.
    if grown > FILLED_MIB + COLLECTOR_THREAD_MIB * threads:
        yield f"'{workload.title}' takes {grown:.1f} MiB more when it runs longer"


def main(bench, build):
    sys.path.insert(0, bench)
    costs, setting = __import__("costs"), __import__("setting").Setting(build)
    try:
        wrong = [what for workload in WORKLOADS for what in check(costs, setting, workload)]
    finally:
        setting.close()
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
