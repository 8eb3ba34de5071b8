# SPDX-License-Identifier: MIT
"""The workloads there are, by name."""

from workloads import ALL_KINDS_PEERS, Pairs, Program, Server

# What can have a thousand threads, and lasts as long as they do.
CROWD_PEERS = ("lttng",)
FILM = ("ffmpeg -nostdin -v error -f lavfi -i testsrc2=duration=AMOUNT:size=640x360:rate=25 "
        "-c:v libx264 -preset veryfast -threads 4 -f null -").split()
SOUND = "gst-launch-1.0 -q audiotestsrc num-buffers=AMOUNT ! queue ! queue ! fakesink".split()

WORKLOADS = {workload.name: workload for workload in (
    Pairs("mutex", "a mutex, 1 thread", "mutex"),
    Pairs("mutex-2", "a mutex each, 2 threads", "-t", "2", "mutex"),
    Pairs("life", "a thread's life", "life"),
    Pairs("nested", "nested mutexes, 8 threads", "-t", "8", "nested"),
    Pairs("crowd", "1,000 threads", "-t", "1000", "crowd", peers=CROWD_PEERS),
    # TSan's order graph holds 64 at once, and no more.
    Pairs("held", "64 mutexes held", "held", peers=("helgrind", "drd", "lttng", "mutrace")),
    Pairs("sem", "a semaphore", "sem", peers=ALL_KINDS_PEERS),
    Pairs("rdlock", "a rwlock, read", "rdlock", peers=ALL_KINDS_PEERS),
    Pairs("wrlock", "a rwlock, written", "wrlock", peers=ALL_KINDS_PEERS),
    Pairs("spin", "a spinlock", "spin", peers=ALL_KINDS_PEERS),
    Program("sqlite", "SQLite, 2 threads", ["sqlite_threads", "AMOUNT", "2"], 500000, needs=(),
            peers=("tsan-gcc", "tsan-clang", "lttng", "helgrind", "drd", "mutrace")),
    Server("memcached", "memcached", "memcached", "memcaslap"),
    Server("mariadb", "MariaDB", "mariadbd", "sysbench"),
    Server("postgresql", "PostgreSQL", "pgbench"),
    Server("redis", "redis", "redis-server", "redis-benchmark"),
    Program("python", "CPython", ["python3", "HERE/queues.py", "AMOUNT"], 1000000),
    Program("ffmpeg", "ffmpeg", FILM, 20),
    Program("xz", "xz", "xz -T2 -1 --block-size=1MiB -k -c DATA".split(), 24, has_data=True),
    Program("pigz", "pigz", "pigz -p2 -k -c DATA".split(), 320, has_data=True),
    Program("gstreamer", "GStreamer", SOUND, 200000),
)}
