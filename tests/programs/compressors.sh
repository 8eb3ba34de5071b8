#!/bin/sh
# SPDX-License-Identifier: MIT
# xz and pigz with two threads each give what they give alone.
. "$(dirname "$0")/common.sh"
need xz pigz sqlite3

head -c 2000000 /dev/urandom > data
yes 'hold and wait' | head -c 2000000 >> data
xz -T2 --block-size=500000 -0 -c data > xz.alone
pigz -p2 -n -c data > pigz.alone
"$holdwait" record -q -o xz.db xz -T2 --block-size=500000 -0 -c data > xz.recorded
"$holdwait" record -q -o pigz.db pigz -p2 -n -c data > pigz.recorded
cmp xz.alone xz.recorded || fail "xz behaves differently"
cmp pigz.alone pigz.recorded || fail "pigz behaves differently"
expect_recording xz.db mutex 100
expect_recording pigz.db mutex 100
