#!/bin/sh
# SPDX-License-Identifier: MIT
# OpenSSL's server of TLS answers twenty clients.
. "$(dirname "$0")/common.sh"
packages openssl curl
need openssl curl python3

openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -keyout key -out certificate \
	2> /dev/null
work() {
	port=$(free_port)
	serve openssl s_server -accept "127.0.0.1:$port" -key ../key -cert ../certificate -WWW
	echo 'hold and wait' > page
	for _ in $(seq 20); do
		curl -sS --cacert ../certificate --resolve "localhost:$port:127.0.0.1" \
			"https://localhost:$port/page"
	done
	end_server TERM
}
both_ways
expect rwlock 1000
finish
