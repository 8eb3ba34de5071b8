#!/bin/sh
# SPDX-License-Identifier: MIT
# CPython's threads: locks, conditions, semaphores, queues, pools.
. "$(dirname "$0")/common.sh"
packages python3
need python3

work() {
	traced python3 ../work.py
}
cat > work.py <<'END'
import concurrent.futures, queue, threading

lock, recursive, total = threading.Lock(), threading.RLock(), 0
def add():
    global total
    for _ in range(500):
        with recursive, lock:
            total += 1
threads = [threading.Thread(target=add) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(total)

bounded, results = queue.Queue(4), queue.Queue()
def serve():
    while (n := bounded.get()) is not None:
        results.put(n * n)
servers = [threading.Thread(target=serve) for _ in range(3)]
for server in servers: server.start()
for n in range(300): bounded.put(n)
for server in servers: bounded.put(None)
for server in servers: server.join()
print(sum(results.get() for _ in range(300)))

barrier, gate, event = threading.Barrier(4), threading.Semaphore(2), threading.Event()
def meet(n):
    barrier.wait()
    with gate:
        event.wait(60)
    return n
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    meetings = [pool.submit(meet, n) for n in range(4)]
    event.set()
    print([meeting.result() for meeting in meetings])
END
both_ways
expect sem 2000
expect thread 8
finish
