#!/bin/sh
# SPDX-License-Identifier: MIT
# Four threads fill four SQLite databases and read them back.
. "$(dirname "$0")/common.sh"
packages libsqlite3-0
need

work() {
	traced "$build/tests/fixtures/sqlite_threads"
}
both_ways
expect mutex 10000
finish
