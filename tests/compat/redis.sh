#!/bin/sh
# SPDX-License-Identifier: MIT
# redis (which is linked with jemalloc), with I/O threads, counts, forks to save, and ends.
. "$(dirname "$0")/common.sh"
packages redis-server redis-tools
need redis-server redis-cli redis-benchmark python3

work() {
	port=$(free_port)
	serve redis-server --port "$port" --bind 127.0.0.1 --io-threads 2
	redis-benchmark -p "$port" -n 2000 -c 8 -q -t incr,lpush > benchmark.log
	redis-cli -p "$port" get counter:__rand_int__
	redis-cli -p "$port" llen mylist
	redis-cli -p "$port" save
	redis-cli -p "$port" shutdown nosave
	await_server
}
both_ways
expect mutex 100
finish
