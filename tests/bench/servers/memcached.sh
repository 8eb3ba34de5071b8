#!/bin/sh
# SPDX-License-Identifier: MIT
# memcached with two threads: operations a second, nine of ten a get.
. "$(dirname "$0")/common.sh"
need memcached memcaslap python3

under_load() {
	port=$(free_port)
	serve memcached -u root -t 2 -l 127.0.0.1 -p "$port" -U 0
	memcaslap -s "127.0.0.1:$port" -T 1 -c 8 -t "${BENCH_SECONDS}s" > load.log
	end_server TERM > end.log
	sed -n 's/^Run time: .* TPS: \([0-9]*\) .*/rate \1/p' load.log
}
measure
