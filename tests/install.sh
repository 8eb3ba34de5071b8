#!/bin/sh
# SPDX-License-Identifier: MIT
# install.sh SOURCE_FOLDER BUILD_FOLDER LIBDIR: what `meson install` installs with DESTDIR is
# complete, and runs from there though it was built for another prefix.
set -eu
export LC_ALL=C
source=$1 build=$2 libdir=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
	echo "FAILED: $*"
	exit 1
}

meson install -C "$build" --no-rebuild --quiet --destdir "$folder/root"
bin=$(find "$folder/root" -name bin)
prefix=${bin%/bin}

# Every file, nothing more.
{
	echo bin/holdwait
	echo include/holdwait.h
	echo "$libdir/holdwait/holdwait-collector"
	echo "$libdir/holdwait/holdwait_event.so"
	echo "$libdir/holdwait/libholdwait.so"
	for page in "$source"/man/*.[1357]; do
		echo "share/man/man${page##*.}/${page##*/}"
	done
} | sort > "$folder/expected"
(cd "$prefix" && find . -type f | sed 's,^\./,,' | sort) > "$folder/installed"
diff "$folder/expected" "$folder/installed" || fail "other files were installed"
for file in "$bin/holdwait" "$prefix/$libdir"/holdwait/*; do
	! readelf -d "$file" | grep -E 'RPATH|RUNPATH' || fail "$file names a folder for libraries"
done

# It finds its parts, and nothing of the build folder.
status=0
"$bin/holdwait" run -q --on-deadlock=exit -o "$folder/run.db" \
	"$build/demos/philosophers" --certain 2> "$folder/report" || status=$?
[ $status = 124 ] || fail "status $status of a deadlock"
grep -q 'HW002' "$folder/report" || fail "no deadlock in: $(cat "$folder/report")"
[ "$(sqlite3 "$folder/run.db" "SELECT count(*) FROM module
	WHERE path LIKE '%/interpose/libholdwait.so'")" = 0 ] || fail "it used the build folder"
"$bin/holdwait" record -q --store=packed -o "$folder/packed.db" \
	"$build/demos/philosophers" --strategy ordered > /dev/null
[ "$(sqlite3 -cmd ".load $prefix/$libdir/holdwait/holdwait_event" "$folder/packed.db" \
	"SELECT count(*) > 100 FROM event")" = 1 ] || fail "packed events cannot be read"
HOLDWAIT_FILE=$folder/%e.db LD_PRELOAD=$prefix/$libdir/holdwait/libholdwait.so \
	"$build/demos/philosophers" --strategy ordered > /dev/null
while [ "$(sqlite3 "$folder/philosophers.db" "SELECT count(*) FROM meta WHERE key = 'complete'")" != 1 ]; do
	sleep 0.05 # the collector outlives the program for a moment
done
"$bin/holdwait" report "$folder/philosophers.db" | grep -q 'no deadlock found' || fail "no report"
"$bin/holdwait" help record | grep -q 'record the locks of a program' || fail "no manual"
