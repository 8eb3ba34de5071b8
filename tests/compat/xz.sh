#!/bin/sh
# SPDX-License-Identifier: MIT
# xz compresses blocks in two threads.
. "$(dirname "$0")/common.sh"
packages xz-utils
need xz

make_data data
work() {
	traced xz -T2 --block-size=500000 -0 -c ../data
}
both_ways
expect mutex 100
finish
