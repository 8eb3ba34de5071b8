#!/bin/sh
# SPDX-License-Identifier: MIT
# memcached with four threads stores and gives back a thousand values.
. "$(dirname "$0")/common.sh"
packages memcached
need memcached python3

work() {
	port=$(free_port)
	serve memcached -u root -t 4 -l 127.0.0.1 -p "$port" -U 0
	python3 - "$port" <<'END'
import socket, sys, threading
def client(number):
    connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    stream = connection.makefile("rwb")
    for i in range(250):
        value = b"%d-%d" % (number, i)
        stream.write(b"set k%d-%d 0 0 %d\r\n%s\r\n" % (number, i, len(value), value))
        stream.flush()
        assert stream.readline() == b"STORED\r\n"
        stream.write(b"get k%d-%d\r\n" % (number, i))
        stream.flush()
        assert stream.readline().startswith(b"VALUE")
        assert stream.readline() == value + b"\r\n"
        assert stream.readline() == b"END\r\n"
    right.append(number)
right = []
clients = [threading.Thread(target=client, args=(n,)) for n in range(4)]
for c in clients: c.start()
for c in clients: c.join()
print(sorted(right))
END
	end_server TERM
}
both_ways
expect mutex 2000
finish
