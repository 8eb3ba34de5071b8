#!/bin/sh
# SPDX-License-Identifier: MIT
# haproxy with four threads stands before a server of files.
. "$(dirname "$0")/common.sh"
packages haproxy
need haproxy python3

make_site
work() {
	serve_site
	port=$(free_port)
	cat > haproxy.cfg <<-END
		global
			nbthread 4
		defaults
			mode http
			timeout connect 60s
			timeout client 60s
			timeout server 60s
		listen site
			bind 127.0.0.1:$port
			server one 127.0.0.1:$site_port
	END
	serve haproxy -db -f haproxy.cfg
	load_site
	end_server USR1
}
both_ways
expect thread 4
finish
