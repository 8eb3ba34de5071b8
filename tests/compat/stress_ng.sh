#!/bin/sh
# SPDX-License-Identifier: MIT
# stress-ng's stressors of threads, mutexes and semaphores, which verify what they do.
. "$(dirname "$0")/common.sh"
packages stress-ng
need stress-ng

work() {
	traced stress-ng --verify --timeout 2 --temp-path . --pthread 2 --pthread-ops 300 \
		--pthread-max 8 --mutex 2 --mutex-ops 20000 --sem 2 --sem-sysv 2 --sem-sysv-ops 4000 \
		> stress-ng.log 2>&1
	grep -o 'passed: .*\|failed: .*\|skipped: .*' stress-ng.log || true
}
both_ways
expect mutex 10000
expect sem 10000
expect thread 100
finish
