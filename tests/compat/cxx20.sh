#!/bin/sh
# SPDX-License-Identifier: MIT
# Threads of C++20: jthread, stop_token, latch, barrier, semaphores, shared and scoped locks.
. "$(dirname "$0")/common.sh"
packages libstdc++6
need
[ -x "$build/tests/fixtures/cxx20" ] || skip 'no compiler of C++20 was there'

work() {
	traced "$build/tests/fixtures/cxx20"
}
both_ways
expect mutex 1000
expect rwlock 1000
finish
