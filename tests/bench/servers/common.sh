# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the servers share: NAME.sh BUILD_FOLDER [WORD...] starts one, with the words (a tool
# and its options) before its command, has it work for $BENCH_SECONDS, and prints how much
# it did in a second, "rate N". They are started and ended as those of tests/compat are.
# Where the tool is holdwait, "lost N" follows.
#
#	settle NAME COMMAND    run it, to fill the folder $cache/NAME, if that was not done before
#	under_load() { ... }   start, load, end; prints the rate
#	measure                does it
bench_tool() {
	shift
	tool=$*
}
bench_tool "$@"
# shellcheck source=../../compat/common.sh
. "$(dirname "$0")/../../compat/common.sh"
: "${BENCH_SECONDS:=3}"
cache=${BENCH_CACHE:-$folder}

# In place of that of tests/compat: the tool is any.
one_way() {
	exec 3>&-
	# shellcheck disable=SC2086 # commands and their arguments
	exec $as_user $tool "$@"
}

settle() {
	made=$cache/$1
	shift
	[ ! -e "$made" ] || return 0
	"$@" || fail "$name cannot be settled"
}

measure() {
	# shellcheck disable=SC2086
	$as_user mkdir "$folder/work"
	cd "$folder/work"
	under_load 2> "$folder/work.err"
	[ ! -e holdwait.db ] || echo "lost $("$holdwait" sql holdwait.db \
		"SELECT value FROM meta WHERE key = 'lost' AND
			(SELECT value FROM meta WHERE key = 'complete')")"
}
