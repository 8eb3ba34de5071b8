#!/bin/sh
# SPDX-License-Identifier: MIT
# nginx reads files with a pool of threads in two worker processes.
. "$(dirname "$0")/common.sh"
need nginx python3 sqlite3

mkdir www
for i in 1 2 3 4; do
	head -c 100000 /dev/urandom > "www/$i"
done

load() {
	python3 - "$1" "$folder/www" <<'END'
import sys, threading, urllib.request
def client(name):
    expected = open(sys.argv[2] + "/" + name, "rb").read()
    for _ in range(50):
        with urllib.request.urlopen("http://127.0.0.1:%s/%s" % (sys.argv[1], name)) as answer:
            assert answer.read() == expected
    right.append(name)
right = []
clients = [threading.Thread(target=client, args=(n,)) for n in "1234"]
for c in clients: c.start()
for c in clients: c.join()
print(sorted(right))
END
}

for how in alone recorded; do
	port=$(free_port)
	cat > nginx.conf <<-END
		daemon off; worker_processes 2; pid $folder/nginx.pid; error_log $folder/error.log;
		thread_pool default threads=4;
		events { worker_connections 64; }
		http {
			access_log off;
			server {
				listen 127.0.0.1:$port; root $folder/www;
				location / { aio threads; sendfile off; }
			}
		}
	END
	chmod 755 "$folder"
	command="nginx -p $folder -c $folder/nginx.conf"
	[ "$how" = alone ] || command="$holdwait record -q -o nginx.db $command"
	start $command
	wait_for_port "$port"
	load "$port" > "$how.out"
	kill -QUIT "$(cat nginx.pid)"
	status=0
	wait "$server" || status=$?
	echo "status $status" >> "$how.out"
done
diff alone.out recorded.out || fail "nginx behaves differently"
expect_recording nginx.db mutex 200
[ "$(query nginx.db "SELECT count(*) FROM process WHERE origin = 'fork'")" = 2 ] ||
	fail "the workers were not recorded"
