#!/bin/sh
# SPDX-License-Identifier: MIT
# MariaDB answers four clients at once, who insert, add up and delete in InnoDB tables.
. "$(dirname "$0")/common.sh"
packages mariadb-server-core mariadb-client-core
need mariadbd mariadb mariadb-install-db python3

be_nobody
settings='--innodb-log-file-size=8M --innodb-buffer-pool-size=16M --skip-log-bin'
# shellcheck disable=SC2086
$as_user mariadb-install-db --no-defaults --skip-test-db --datadir="$folder/new" \
	--auth-root-authentication-method=normal $settings > install.log 2>&1 ||
	fail 'mariadb-install-db failed'
sql() {
	mariadb --no-defaults --protocol=tcp -h 127.0.0.1 -P "$port" -u root --batch "$@"
}
client() {
	table=t$1
	{
		echo "CREATE TABLE $table (id INT AUTO_INCREMENT PRIMARY KEY, n INT, KEY (n)) ENGINE=InnoDB;"
		for i in $(seq 100); do
			echo "INSERT INTO $table (n) VALUES ($i), ($i + 1); INSERT INTO everybody VALUES ($i);"
			echo "UPDATE $table SET n = n + 1 WHERE id % 7 = $((i % 7));"
		done
		echo "SELECT count(*), sum(n) FROM $table; DELETE FROM $table; OPTIMIZE TABLE $table;"
	} | sql work > "client.$1.log"
}
work() {
	port=$(free_port)
	$as_user cp -r ../new data
	# shellcheck disable=SC2086
	serve mariadbd --no-defaults --datadir="$PWD/data" --socket="$PWD/socket" \
		--bind-address=127.0.0.1 --port="$port" $settings
	sql -e 'CREATE DATABASE work; CREATE TABLE work.everybody (n INT)'
	clients=
	for i in 1 2 3 4; do
		client $i &
		clients="$clients $!"
	done
	for client in $clients; do
		wait "$client"
	done
	cat client.*.log
	sql -e 'SELECT count(*), sum(n) FROM work.everybody; CHECK TABLE work.everybody; SHUTDOWN'
	await_server
}
both_ways
expect mutex 1000
expect thread 10
finish
