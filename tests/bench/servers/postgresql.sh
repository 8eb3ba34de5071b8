#!/bin/sh
# SPDX-License-Identifier: MIT
# PostgreSQL, a tree of processes, with four clients of its own benchmark: transactions a second.
. "$(dirname "$0")/common.sh"
PATH=$(printf '%s:' /usr/lib/postgresql/*/bin)$PATH
need initdb postgres pgbench pg_isready python3

be_nobody
make_database() {
	cd /
	$as_user initdb -D "$folder/new" -A trust -U work --no-sync > "$folder/install.err" 2>&1
	cd "$folder"
	mv "$folder/new" "$made"
}
under_load() {
	port=$(free_port)
	$as_user cp -r "$cache/postgresql" data
	chmod 700 data
	serve postgres -D "$PWD/data" -p "$port" -k "$PWD" -c listen_addresses=127.0.0.1 -c fsync=off
	# It listens before it answers.
	until pg_isready -q -h 127.0.0.1 -p "$port" -U work; do sleep 0.05; done
	pgbench -q -i -h 127.0.0.1 -p "$port" -U work postgres 2> prepare.log
	pgbench -n -h 127.0.0.1 -p "$port" -U work -c 4 -j 2 -T "$BENCH_SECONDS" postgres > load.log
	end_server INT "$(head -n 1 data/postmaster.pid)" > end.log
	sed -n 's/^tps = \([0-9.]*\) .*/rate \1/p' load.log
}
settle postgresql make_database
measure
