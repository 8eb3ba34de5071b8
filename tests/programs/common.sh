# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the tests of real programs share. Each runs a program under a short real
# load with and without `holdwait record`, and compares what it did.
# Called as: NAME.sh BUILD_FOLDER. Exit status 77: skipped, with a word why.
set -eu

build=$1
holdwait=$build/analyzer/holdwait
folder=$(mktemp -d)
started=

cleanup() {
	for pid in $started; do
		kill -9 "$pid" 2> /dev/null || true
	done
	rm -rf "$folder"
}
trap cleanup EXIT
cd "$folder"

fail() {
	echo "FAILED: $*"
	exit 1
}

# need PROGRAM...: skip the test unless all are there.
need() {
	for program in "$@"; do
		command -v "$program" > /dev/null || {
			echo "skipped: $program is not installed"
			exit 77
		}
	done
}

# A port on loopback that nobody listens on now.
free_port() {
	python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# wait_for_port PORT: until a server listens there.
wait_for_port() {
	python3 - "$1" <<'END'
import socket, sys, time
for _ in range(1000):
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1).close()
        sys.exit(0)
    except OSError:
        time.sleep(0.02)
sys.exit("nobody listens on port " + sys.argv[1])
END
}

# start COMMAND...: in the background; its process id is in $server.
start() {
	"$@" > server.log 2>&1 &
	server=$!
	started="$started $server"
}

# query FILE SQL
query() {
	sqlite3 "$1" "$2"
}

# expect_recording FILE KIND MINIMUM: whole, nothing lost, so many acquisitions of this kind.
expect_recording() {
	[ "$(query "$1" "SELECT value FROM meta WHERE key = 'complete'")" = 1 ] ||
		fail "$1 is not complete"
	[ "$(query "$1" "SELECT value FROM meta WHERE key = 'lost'")" = 0 ] || fail "$1 lost events"
	count=$(query "$1" "SELECT count(*) FROM event e JOIN object o ON o.id = e.object
		WHERE o.kind = '$2' AND op IN ('lock', 'take')")
	[ "$count" -ge "$3" ] || fail "$1 has $count acquisitions of $2, not $3"
	[ "$(query "$1" "PRAGMA integrity_check")" = ok ] || fail "$1 is damaged"
	"$holdwait" report -q "$1" || fail "cannot report $1"
	echo "$1: $(query "$1" "SELECT count(*) FROM event") events, $count acquisitions of $2"
}
