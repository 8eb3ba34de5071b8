#!/bin/sh
# SPDX-License-Identifier: MIT
# Java: monitors, locks, pools and parallel streams, compiled and run by one command.
. "$(dirname "$0")/common.sh"
packages openjdk-17-jdk-headless
need java javac

cat > Work.java <<'END'
import java.util.concurrent.*;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;

public class Work {
	static int monitored, locked;

	public static void main(String[] arguments) throws Exception {
		ReentrantLock lock = new ReentrantLock();
		ExecutorService pool = Executors.newFixedThreadPool(4);
		CountDownLatch ended = new CountDownLatch(4);
		for (int i = 0; i < 4; i++)
			pool.submit(() -> {
				for (int n = 0; n < 10000; n++) {
					synchronized (Work.class) { monitored++; }
					lock.lock();
					try { locked++; } finally { lock.unlock(); }
				}
				ended.countDown();
			});
		ended.await();
		pool.shutdown();
		System.gc();
		System.out.println(monitored + " " + locked + " " +
			IntStream.range(0, 100000).parallel().mapToLong(n -> (long) n * n).sum());
	}
}
END
work() {
	traced java -Xmx128m ../Work.java
}
both_ways
expect mutex 100
expect thread 5
finish
