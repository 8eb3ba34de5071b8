#!/bin/sh
# SPDX-License-Identifier: MIT
# ffmpeg makes, filters, encodes (H.264) and decodes a film, with four threads each.
. "$(dirname "$0")/common.sh"
packages ffmpeg
need ffmpeg

work() {
	traced sh -c 'ffmpeg -nostdin -v error -filter_threads 4 -f lavfi \
			-i testsrc=duration=2:size=320x240:rate=25 -f lavfi -i sine=duration=2 \
			-vf scale=480:360 -c:v libx264 -preset ultrafast -threads:v 4 -c:a aac -flags +bitexact \
			-fflags +bitexact film.mkv &&
		ffmpeg -nostdin -v error -threads 4 -i film.mkv -f framemd5 -'
	cat film.mkv
}
both_ways
expect mutex 1000
expect thread 8
finish
