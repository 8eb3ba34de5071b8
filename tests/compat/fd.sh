#!/bin/sh
# SPDX-License-Identifier: MIT
# fd (Rust) looks for files with four threads, and runs a command for some.
. "$(dirname "$0")/common.sh"
packages fd-find
need fdfind

make_tree
work() {
	traced fdfind --threads 4 '1$' ../tree -x wc -c > found.log
	sort found.log
}
both_ways
expect thread 4
finish
