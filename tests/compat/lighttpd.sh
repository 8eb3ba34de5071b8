#!/bin/sh
# SPDX-License-Identifier: MIT
# lighttpd serves files from two worker processes.
. "$(dirname "$0")/common.sh"
packages lighttpd
need lighttpd python3

make_site
work() {
	port=$(free_port)
	cat > lighttpd.conf <<-END
		server.document-root = "$folder/site"
		server.bind = "127.0.0.1"
		server.port = $port
		server.max-worker = 2
		server.modules = ( "mod_deflate" )
	END
	serve lighttpd -D -f lighttpd.conf
	load_site
	end_server TERM
}
both_ways
expect thread 1
finish
