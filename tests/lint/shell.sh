#!/bin/sh
# SPDX-License-Identifier: MIT
# shell.sh SOURCE_FOLDER: what shellcheck warns of, in every shell script.
cd "$1" || exit
command -v shellcheck > /dev/null || {
	echo "skipped: shellcheck is not installed"
	exit 77
}
find tests trace -name '*.sh' -exec \
	shellcheck --severity=warning --external-sources --source-path=SCRIPTDIR \
	bootstrap .ci/run {} +
