#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: run-if-found.sh TOOL [ARGUMENT...]
#
# Run a tool; a missing one counts as a skipped test (77), not as a passed one.
command -v "$1" > /dev/null || {
	echo "skipped: $1 is not installed"
	exit 77
}
exec "$@"
