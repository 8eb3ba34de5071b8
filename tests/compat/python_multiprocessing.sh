#!/bin/sh
# SPDX-License-Identifier: MIT
# CPython's processes: named semaphores, queues, pools, shared memory, by fork and by spawn.
. "$(dirname "$0")/common.sh"
packages python3
need python3

cat > work.py <<'END'
import multiprocessing

def add(lock, total):
    for _ in range(200):
        with lock:
            total.value += 1
def square(n):
    return n * n
def pass_on(source, sink):
    while (n := source.get()) is not None:
        sink.put(n + 1)
def work(context):
    lock, total = context.Lock(), context.Value("i", 0, lock=False)
    adders = [context.Process(target=add, args=(lock, total)) for _ in range(3)]
    for adder in adders: adder.start()
    for adder in adders: adder.join()
    source, sink = context.Queue(), context.Queue()
    servers = [context.Process(target=pass_on, args=(source, sink)) for _ in range(2)]
    for server in servers: server.start()
    for n in range(100): source.put(n)
    numbers = sum(sink.get() for _ in range(100))
    for server in servers: source.put(None)
    for server in servers: server.join()
    with context.Pool(2) as pool:
        squares = sum(pool.map(square, range(100)))
    print(total.value, numbers, squares)

if __name__ == "__main__":
    for method in "fork", "spawn":
        work(multiprocessing.get_context(method))
END
work() {
	traced python3 ../work.py
}
both_ways
expect sem 1000
[ "$(query 'SELECT count(DISTINCT pid) > 10 FROM process')" = 1 ] || fail 'processes are missing'
finish
