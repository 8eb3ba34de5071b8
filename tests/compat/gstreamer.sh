#!/bin/sh
# SPDX-License-Identifier: MIT
# GStreamer carries pictures and sound through queues, each with a thread of its own.
. "$(dirname "$0")/common.sh"
packages gstreamer1.0-tools gstreamer1.0-plugins-base
need gst-launch-1.0

work() {
	traced gst-launch-1.0 -q videotestsrc num-buffers=50 ! video/x-raw,width=160,height=120 ! \
		queue ! videoconvert n-threads=2 ! video/x-raw,format=RGB ! queue ! filesink location=film \
		audiotestsrc num-buffers=50 ! queue ! audioconvert ! audioresample ! filesink location=sound
	cat film sound
}
both_ways
expect thread 4
# Its queues are made of GLib's locks, and what is inside of these is no object of its own.
expect cond 3
finish
