#!/bin/sh
# SPDX-License-Identifier: MIT
# plzip compresses in four threads and gives back what went in.
. "$(dirname "$0")/common.sh"
packages plzip
need plzip

make_data data
work() {
	traced sh -c 'plzip -n4 -1 -B500000 -c ../data > data.lz && plzip -n4 -d -c data.lz | cmp - ../data'
	cat data.lz
}
both_ways
expect mutex 50
finish
