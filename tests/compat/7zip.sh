#!/bin/sh
# SPDX-License-Identifier: MIT
# 7-Zip packs in four threads, tests the archive, and unpacks it.
. "$(dirname "$0")/common.sh"
packages p7zip-full
need 7z

make_data data
touch -d 2020-01-01 data
work() {
	traced sh -c '7z a -bd -mmt4 -mx1 data.7z ../data > a.log && 7z t -bd data.7z > t.log &&
		7z e -bd -so data.7z | cmp - ../data'
	cat data.7z
}
both_ways
expect mutex 10
finish
