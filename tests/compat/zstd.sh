#!/bin/sh
# SPDX-License-Identifier: MIT
# zstd compresses in four threads, and its benchmark checks what it compressed.
. "$(dirname "$0")/common.sh"
packages zstd
need zstd

make_data data
work() {
	traced sh -c 'zstd -q -T4 -B500000 -3 -c ../data && zstd -q -T4 -i0 -b1 ../data > /dev/null 2>&1'
}
both_ways
expect mutex 100
finish
