# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the tests of real programs share. Each program has a script, NAME.sh BUILD_FOLDER,
# that works with it twice, alone and under `holdwait record`, and compares the two. A
# script says, in this order:
#
#	packages NAME...      Debian's packages it takes; the first has the program's version
#	need COMMAND...       what must be there, or the test is skipped (exit status 77)
#	work() { ... }        what is done with it; what it prints must come out the same
#	both_ways             does it, in the folders `alone` and `recorded`
#	expect KIND MINIMUM   that many acquisitions of objects of a kind, or starts of threads
#	finish                looks at the recording, and prints the line of the table
#
# work() starts the program itself by `traced`, or by `serve` and `end_server`, which add
# holdwait when it is wanted, and print the exit status. It does so once: there is one
# recording. What it needs from before, in $folder, is made above `both_ways`.
#
# HOLDWAIT_COMPAT_KEEP=FOLDER keeps recordings and reports there, to be read.
set -eu

# Debian's programs, not what somebody has put before them.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
# Nobody's settings or language.
unset PYTHONHOME PYTHONPATH PERL5LIB RUBYLIB NODE_OPTIONS JAVA_TOOL_OPTIONS
export LC_ALL=C.UTF-8

build=$1
name=$(basename "$0" .sh)
holdwait=$build/analyzer/holdwait
folder=$(mktemp -d)
recording=$folder/recorded/holdwait.db
started=
as_user=
# Of the server that works, as work() chooses it.
port=
chmod 755 "$folder"
# The test's output, also where that of the work goes elsewhere.
exec 3>&1
# Settings and caches that programs write stay here.
HOME=$folder
export HOME

cleanup() {
	code=$?
	case $code in
	0 | 77) ;;
	*) show_errors >&3 ;;
	esac
	for group in $started; do
		kill -9 "-$group" 2> /dev/null || true
	done
	rm -rf "$folder"
	exit "$code"
}
trap cleanup EXIT
trap 'exit 143' HUP INT TERM
cd "$folder"

fail() {
	echo "FAILED: $*" >&3
	exit 1
}

# What the programs had to say before the script ended.
show_errors() {
	for output in "$folder"/*.err "$folder"/*/*.log; do
		if [ -s "$output" ]; then
			echo "-- ${output#"$folder/"}"
			tail -n 30 "$output"
		fi
	done
}

# skip REASON: the test says nothing here.
skip() {
	echo "skipped: $*" >&3
	exit 77
}

# packages NAME...: what `./bootstrap compat` installs; it reads these lines. NAME|NAME is
# several of which one is enough.
packages() {
	package=${1%%|*}
}

# owned_by PROGRAM: which package really has it, where the first only depends on that.
owned_by() {
	package=$(dpkg-query -S "$(readlink -f "$(command -v "$1")")" | cut -d: -f1)
}

need() {
	for program in sqlite3 setsid "$@"; do
		command -v "$program" > /dev/null || skip "$program is not installed"
	done
}

# For servers that refuse to be root: the program, and holdwait with it, is somebody who
# may do nothing else.
be_nobody() {
	[ "$(id -u)" = 0 ] || return 0
	as_user='setpriv --reuid=nobody --regid=nogroup --clear-groups --'
	$as_user test -x "$holdwait" || skip "nobody may not run $holdwait"
	chown nobody:nogroup "$folder"
}

# --- Work -----------------------------------------------------------------------------

# Becomes the command, in the way that has its turn. What it leaves running does not keep the
# test's output open.
one_way() {
	exec 3>&-
	if [ "$how" = recorded ]; then
		set -- "$holdwait" record -q -o "$recording" "$@"
	fi
	# shellcheck disable=SC2086 # a command and its arguments, or nothing
	exec $as_user "$@"
}

# traced COMMAND...: in the foreground, with its exit status.
traced() {
	status=0
	(one_way "$@") || status=$?
	echo "status $status"
}

# A port on loopback that nobody listens on.
free_port() {
	python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# is_listening PORT: whether somebody does.
is_listening() {
	python3 -c 'import socket, sys
socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1)' "$1" 2> /dev/null
}

# serve COMMAND...: in the background, until it listens on $port. $server is its process id,
# or that of its holdwait, which hands signals on; and that of its process group: some
# servers signal their whole group, which must not be the test's.
serve() {
	as_user="setsid $as_user" one_way "$@" > server.log 2>&1 &
	server=$!
	started="$started $server"
	until is_listening "$port"; do
		kill -0 "$server" 2> /dev/null || fail "$name does not listen"
		sleep 0.05
	done
}

# end_server SIGNAL [PID]: sends it (to the server, if not to PID), and waits for the server.
end_server() {
	kill -"$1" "${2:-$server}"
	await_server
}

# await_server: for one that has been told to end.
await_server() {
	status=0
	wait "$server" || status=$?
	echo "status $status"
}

both_ways() {
	for how in alone recorded; do
		# shellcheck disable=SC2086
		$as_user mkdir "$folder/$how"
		cd "$folder/$how"
		# Not in a condition, where the shell would go on after what fails in it.
		work > "$folder/$how.out" 2> "$folder/$how.err"
		cd "$folder"
	done
	diff alone.out recorded.out || fail "$name behaves differently"
	[ -e "$recording" ] || fail "$name was not recorded"
}

# make_data FILE: four million bytes of which half can be compressed.
make_data() {
	head -c 2000000 /dev/urandom > "$1"
	yes 'hold and wait' | head -c 2000000 >> "$1"
}

# make_tree: a folder, tree, of 250 small files.
make_tree() {
	for part in 1 2 3 4 5; do
		mkdir -p tree/$part
		for file in $(seq 50); do
			seq $((part * file)) $((part * file + 500)) > "tree/$part/$file"
		done
	done
}

# make_site: a folder, site, of four files for a server to give out.
make_site() {
	mkdir site
	for file in 1 2 3 4; do
		head -c 100000 /dev/urandom > site/$file
	done
	chmod -R a+rX site
}

# serve_site: Python's server gives out the site at $site_port, not recorded.
serve_site() {
	site_port=$(free_port)
	setsid python3 -m http.server --directory "$folder/site" --bind 127.0.0.1 "$site_port" \
		> site.log 2>&1 3>&- &
	started="$started $!"
	until is_listening "$site_port"; do
		sleep 0.05
	done
}

# load_site: four clients at once fetch the files of the site from $port, fifty times each.
load_site() {
	python3 - "$port" "$folder/site" <<'END'
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

# --- The recording --------------------------------------------------------------------

# query SQL
query() {
	"$holdwait" sql "$recording" "$1"
}

# expect KIND MINIMUM: acquisitions of objects of a kind, waits for a `cond`, or threads.
expect() {
	case $1 in
	thread) sql="SELECT count(*) FROM thread" ;;
	cond) sql="SELECT count(*) FROM event WHERE op = 'sleep'" ;;
	*) sql="SELECT count(*) FROM event e JOIN object o ON o.id = e.object
		WHERE o.kind = '$1' AND op IN ('lock', 'take')" ;;
	esac
	count=$(query "$sql")
	[ "$count" -ge "$2" ] || fail "$count of $1 recorded, where $2 were expected"
}

keep() {
	[ -n "${HOLDWAIT_COMPAT_KEEP:-}" ] || return 0
	cp "$recording" "$HOLDWAIT_COMPAT_KEEP/$name.db"
	cp report.txt "$HOLDWAIT_COMPAT_KEEP/$name.txt"
}

version() {
	dpkg-query -W -f '${Version}' "$package" 2> /dev/null || echo '?'
}

# The recording is whole, nothing is lost, and every verb can read it. The last line is the
# row of the table.
finish() {
	[ "$(query "SELECT value FROM meta WHERE key = 'complete'")" = 1 ] ||
		fail 'the recording is not complete'
	[ "$(query 'PRAGMA integrity_check')" = ok ] || fail 'the recording is damaged'
	lost=$(query "SELECT value FROM meta WHERE key = 'lost'")
	[ "$lost" = 0 ] || fail "$lost events were lost"
	"$holdwait" info "$recording" || fail 'holdwait info cannot read it'
	"$holdwait" report --color=never "$recording" > report.txt || fail 'it cannot be reported'
	"$holdwait" report -f json "$recording" > report.json || fail 'nor as JSON'
	keep
	findings=$(sqlite3 :memory: \
		"SELECT json_array_length(readfile('report.json'), '$.findings')")
	[ "$findings" = 0 ] || cat report.txt
	printf 'row\t%s\t%s\t%s\t%s\n' "$name" "$package" "$(version)" "$(query \
		"SELECT (SELECT value FROM meta WHERE key = 'events'),
			(SELECT count(DISTINCT pid) FROM process),
			(SELECT count(*) FROM thread), $findings")"
}
