#!/bin/sh
# SPDX-License-Identifier: MIT
# lbzip2 compresses in four threads and gives back what went in.
. "$(dirname "$0")/common.sh"
packages lbzip2
need lbzip2

make_data data
work() {
	traced sh -c 'lbzip2 -n4 -k -c ../data > data.bz2 && lbzip2 -n4 -d -c data.bz2 | cmp - ../data'
	cat data.bz2
}
both_ways
expect mutex 100
finish
