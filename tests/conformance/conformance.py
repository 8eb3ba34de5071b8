# SPDX-License-Identifier: MIT
"""What programs print, write to stderr and exit with: the same without holdwait and with it.

usage: conformance.py same     HOLDWAIT PROGRAM...      each, recorded by itself
       conformance.py crowd    HOLDWAIT PROGRAM...      32 at once, with a recording each
       conformance.py family   HOLDWAIT PROGRAM...      32 at once, in one recording
       conformance.py clean    HOLDWAIT PROGRAM...      with sanitizers, which find nothing
       conformance.py over     HOLDWAIT PROGRAM...      and their recordings know no wait or fault
       conformance.py memcheck HOLDWAIT PROGRAM...      under valgrind, and the same errors
       conformance.py others   HOLDWAIT                 and so are those of real programs
       conformance.py covers   MAP OUTCOMES PROGRAM...  a case for each outcome of each function
"""

import collections
import contextlib
import difflib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CROWD = 32
LIMIT_SECONDS = 100

Outcome = collections.namedtuple("Outcome", "output errors status")

# Sanitizers find what the cases do wrong on purpose, and would stop at the first. What ends
# them all the same is to be seen: a program that ended early would show less, and both ways.
ENVIRONMENT = dict(os.environ,
                   TSAN_OPTIONS="report_bugs=0 exitcode=66 allocator_may_return_null=1",
                   ASAN_OPTIONS="detect_leaks=0 allocator_may_return_null=1")

# Numbers of processes and addresses, which differ from run to run.
CHANGING = re.compile(r"==\d+==|\b0x[0-9a-f]+\b|\(pid=\d+\)")


def outcome(command, environment=ENVIRONMENT):
    done = subprocess.run(command, capture_output=True, text=True, errors="replace",
                          stdin=subprocess.DEVNULL, env=environment, timeout=LIMIT_SECONDS)
    return Outcome(done.stdout, CHANGING.sub("X", done.stderr), done.returncode)


def recorded(holdwait, file, command):
    return [holdwait, "record", "-q", "-o", str(file), "--", *command]


def difference(name, without, with_holdwait):
    """Complaints; each shows the lines that differ."""
    for what in ("output", "errors"):
        lines = difflib.unified_diff(getattr(without, what).splitlines(),
                                     getattr(with_holdwait, what).splitlines(),
                                     "without holdwait", "with holdwait", "", n=0)
        text = "\n".join(lines)
        if text:
            yield f"{name}: another {what}\n{text}"
    if without.status != with_holdwait.status:
        yield f"{name}: status {with_holdwait.status} instead of {without.status}"


def natively(programs):
    """What they do by themselves, which they must do in the same way every time."""
    outcomes = {program: outcome([program]) for program in programs}
    for program, done in outcomes.items():
        if done.status:
            sys.exit(f"{program}: status {done.status} without holdwait\n{done.errors}")
    return outcomes


def same(folder, holdwait, *programs):
    for program, alone in natively(programs).items():
        file = folder / "one.db"
        yield from difference(Path(program).name, alone,
                              outcome(recorded(holdwait, file, [program])))
        if not file.exists():
            yield f"{program}: was not recorded"


def clean(folder, holdwait, *programs):
    """Programs without a fault: a sanitizer that misses a call sees one."""
    silent = {"TSAN_OPTIONS": "", "ASAN_OPTIONS": ""}
    for program in programs:
        commands = [program], recorded(holdwait, folder / "one.db", [program])
        for how, command in zip(("without holdwait", "with it"), commands):
            done = outcome(command, ENVIRONMENT | silent)
            if done.status or done.errors:
                yield f"{program}: {how}: status {done.status}\n{done.errors}"


def cases(output):
    """Function, situation, result and errno of each line."""
    for line in output.splitlines():
        parts = line.split(" | ")
        if len(parts) == 4:
            yield parts


def abandoned(output):
    """How many calls were never ended, but for those that wait for children: they are no waits."""
    went_on = {(function, situation) for function, situation, result, _ in cases(output)
               if result == "goes on until here"}
    return sum(result == "was cancelled" and (function, situation) not in went_on and
               not function.startswith("wait") for function, situation, result, _ in cases(output))


def over(folder, holdwait, *programs):
    """Whatever was waited for, that is over at the end, and nobody is to blame."""
    file = folder / "one.db"
    for program in programs:
        done = outcome(recorded(holdwait, file, [program]))
        found = outcome([holdwait, "check", str(file)])
        if found.status:
            yield f"{program}: status {found.status} of check\n{found.output}{found.errors}"
        with contextlib.closing(sqlite3.connect(file)) as recording:
            for table in "wait", "hold":
                (rows,), = recording.execute(f"SELECT count(*) FROM {table}")
                if rows:
                    yield f"{program}: {rows} rows in '{table}' at the end"
            (cancels,), = recording.execute("SELECT count(*) FROM event WHERE op = 'cancel'")
        if cancels != abandoned(done.output):
            yield f"{program}: {cancels} waits cancelled, instead of {abandoned(done.output)}"


def some(programs):
    """So many that all run at once, each several times."""
    return [programs[i % len(programs)] for i in range(CROWD)]


def crowd(folder, holdwait, *programs):
    alone = natively(programs)
    crew = some(programs)
    with ThreadPoolExecutor(CROWD) as pool:
        together = pool.map(
            lambda i: outcome(recorded(holdwait, folder / f"{i}.db", [crew[i]])), range(CROWD))
    for program, done in zip(crew, together):
        yield from difference(Path(program).name, alone[program], done)


# Starts its arguments at once, and leaves what each did in files of the folder that is first.
FAMILY = """folder=$1; shift; i=0
for program; do
    {
        "$program" > "$folder/$i.out" 2> "$folder/$i.err" < /dev/null
        echo $? > "$folder/$i.status"
    } &
    i=$((i + 1))
done
wait"""


def members(folder, number):
    """What each of so many programs that FAMILY started did."""
    for i in range(number):
        yield Outcome((folder / f"{i}.out").read_text(errors="replace"),
                      CHANGING.sub("X", (folder / f"{i}.err").read_text(errors="replace")),
                      int((folder / f"{i}.status").read_text()))


def family(folder, holdwait, *programs):
    crew = some(programs)
    command = ["sh", "-c", FAMILY, "sh", str(folder), *crew]
    parent_alone = outcome(command)
    alone = list(members(folder, len(crew)))
    parent = outcome(recorded(holdwait, folder / "all.db", command))
    yield from difference("their parent", parent_alone, parent)
    for program, before, after in zip(crew, alone, members(folder, len(crew))):
        yield from difference(Path(program).name, before, after)


def memcheck_errors(log):
    """The kinds of errors with their numbers, without the stacks."""
    kinds = re.findall(r"^==\d+== ((?:Invalid|Conditional|Use of|Syscall param|Mismatched|"
                       r"Source and|Argument|Process terminating).*)$", log, re.MULTILINE)
    return collections.Counter(re.sub(r"0x[0-9A-F]+", "X", kind) for kind in kinds)


def under_memcheck(folder, command, wrap):
    log = folder / "memcheck.log"
    valgrind = ["valgrind", "-q", f"--log-file={log}", "--fair-sched=yes", *command]
    done = outcome(wrap(valgrind), ENVIRONMENT | {"PYTHONMALLOC": "malloc"})
    return done, memcheck_errors(log.read_text(errors="replace"))


def no_more_errors(folder, holdwait, name, command):
    alone, errors_alone = under_memcheck(folder, command, lambda command: command)
    done, errors = under_memcheck(
        folder, command, lambda command: recorded(holdwait, folder / "one.db", command))
    yield from difference(name, alone, done)
    for kind, count in (errors - errors_alone).items():
        yield f"{name}: memcheck found {count} more: {kind}"


def memcheck(folder, holdwait, *programs):
    for program in programs:
        yield from no_more_errors(folder, holdwait, Path(program).name, [program])


# With threads of their own. DATA is a file of some 100 kB.
OTHERS = {
    "xz": ["-T2", "-0", "-c", "--block-size=20000", "DATA"],
    "pigz": ["-p2", "-1", "-n", "-c", "-b", "128", "DATA"],
    "sqlite3": [":memory:", "PRAGMA threads = 2; CREATE TABLE t AS WITH RECURSIVE c(x) AS "
                "(SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 2000) SELECT x FROM c; "
                "CREATE INDEX i ON t(x DESC); SELECT sum(x), count(*) FROM t;"],
    sys.executable: ["-S", "-E", "-c", """
import queue, threading
asked, answers = queue.Queue(), queue.Queue()
def work():
    for number in iter(asked.get, None):
        answers.put(number * number)
threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads: thread.start()
for number in range(30): asked.put(number)
for thread in threads: asked.put(None)
for thread in threads: thread.join()
print(sum(answers.get() for _ in range(30)))
"""],
}


def others(folder, holdwait):
    data = folder / "data"
    data.write_bytes(Path(__file__).read_bytes() * 8)
    for program, arguments in OTHERS.items():
        if not shutil.which(program):
            print(f"{program} is not installed")
            continue
        command = [program, *[str(data) if word == "DATA" else word for word in arguments]]
        yield from no_more_errors(folder, holdwait, program, command)
        with contextlib.closing(sqlite3.connect(folder / "one.db")) as recording:
            (threads,), = recording.execute("SELECT count(*) FROM thread")
            (locked,), = recording.execute("SELECT sum(acquired) FROM contention")
        if threads < 2 or not locked:
            yield f"{program}: {threads} threads and {locked} acquisitions were recorded"


def results(output):
    """For each function, in how many ways its calls ended: done, cancelled, or an error's name."""
    went_on = {(function, situation) for function, situation, result, _ in cases(output)
               if result == "goes on until here"}
    found = collections.defaultdict(set)
    for function, situation, result, errno_then in cases(output):
        if re.fullmatch(r"E[A-Z0-9]+|thrd_[a-z]+", result):
            found[function].add(result)
        elif result in ("-1", "NULL", "error") and errno_then.startswith("errno E"):
            found[function].add(errno_then.removeprefix("errno "))
        elif result != "was cancelled":
            found[function].add("done")
        elif (function, situation) not in went_on:
            found[function].add("cancelled")
    return found


def documented(file):
    """For each function, what its calls must show: outcomes.txt."""
    wanted = {}
    for line in Path(file).read_text().splitlines():
        if line and not line.startswith(("#", "\t")):
            functions, outcomes = line.split(":")
            wanted |= {function: set(outcomes.split()) for function in functions.split()}
        elif line.startswith("\t") and not re.fullmatch(r"\t\w+( \w+)*: .+", line):
            sys.exit(f"{file}: not understood: {line}")
    return wanted


def covers(folder, map_file, outcomes_file, *programs):
    text = re.sub(r"/\*.*?\*/", "", Path(map_file).read_text(), flags=re.DOTALL)
    exported = set(re.findall(r"^\s*(\w+);", text.split("local:")[0], flags=re.MULTILINE))
    wanted = documented(outcomes_file)
    found = results("".join(done.output for done in natively(programs).values()))
    if not exported:
        yield f"{map_file}: names no symbol"
    for name in sorted(exported - wanted.keys()):
        yield f"'{name}' is intercepted, and {outcomes_file} does not say what it may answer"
    for name in sorted(wanted.keys() - exported):
        yield f"'{name}' is in {outcomes_file}, and is not intercepted"
    for name in sorted(exported & wanted.keys()):
        missing = wanted[name] - found[name]
        if missing:
            yield f"no case of '{name}' shows {' '.join(sorted(missing))}"


MODES = {"same": same, "crowd": crowd, "family": family, "clean": clean, "over": over,
         "memcheck": memcheck, "others": others, "covers": covers}


def main():
    with tempfile.TemporaryDirectory() as folder:
        complaints = list(MODES[sys.argv[1]](Path(folder), *sys.argv[2:]))
    print("\n".join(complaints))
    sys.exit(bool(complaints))


main()
