#!/bin/sh
# SPDX-License-Identifier: MIT
# nginx reads files with a pool of threads in two worker processes.
. "$(dirname "$0")/common.sh"
packages 'nginx|nginx-core|nginx-full|nginx-extras|nginx-light'
need nginx python3

make_site
work() {
	port=$(free_port)
	cat > nginx.conf <<-END
		daemon off; worker_processes 2; pid $PWD/nginx.pid; error_log $PWD/error.log;
		thread_pool default threads=4;
		events { worker_connections 64; }
		http {
			access_log off;
			server {
				listen 127.0.0.1:$port; root $folder/site;
				location / { aio threads; sendfile off; }
			}
		}
	END
	serve nginx -p "$PWD" -c "$PWD/nginx.conf"
	load_site
	end_server QUIT "$(cat nginx.pid)"
}
both_ways
expect mutex 200
[ "$(query "SELECT count(*) FROM process WHERE origin = 'fork'")" = 2 ] ||
	fail 'the workers were not recorded'
finish
