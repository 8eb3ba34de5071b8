#!/bin/sh
# SPDX-License-Identifier: MIT
# CPython's own tests of its threads.
. "$(dirname "$0")/common.sh"
packages python3 libpython3.11-testsuite
need python3
python3 -c 'import test.test_thread' 2> /dev/null || skip 'CPython came without its tests'

work() {
	traced python3 -m test test_thread test_threadedtempfile test_queue > tests.log
	cat tests.log >&2
	tail -n 1 tests.log
}
both_ways
expect sem 1000
finish
