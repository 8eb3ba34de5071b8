#!/bin/sh
# SPDX-License-Identifier: MIT
# sysbench's tests of threads and mutexes, four threads each.
. "$(dirname "$0")/common.sh"
packages sysbench
need sysbench

work() {
	traced sh -c 'sysbench threads --threads=4 --events=200 --time=0 --thread-yields=20 run &&
		sysbench mutex --threads=4 --mutex-locks=2000 --mutex-num=64 --time=0 run' > sysbench.log
	grep 'total number of events' sysbench.log
}
both_ways
expect mutex 8000
expect thread 10
finish
