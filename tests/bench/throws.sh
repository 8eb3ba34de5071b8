#!/bin/sh
# SPDX-License-Identifier: MIT
# throws.sh BUILD_FOLDER: what 20,000 exceptions of a C++ plugin cost in a program in C, without
# holdwait and with it.
set -eu
build=$(cd "$1" && pwd)
program=$build/tests/conformance/conform_unwinds
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The seconds that a command takes.
seconds_of()
{
	begin=$(date +%s.%N)
	"$@" > /dev/null
	echo "$begin $(date +%s.%N)" | awk '{ printf "%.3f", $2 - $1 }'
}

for round in 1 2 3; do
	without=$(seconds_of "$program" 20000)
	recording=$(seconds_of "$build/analyzer/holdwait" record -q -o "$folder/run.db" -- \
		"$program" 20000)
	echo "round $round: $without s without, $recording s with, start and end of recording included"
done
