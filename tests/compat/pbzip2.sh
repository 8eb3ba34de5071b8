#!/bin/sh
# SPDX-License-Identifier: MIT
# pbzip2 compresses in four threads and gives back what went in.
. "$(dirname "$0")/common.sh"
packages pbzip2
need pbzip2

make_data data
work() {
	traced sh -c 'pbzip2 -p4 -b2 -k -c ../data > data.bz2 && pbzip2 -p4 -d -c data.bz2 | cmp - ../data'
	cat data.bz2
}
both_ways
expect mutex 100
finish
