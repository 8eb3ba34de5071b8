#!/bin/sh
# SPDX-License-Identifier: MIT
# MariaDB, with sysbench reading and writing from four threads: transactions a second.
. "$(dirname "$0")/common.sh"
need mariadbd mariadb mariadb-install-db sysbench python3

be_nobody
settings='--innodb-log-file-size=32M --innodb-buffer-pool-size=64M --skip-log-bin
	--innodb-flush-log-at-trx-commit=0'
make_database() {
	# shellcheck disable=SC2086
	$as_user mariadb-install-db --no-defaults --skip-test-db --datadir="$folder/new" \
		--auth-root-authentication-method=normal $settings > install.log 2>&1
	mv "$folder/new" "$made"
}
load() {
	sysbench oltp_read_write --db-driver=mysql --mysql-host=127.0.0.1 --mysql-port="$port" \
		--mysql-user=root --mysql-db=work --tables=4 --table-size=5000 --threads=4 "$@"
}
sql() {
	mariadb --no-defaults --protocol=tcp -h 127.0.0.1 -P "$port" -u root "$@"
}
under_load() {
	port=$(free_port)
	$as_user cp -r "$cache/mariadb" data
	# shellcheck disable=SC2086
	serve mariadbd --no-defaults --datadir="$PWD/data" --socket="$PWD/socket" \
		--bind-address=127.0.0.1 --port="$port" $settings
	sql -e 'CREATE DATABASE work'
	load prepare > prepare.log
	load --time="$BENCH_SECONDS" run > load.log
	sql -e SHUTDOWN
	await_server > end.log
	sed -n 's/^ *transactions: .*(\([0-9.]*\) per sec.).*/rate \1/p' load.log
}
settle mariadb make_database
measure
