#!/bin/sh
# SPDX-License-Identifier: MIT
# fio writes and reads files in four threads, and verifies every block.
. "$(dirname "$0")/common.sh"
packages fio
need fio

work() {
	traced fio --name=work --directory=. --thread --numjobs=4 --ioengine=psync --rw=randrw --size=1m \
		--bs=4k --verify=crc32c --verify_fatal=1 --minimal --group_reporting > fio.log
	cut -d';' -f5,6,47 fio.log
}
both_ways
expect mutex 100
expect thread 5
finish
