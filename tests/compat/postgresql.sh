#!/bin/sh
# SPDX-License-Identifier: MIT
# PostgreSQL, a tree of processes, answers four clients of its own benchmark.
. "$(dirname "$0")/common.sh"
packages postgresql postgresql-contrib
PATH=$(printf '%s:' /usr/lib/postgresql/*/bin)$PATH
need initdb postgres pgbench psql python3
owned_by postgres

be_nobody
cd /
$as_user initdb -D "$folder/new" -A trust -U work --no-sync > "$folder/initdb.err" 2>&1 ||
	fail 'initdb failed'
cd "$folder"
sql() {
	psql -X -h 127.0.0.1 -p "$port" -U work -At postgres "$@"
}
work() {
	port=$(free_port)
	$as_user cp -r ../new data
	serve postgres -D "$PWD/data" -p "$port" -k "$PWD" -c listen_addresses=127.0.0.1 -c fsync=off \
		-c max_parallel_workers_per_gather=2 -c min_parallel_table_scan_size=0 \
		-c parallel_setup_cost=0 -c parallel_tuple_cost=0
	pgbench -q -i -h 127.0.0.1 -p "$port" -U work postgres 2> init.log
	pgbench -n -h 127.0.0.1 -p "$port" -U work -c 4 -j 2 -t 100 postgres > pgbench.log
	grep 'transactions actually processed\|failed transactions' pgbench.log
	sql -c 'SELECT count(*), count(DISTINCT bid) FROM pgbench_accounts' \
		-c 'SELECT count(*) FROM pgbench_history' -c 'VACUUM (PARALLEL 2) pgbench_accounts'
	end_server INT "$(head -n 1 data/postmaster.pid)"
}
both_ways
expect sem 1
finish
