#!/bin/sh
# SPDX-License-Identifier: MIT
# ripgrep (Rust) searches a tree with four threads.
. "$(dirname "$0")/common.sh"
packages ripgrep
need rg

make_tree
work() {
	traced rg --threads 4 -c 123 ../tree > found.log
	sort found.log
}
both_ways
expect thread 4
finish
