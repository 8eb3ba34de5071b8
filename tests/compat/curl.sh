#!/bin/sh
# SPDX-License-Identifier: MIT
# curl fetches forty files at once, with a thread for each name that it looks up.
. "$(dirname "$0")/common.sh"
packages curl
need curl python3

make_site
work() {
	serve_site
	traced curl -sS -Z --parallel-max 8 --parallel-immediate -o '#1.#2' \
		"http://localhost:$site_port/[1-4]?[1-10]"
	for i in 1 2 3 4; do
		for n in $(seq 10); do
			cmp $i.$n ../site/$i
		done
	done
}
both_ways
expect rwlock 10
finish
