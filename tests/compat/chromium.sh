#!/bin/sh
# SPDX-License-Identifier: MIT
# Chromium without a screen shows a page whose script adds up and draws.
. "$(dirname "$0")/common.sh"
packages chromium
need chromium

cat > page.html <<'END'
<!DOCTYPE html>
<p id=result>nothing</p>
<canvas id=picture width=50 height=50></canvas>
<script>
let sum = 0;
for (let i = 0; i < 100000; i++)
	sum += i;
const pen = document.getElementById("picture").getContext("2d");
pen.fillRect(5, 5, 40, 40);
document.getElementById("result").textContent = sum + " " + pen.getImageData(10, 10, 1, 1).data;
</script>
END
work() {
	traced chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
		--disable-background-networking --user-data-dir="$PWD/user" --dump-dom \
		"file://$folder/page.html"
}
both_ways
expect mutex 1000
expect thread 20
finish
