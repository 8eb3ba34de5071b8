#!/bin/sh
# SPDX-License-Identifier: MIT
# strip.sh WAY INPUT OUTPUT: what distributions do with debug information.
#   stripped    throw it away
#   debuglink   into OUTPUT.debug, named in .gnu_debuglink
#   debugdata   throw it away, but keep the functions' symbols, compressed, in .gnu_debugdata
set -eu
way=$1 input=$2 output=$3
case $way in
stripped)
	strip -o "$output" "$input"
	;;
debuglink)
	objcopy --only-keep-debug "$input" "$output.debug"
	strip -o "$output" "$input"
	objcopy --add-gnu-debuglink="$output.debug" "$output"
	;;
debugdata)
	scratch=$(mktemp -d)
	trap 'rm -r "$scratch"' EXIT
	nm --defined-only -f posix "$input" | awk '$2 ~ /^[tTwW]$/ { print $1 }' > "$scratch/keep"
	objcopy --only-keep-debug "$input" "$scratch/debug"
	objcopy -S --remove-section .comment --keep-symbols="$scratch/keep" \
		"$scratch/debug" "$scratch/mini"
	xz -c "$scratch/mini" > "$scratch/mini.xz"
	strip -o "$output" "$input"
	objcopy --add-section .gnu_debugdata="$scratch/mini.xz" "$output"
	;;
esac
