#!/bin/sh
# SPDX-License-Identifier: MIT
# PHP: requests to its own server, which has three worker processes.
. "$(dirname "$0")/common.sh"
packages php-cli
need php python3
owned_by php

make_site
work() {
	port=$(free_port)
	PHP_CLI_SERVER_WORKERS=3
	export PHP_CLI_SERVER_WORKERS
	serve php -S "127.0.0.1:$port" -t "$folder/site"
	load_site
	end_server TERM "-$server"
}
both_ways
expect thread 1
finish
