# SPDX-License-Identifier: MIT
"""The manual says what the program does, and nothing else.

usage: manual.py verbs   PROGRAM MAN_FOLDER    a page for every verb, a verb for every page
       manual.py options PROGRAM PAGE          the long options of a verb are those of its page
       manual.py schema  SCHEMA  PAGE          every table, column and example query
       manual.py words   PAGE    SOURCE...     every rule, verdict and reason
"""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import tree


def help_of(program, *words):
    return subprocess.run([program, *words, "--help"], check=True, capture_output=True,
                          text=True).stdout


def differences(here, here_name, there, there_name):
    for name in sorted(here - there):
        yield f"'{name}' is in {here_name}, but not in {there_name}"
    for name in sorted(there - here):
        yield f"'{name}' is in {there_name}, but not in {here_name}"


def check_verbs(program, folder):
    verbs = set(re.findall(r"^  ([a-z]+) ", help_of(program), flags=re.MULTILINE))
    pages = {path.stem.split("-")[1] for path in Path(folder).glob("holdwait-*.1")}
    overview = tree.text(Path(folder) / "holdwait.1")
    named = set(re.findall(r"^\.It Cm (\w+)", overview, flags=re.MULTILINE))
    yield from differences(verbs, "holdwait --help", pages, "the manual's pages")
    yield from differences(verbs, "holdwait --help", named, "holdwait(1)")


def check_options(program, page):
    verb = Path(page).stem.split("-")[1]
    said = set(re.findall(r"(?<![\w-])--([a-z][a-z-]+)", options_part(help_of(program, verb))))
    written = {option for line in tree.text(Path(page)).splitlines()
               if line.startswith(".It Fl")
               for option in re.findall(r"(?:Fl |, )-([a-z][a-z-]+)", line)}
    yield from differences(said, f"holdwait {verb} --help", written, Path(page).name)
    if not said:
        yield f"holdwait {verb} --help: no options found"


def options_part(text):
    """The lines of --help that begin with options; other text may name options in passing."""
    return "\n".join(re.match(r"\s+((-[\w?](?:[ =]\S+)?, )?(--\S+)?)", line)[1]
                     for line in text.splitlines() if re.match(r"\s+-", line))


def tables_of_schema(schema):
    database = sqlite3.connect(":memory:")
    database.executescript(tree.text(Path(schema)))
    names = [row[0] for row in database.execute("SELECT name FROM sqlite_schema "
                                                "WHERE type IN ('table', 'view')")]
    return database, {name: {row[1] for row in database.execute(f"PRAGMA table_info({name})")}
                      for name in names if not name.startswith("sqlite_")}


def tables_of_page(text):
    tables = {}
    for section in text.split("\n.Ss ")[1:]:
        name, _, body = section.partition("\n")
        body = body.split("\n.Sh ")[0]
        tables[name] = set(re.findall(r"^\.It Va (\w+)$", body, flags=re.MULTILINE))
    return tables


def check_schema(schema, page):
    text = tree.text(Path(page))
    database, tables = tables_of_schema(schema)
    described = tables_of_page(text)
    yield from differences(set(tables), "the schema", set(described), "the page")
    for name in sorted(set(tables) & set(described)):
        yield from differences(tables[name], f"table {name}", described[name], "the page")
    queries = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", text, flags=re.MULTILINE | re.DOTALL)
    for query in queries:
        try:
            database.execute(query)
        except sqlite3.Error as error:
            yield f"{error}, in the example\n{query}"
    if not queries:
        yield "the page has no examples"
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if not re.search(rf"is the version of this format, {version}\.", text):
        yield f"the page does not say that the version of the format is {version}"


def check_words(page, *sources):
    code = "".join(tree.text(Path(source)) for source in sources)
    said = set(re.findall(r'\[HW_(?:VERDICT|REASON)_\w+\] = "([a-z-]+)"', code))
    said |= {f"HW{int(number):03}" for number in re.findall(r"HW_RULE_\w+ = (\d+)", code)}
    text = tree.text(Path(page))
    found = text.split(".Ss What is found")[1].split("\n.Ss ")[0]
    written = set(re.findall(r"^\.It (?:Li )?([\w-]+)$", found, flags=re.MULTILINE))
    yield from differences(said, "the code", written, Path(page).name)
    if not said:
        yield "the sources name no rule, verdict or reason"


CHECKS = {"verbs": check_verbs, "options": check_options, "schema": check_schema,
          "words": check_words}

tree.finish(list(CHECKS[sys.argv[1]](*sys.argv[2:])))
