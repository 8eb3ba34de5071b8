#!/bin/sh
# SPDX-License-Identifier: MIT
# redis with I/O threads counts, forks to save its data, and shuts down.
. "$(dirname "$0")/common.sh"
need redis-server redis-cli redis-benchmark python3 sqlite3

for how in alone recorded; do
	port=$(free_port)
	command="redis-server --port $port --bind 127.0.0.1 --dir $folder --io-threads 2"
	[ "$how" = alone ] || command="$holdwait record -q -o redis.db $command"
	start $command
	wait_for_port "$port"
	redis-benchmark -p "$port" -n 2000 -c 8 -q -t incr,lpush > benchmark.out
	{
		redis-cli -p "$port" get counter:__rand_int__
		redis-cli -p "$port" llen mylist
		redis-cli -p "$port" save
	} > "$how.out"
	redis-cli -p "$port" shutdown nosave || true
	status=0
	wait "$server" || status=$?
	echo "status $status" >> "$how.out"
	rm -f dump.rdb
done
diff alone.out recorded.out || fail "redis behaves differently"
expect_recording redis.db mutex 100
