# SPDX-License-Identifier: MIT
"""What is measured under each tool: pairs of calls, real programs, servers under load.

A workload has a name, and run(tool, part) gives one number of one run: nanoseconds, seconds, or a
rate, as `unit` says. It is compared with that of a native run just before, so only its
proportion matters.
"""

import re
import tempfile
from pathlib import Path

from run import RunError, missing, read_cost, run

PAIR_PEERS = ("tsan-gcc", "tsan-clang", "helgrind", "drd", "lttng", "uftrace", "mutrace")
# Those that intercept more than mutexes.
ALL_KINDS_PEERS = ("tsan-gcc", "tsan-clang", "helgrind", "drd", "uftrace")
PROGRAM_PEERS = ("lttng", "helgrind", "drd", "uftrace", "mutrace")
SERVER_PEERS = ("lttng", "mutrace")


class Workload:
    unit = "s"
    more_is_better = False
    can_be_less = False  # whether `part` matters

    def __init__(self, name, title, peers, needs=()):
        self.name, self.title, self.peers, self.needs = name, title, peers, needs
        self.setting = None

    def missing(self):
        """Why it cannot be run here; None when it can."""
        return missing(self.needs)

    def begin(self, setting):
        """Once, before its first run."""
        self.setting = setting

    def run(self, tool, part=1.0):
        """The number; in a new folder that is gone afterwards."""
        with tempfile.TemporaryDirectory(dir=self.setting.folder) as name:
            folder = Path(name)
            tool.before(folder)
            try:
                value = self.work(tool, part, folder)
            finally:
                tool.after(folder)
            self.check(tool, folder)
        return value

    def check(self, tool, folder):
        tool.check(folder)

    def work(self, tool, part, folder):
        raise NotImplementedError


class Pairs(Workload):
    """tests/bench/pair.c, which says itself how long a pair took."""

    unit = "ns"

    def __init__(self, name, title, *arguments, peers=PAIR_PEERS):
        super().__init__(name, title, peers)
        self.arguments = arguments

    def work(self, tool, part, folder):
        command = tool.command(self.setting.program("pair"),
                               ["-s", self.setting.pair_seconds, *self.arguments])
        return float(run(command, folder=folder).output.split()[0])


class Program(Workload):
    """A program that has so much to do, and ends."""

    can_be_less = True

    def __init__(self, name, title, command, amount, needs=None, has_data=False,
                 peers=PROGRAM_PEERS):
        super().__init__(name, title, peers, (command[0],) if needs is None else needs)
        self.words, self.amount, self.has_data = command, amount, has_data

    def arguments(self, part):
        """Its words, with what stands for the amount of work, and for our files, replaced."""
        amount = max(1, int(self.amount * part))
        data = self.setting.make_data(amount) if self.has_data else None
        known = {"AMOUNT": amount, "DATA": data, "HERE": Path(__file__).parent}
        return [re.sub("AMOUNT|DATA|HERE", lambda match: str(known[match[0]]), word)
                for word in self.words]

    def work(self, tool, part, folder):
        program, *arguments = self.arguments(part)
        if not self.needs:
            program = self.setting.program(program)
        timed = [self.setting.program("timed"), folder / "cost"]
        run(tool.command(program, arguments, timed), folder=folder, silent=True)
        return read_cost(folder / "cost").seconds


class Server(Workload):
    """A server under load; servers/NAME.sh starts it and says how much it did in a second."""

    unit = "/s"
    more_is_better = True

    def __init__(self, name, title, *needs):
        super().__init__(name, title, SERVER_PEERS, needs)

    def work(self, tool, part, folder):
        script = Path(__file__).parent / "servers" / f"{self.name}.sh"
        environment = {"BENCH_CACHE": str(self.setting.cache),
                       "BENCH_SECONDS": str(self.setting.server_seconds)}
        output = run([script, self.setting.build, *tool.prefix()], environment, folder,
                     wanted=(0, 77)).output
        found = re.search(r"^rate ([\d.]+)$", output, re.MULTILINE)
        if not found:
            raise RunError(output.strip().splitlines()[-1] if output.strip() else "no rate")
        # Its recording is in a folder of the script, which looks into it.
        if tool.name.startswith("holdwait") and "lost 0" not in output:
            raise RunError("events were lost")
        return float(found[1])

    def check(self, tool, folder):
        pass
