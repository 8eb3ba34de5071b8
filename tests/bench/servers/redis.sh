#!/bin/sh
# SPDX-License-Identifier: MIT
# redis with two I/O threads: requests a second, half of them a get.
. "$(dirname "$0")/common.sh"
need redis-server redis-cli redis-benchmark python3

under_load() {
	port=$(free_port)
	serve redis-server --port "$port" --bind 127.0.0.1 --io-threads 2 --save ''
	redis-benchmark -p "$port" -n $((BENCH_SECONDS * 20000)) -c 16 -t set,get --csv > load.log
	redis-cli -p "$port" shutdown nosave
	await_server > end.log
	# As many of each, one after the other: the rate of both.
	awk -F '"' '$4 + 0 { each += 1 / $4; kinds++ } END { print "rate", kinds / each }' load.log
}
measure
