#!/bin/sh
# SPDX-License-Identifier: MIT
# embed.sh NAME INPUT OUTPUT: a text file as a C string constant.
set -eu
{
	echo "/* Made from $(basename "$2") by embed.sh. */"
	echo "static const char $1[] ="
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/\t"&\\n"/' "$2"
	echo "	;"
} > "$3"
