#!/bin/sh
# SPDX-License-Identifier: MIT
# Node: workers that share memory, compression and cryptography in its pool of threads.
. "$(dirname "$0")/common.sh"
packages nodejs
need node

cat > work.js <<'END'
const { Worker, isMainThread, workerData } = require("worker_threads");
const zlib = require("zlib"), crypto = require("crypto");
if (isMainThread) {
	const shared = new Int32Array(new SharedArrayBuffer(4));
	const workers = Array.from({ length: 3 }, () => new Promise((done) =>
		new Worker(__filename, { workerData: shared }).on("exit", done)));
	const packed = Array.from({ length: 20 }, (_, i) => new Promise((done) =>
		zlib.gzip(Buffer.alloc(50000, "hold and wait " + i), (error, data) => done(data.length))));
	const keys = Array.from({ length: 8 }, (_, i) => new Promise((done) =>
		crypto.pbkdf2("word", "salt" + i, 1000, 16, "sha256", (error, key) => done(key.toString("hex")))));
	Promise.all([...workers, ...packed, ...keys]).then((all) => console.log(shared[0], all));
} else {
	for (let i = 0; i < 1000; i++)
		Atomics.add(workerData, 0, 1);
}
END
work() {
	traced node ../work.js
}
both_ways
expect mutex 1000
expect thread 8
finish
