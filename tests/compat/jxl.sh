#!/bin/sh
# SPDX-License-Identifier: MIT
# The encoder of JPEG XL (which is linked with tcmalloc) packs a picture with four threads.
. "$(dirname "$0")/common.sh"
packages libjxl-tools
need cjxl djxl python3

python3 - <<'END'
with open("picture.ppm", "wb") as picture:
    picture.write(b"P6 512 512 255\n")
    for y in range(512):
        picture.write(bytes(v & 255 for x in range(512) for v in (x, y, x * y >> 4)))
END
work() {
	traced sh -c 'cjxl --quiet --num_threads=4 -e 3 -d 0 ../picture.ppm picture.jxl &&
		djxl --quiet --num_threads=4 picture.jxl back.ppm && cat picture.jxl back.ppm'
}
both_ways
expect mutex 100
expect thread 8
finish
