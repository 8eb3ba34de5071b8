#!/bin/sh
# SPDX-License-Identifier: MIT
# mksquashfs makes a file system of some files in four threads, and unsquashfs unpacks it.
. "$(dirname "$0")/common.sh"
packages squashfs-tools
need mksquashfs unsquashfs

mkdir files
for i in 1 2 3 4; do
	make_data files/$i
done
work() {
	traced sh -c 'mksquashfs ../files image -processors 4 -reproducible -mkfs-time 0 -all-time 0 \
		-no-progress -comp gzip > m.log && unsquashfs -n -p 4 -d back image > u.log &&
		diff -r ../files back'
	cat image
}
both_ways
expect mutex 100
finish
