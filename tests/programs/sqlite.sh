#!/bin/sh
# SPDX-License-Identifier: MIT
# Four threads fill four SQLite databases and read them back.
. "$(dirname "$0")/common.sh"
need sqlite3

"$build/tests/fixtures/sqlite_threads" > alone.out
"$holdwait" record -q -o sqlite.db "$build/tests/fixtures/sqlite_threads" > recorded.out
diff alone.out recorded.out || fail "SQLite behaves differently"
expect_recording sqlite.db mutex 10000
