# SPDX-License-Identifier: MIT
"""Threads of Python hand each other numbers through queues, and count under a lock.

usage: queues.py NUMBERS
"""

import queue
import sys
import threading


def main(numbers):
    work, done, lock, total = queue.Queue(64), queue.Queue(), threading.Lock(), [0]

    def serve():
        while (number := work.get()) is not None:
            with lock:
                total[0] += number
        done.put(None)

    servers = [threading.Thread(target=serve) for _ in range(3)]
    for server in servers:
        server.start()
    for number in range(numbers):
        work.put(number)
    for _ in servers:
        work.put(None)
    for server in servers:
        done.get()
        server.join()
    if total[0] != numbers * (numbers - 1) // 2:
        sys.exit("queues: a number was lost")


main(int(sys.argv[1]))
