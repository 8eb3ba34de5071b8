#!/bin/sh
# SPDX-License-Identifier: MIT
# events.sh BUILD_FOLDER: what events cost. For programs that do little but lock, and for each
# form that events are kept in: CPU time of the collector and size of the recording per
# event, and how many rows a second a query groups.
set -eu
export LC_ALL=C
build=$(cd "$1" && pwd)
collector=$build/trace/holdwait-collector
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# What of `times` is CPU time of children, "0m1.23s 0m0.45s", in seconds.
cpu_seconds()
{
	tail -n 1 "$1" | awk '{
		for (i = 1; i <= 2; i++) {
			split($i, part, "[ms]")
			seconds += 60 * part[1] + part[2]
		}
		print seconds
	}'
}

# record FORM PROGRAM...: into $folder/run.db, the collector's CPU time into $folder/times.
record()
{
	form=$1
	shift
	rm -f "$folder"/run.db*
	mkfifo "$folder/session"
	# shellcheck disable=SC2016
	sh -c '"$@" & wait $!; times' sh "$collector" --options \
		"store=$form file=$folder/run.db" > "$folder/session" &
	shell=$!
	{
		read -r session
		HOLDWAIT_SESSION=$session LD_PRELOAD=$build/interpose/libholdwait.so "$@" \
			> /dev/null || true
		cat > "$folder/times"
	} < "$folder/session"
	wait $shell
	rm "$folder/session"
}

# The seconds that a command takes.
seconds_of()
{
	begin=$(date +%s.%N)
	"$@" > /dev/null
	echo "$begin $(date +%s.%N)" | awk '{ print $2 - $1 }'
}

measure()
{
	what=$1 form=$2
	shift 2
	record "$form" "$@"
	count=$(sqlite3 "$folder/run.db" "SELECT value FROM meta WHERE key = 'events'")
	bytes=$(wc -c < "$folder/run.db")
	scan=$(seconds_of sqlite3 -cmd ".load $build/trace/holdwait_event" "$folder/run.db" \
		"SELECT thread, op, count(*) FROM event GROUP BY 1, 2")
	echo "$count $(cpu_seconds "$folder/times") $bytes $scan" |
		awk -v what="$what" -v form="$form" '{
			printf "%-16s %-7s %10d events %8.1f ns/event %6.2f B/event %6.2f M rows/s\n",
				what, form, $1, 1e9 * $2 / $1, $3 / $1, $1 / $4 / 1e6
		}'
	"$build/tests/bench/codec" "$folder/run.db"
}

for form in packed zstd rows; do
	measure 'one lock' $form "$build/tests/fixtures/interpose/fixture_loops" 5000000
	measure 'sqlite, threads' $form "$build/tests/fixtures/sqlite_threads" 60000
done
