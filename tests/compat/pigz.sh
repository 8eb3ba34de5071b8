#!/bin/sh
# SPDX-License-Identifier: MIT
# pigz compresses in two threads.
. "$(dirname "$0")/common.sh"
packages pigz
need pigz

make_data data
work() {
	traced pigz -p2 -n -c ../data
}
both_ways
expect mutex 100
finish
