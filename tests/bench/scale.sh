#!/bin/sh
# SPDX-License-Identifier: MIT
# scale.sh BUILD_FOLDER [FOLDER]: what a report costs, by the size of the recording: time and
# memory. Recordings are made in FOLDER (a new one in TMPDIR), which takes 2 GB, and removed.
set -eu
export LC_ALL=C
build=$(cd "$1" && pwd)
folder=$(mktemp -d "${2:-${TMPDIR:-/tmp}}/scale.XXXXXX")
trap 'rm -rf "$folder"' EXIT

row='%11s %8s %8s %13s %11s %8s %8s %8s\n'

# shellcheck disable=SC2059
measure()
{
	"$build/tests/bench/scale" "$folder/scale.db" "$@" > /dev/null
	status=0
	/usr/bin/time -f '%e %U %M' -o "$folder/cost" \
		"$build/analyzer/holdwait" report "$folder/scale.db" > "$folder/text" || status=$?
	if [ $status -gt 1 ]; then
		echo "scale.sh: the report of a recording of $1 events ends with $status" >&2
		exit 1
	fi
	tail -n 1 "$folder/cost" | {
		read -r wall user kib
		printf "$row" "$1" "$2" "$3" "$4" "$5" "$wall" "$user" $((kib / 1024))
	}
	grep -i 'note: there are more' "$folder/text" || true
	rm "$folder/scale.db"
}

# shellcheck disable=SC2059
printf "$row" events objects threads dependencies component wall/s user/s MiB
measure 1000000 1000 1000 10000 0
measure 10000000 10000 1000 100000 0
measure 100000000 100000 1000 1000000 0
measure 100000000 100000 1000 1000000 10000
