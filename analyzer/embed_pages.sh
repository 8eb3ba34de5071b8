#!/bin/sh
# SPDX-License-Identifier: MIT
# embed_pages.sh OUTPUT PAGE.txt...: text files as rows of a C array, each its name and its text.
set -eu
output=$1
shift
for page in "$@"; do
	printf '{ "%s",\n' "$(basename "$page" .txt)"
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/\t"&\\n"/' "$page"
	printf '},\n'
done > "$output"
