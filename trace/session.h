/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_SESSION_H
#define HW_TRACE_SESSION_H

/*
 * The session: one piece of shared memory between all traced processes of a
 * run and their collector.
 *
 * It is a sparse file that every process maps once, at start. A forked child
 * goes on in the mapping it inherits, so it needs no file system, no
 * privilege and no descriptor. Four parts:
 *
 *   header     what was asked for (fixed before the first process starts), and
 *              the few words by which the sides wake each other
 *   processes  one slot for every program image alive or not yet drained
 *   threads    one slot for every thread: who it is, where its log begins and
 *              what it is waiting for at this instant
 *   chunks     32 KiB each; a thread's log is a list of them
 *
 * Who writes what: slots and chunks are taken by traced threads from lock-free
 * lists and given back by the collector alone, after it has read them. A
 * chunk on the free list is all zeroes, and chunks lie at multiples of their
 * size in memory (map the session at such an address), so that a position in a
 * log tells by itself where its chunk ends. Nothing here is trusted by the
 * collector: every index is checked before use.
 *
 * The collector makes chunks ready (allocated, so that no write can fail with
 * SIGBUS on a full /dev/shm) ahead of need. A thread that finds none waits, or
 * drops and counts, as the options say; it drops, too, when the collector says that
 * there is none to wait for. When the collector has died, shows no heartbeat for
 * `patience_s`, or has no room to store more, recording ends and the program goes on.
 */

#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/record.h"

#define HW_SESSION_MAGIC   0x31545741574c4448ull /* "HDLWAWT1" */
#define HW_SESSION_VERSION 6u
#define HW_SESSION_VARIABLE "HOLDWAIT_SESSION"
#define HW_SESSION_HIDDEN  "hidden:" /* before the path: the program is not to see it */

enum {
	HW_PROCESS_MAX = 2048,
	HW_THREAD_MAX = 16384,
	HW_CHUNK_MAX = 8192,
	HW_CHUNK_BYTES = 32768,
	HW_CHUNKS_TO_RING = 16, /* full ones, or those that are free again */
	/* No log goes on there, so a thread may count a little beyond the end of a chunk. */
	HW_CHUNK_HEAD_BYTES = 256,
	HW_CHUNK_RECORDS = (HW_CHUNK_BYTES - HW_CHUNK_HEAD_BYTES) /
		(int)sizeof(struct hw_record),
	HW_GROUP_RECORDS_MAX = 1024, /* the longest record with payload */
};

enum hw_clock_kind { HW_CLOCK_TSC = 1, HW_CLOCK_MONOTONIC = 2 };

enum hw_session_state {
	HW_SESSION_ON = 1,
	HW_SESSION_OFF = 2,   /* ended by the collector */
	HW_SESSION_ALONE = 3, /* ended by a traced process: the collector did not answer */
};

/* Why recording ended though programs go on. */
enum hw_early_end {
	HW_EARLY_END_NONE = 0,
	HW_EARLY_END_FULL = 1,  /* the recording has the size that was allowed */
	HW_EARLY_END_DISK = 2,  /* there is no more room where it is */
	HW_EARLY_END_ALONE = 3, /* a program waited in vain for the collector */
};

enum hw_slot_state { HW_SLOT_FREE = 0, HW_SLOT_LIVE = 1, HW_SLOT_ENDED = 2 };

/* How call stacks are found: by what compilers wrote down, or by frame pointers alone. */
enum hw_unwind { HW_UNWIND_AUTO = 0, HW_UNWIND_FP = 1 };

enum hw_origin { HW_ORIGIN_START = 1, HW_ORIGIN_FORK = 2, HW_ORIGIN_EXEC = 3 };

/* A lock-free stack of slot numbers. `head`: change count << 32 | number + 1, 0 when empty. */
struct hw_free_list {
	_Atomic uint64_t head;
	_Atomic uint32_t fresh; /* slots from here on were never used */
	_Atomic uint32_t limit; /* and may be used up to here */
};

struct hw_process_slot {
	_Atomic uint32_t state; /* enum hw_slot_state */
	_Atomic uint32_t next_free;
	int32_t pid;
	int32_t parent_pid;
	uint64_t uid;        /* never given twice in a session; 0 is none */
	uint64_t parent_uid; /* of the forking process; 0 when it is not known */
	uint64_t start_ticks;
	uint64_t pid_namespace; /* inode; pids of another namespace mean nothing to the collector */
	uint32_t origin;        /* enum hw_origin */
	_Atomic uint32_t unrecorded_threads; /* that found no slot */
	char exe[456];
	char command[1024];
};

struct hw_thread_slot {
	_Atomic uint32_t state; /* enum hw_slot_state */
	_Atomic uint32_t next_free;
	uint32_t process; /* number of its process slot */
	int32_t tid;
	uint64_t uid;         /* never given twice in a session; 0 is none */
	uint64_t creator_uid; /* thread that created it, or that forked its process */
	uint32_t first_chunk;
	uint32_t object; /* its own thread object */
	uint64_t start_ticks;
	_Atomic uint64_t lost; /* events dropped */
	/* When it said that it ends: number of its chunk << 32 | records in it; 0 until then. */
	_Atomic uint64_t log_end;

	/*
	 * hw_record_what() of what this thread blocks on, or is about to; 0 when
	 * it runs. Set before the call that may block and cleared after it. HW_WAIT_LEFT_OUT
	 * for what is intercepted and not recorded.
	 */
	_Alignas(64) _Atomic uint64_t wait;

	_Atomic uint64_t stack_hits;   /* stacks that were the ones remembered */
	_Atomic uint64_t stack_misses; /* and those that had to be read */
	_Atomic uint32_t gap; /* 1: events were dropped since the newest record in its log */
};

struct hw_chunk {
	_Atomic uint32_t next; /* number + 1 of the chunk that continues this log */
	_Atomic uint32_t next_free;
	uint32_t thread; /* slot number of the writer */
	_Alignas(HW_CHUNK_HEAD_BYTES) struct hw_record records[HW_CHUNK_RECORDS];
};

struct hw_session {
	uint64_t magic;
	uint32_t version;
	uint32_t clock; /* enum hw_clock_kind */
	uint64_t clock_base; /* ticks are counted from here */
	uint64_t clock_base_ns; /* the same moment by CLOCK_MONOTONIC */
	uint64_t size_bytes;

	/* What was asked for. */
	uint32_t depth; /* frames a stack may have */
	uint32_t lossy; /* drop records rather than wait */
	uint32_t kinds; /* 1 << enum hw_kind for each kind to record */
	uint32_t follow; /* enum hw_follow bits */
	uint32_t python; /* look for Python functions, and leave the GIL out */
	uint32_t hides; /* programs do not see the variables that make them join */
	uint32_t unwind; /* enum hw_unwind */
	uint32_t patience_s; /* without a heartbeat, after which who waits for a chunk gives up */

	_Alignas(64) _Atomic uint32_t state; /* enum hw_session_state; a futex */
	_Atomic uint32_t heartbeat;          /* of the collector; changes at least once a second */

	/* Robust, held by the collector: the kernel marks it when that dies. Never waited for. */
	pthread_mutex_t collector_lives;

	/* A traced thread adds 1 when a chunk is full; and how many the collector knows of. */
	_Alignas(64) _Atomic uint32_t chunks_filled;
	_Atomic uint32_t chunks_known;
	/*
	 * Changes when the collector is not to sleep: HW_CHUNKS_TO_RING chunks are full that it
	 * does not know of, or somebody waits. Fewer of them wait for its next tick.
	 */
	_Atomic uint32_t doorbell;
	_Atomic uint32_t collector_sleeps;

	/* The collector adds 1 when it freed chunks and wakes whoever waits for one. */
	_Alignas(64) _Atomic uint32_t chunks_freed;
	_Atomic uint32_t chunk_waiters;
	/* 1: every chunk is in use, no more can be made, and nothing is left to be read. */
	_Atomic uint32_t starved;

	/* A traced thread adds 1 before it publishes what may be a definition. */
	_Alignas(64) _Atomic uint32_t definitions;

	/* The collector adds 1 when a new waiting state is in the recording. */
	_Alignas(64) _Atomic uint32_t states_stored;
	/* Anybody adds 1 to ask for all that was recorded to be stored; the collector answers. */
	_Atomic uint32_t flush_asked;
	_Atomic uint32_t flush_done;
	/* 1 while the launcher keeps the session open, though no process may be left. */
	_Atomic uint32_t launcher_holds;
	/* 1: the recording is on the disk by now, and whoever changes it keeps it whole there. */
	_Atomic uint32_t recording_secured;
	/* Programs executed that have too little address space to join. */
	_Atomic uint32_t unrecorded_processes;
	_Atomic uint32_t early_end; /* enum hw_early_end; said by the collector */

	_Alignas(64) _Atomic uint64_t next_uid; /* processes and threads count together */
	struct hw_free_list free_processes;
	struct hw_free_list free_threads;
	_Alignas(64) struct hw_free_list free_chunks;

	_Alignas(4096) struct hw_process_slot processes[HW_PROCESS_MAX];
	struct hw_thread_slot threads[HW_THREAD_MAX];
	_Alignas(32768) struct hw_chunk chunks[HW_CHUNK_MAX];
};

/* hw_record_what() of no object. */
#define HW_WAIT_LEFT_OUT 1u

enum hw_follow { HW_FOLLOW_FORK = 1, HW_FOLLOW_EXEC = 2 };

_Static_assert(sizeof(struct hw_record) == 16, "a record is 16 bytes");
_Static_assert(sizeof(struct hw_chunk) == HW_CHUNK_BYTES, "a chunk is full of records");
_Static_assert(sizeof(struct hw_thread_slot) == 128, "a thread slot is two cache lines");

/* Whether the collector ended without saying so. Any process, any thread, no system call. */
static inline bool hw_session_collector_died(const struct hw_session *session)
{
	return *(volatile const int *)&session->collector_lives.__data.__lock & FUTEX_OWNER_DIED;
}

/*
 * Take a number off a list: the most recently freed, else a fresh one; -1 when
 * there is none. `next_free` of slot n is at `links` + n * `stride_bytes`. Any
 * thread, any process, signal handlers too. A Treiber stack; the change count in
 * the head makes a pop fail that was overtaken by others (ABA).
 */
static inline int64_t hw_free_list_pop(struct hw_free_list *list, void *links, size_t stride_bytes)
{
	uint64_t head = atomic_load_explicit(&list->head, memory_order_acquire);
	uint32_t fresh;

	while ((uint32_t)head) {
		uint32_t number = (uint32_t)head - 1;
		_Atomic uint32_t *link = (void *)((char *)links + number * stride_bytes);
		uint64_t after = ((head >> 32) + 1) << 32 |
			atomic_load_explicit(link, memory_order_relaxed);

		if (atomic_compare_exchange_weak_explicit(&list->head, &head, after,
			    memory_order_acq_rel, memory_order_acquire))
			return number;
	}
	fresh = atomic_load_explicit(&list->fresh, memory_order_relaxed);
	while (fresh < atomic_load_explicit(&list->limit, memory_order_acquire))
		if (atomic_compare_exchange_weak_explicit(&list->fresh, &fresh, fresh + 1,
			    memory_order_acq_rel, memory_order_relaxed))
			return fresh;
	return -1;
}

/* Give a number back. The slot must be ready for its next user. */
static inline void hw_free_list_push(struct hw_free_list *list, void *links, size_t stride_bytes,
	uint32_t number)
{
	uint64_t head = atomic_load_explicit(&list->head, memory_order_relaxed);
	_Atomic uint32_t *link = (void *)((char *)links + number * stride_bytes);
	uint64_t after;

	do {
		atomic_store_explicit(link, (uint32_t)head, memory_order_relaxed);
		after = ((head >> 32) + 1) << 32 | (number + 1);
	} while (!atomic_compare_exchange_weak_explicit(&list->head, &head, after,
		memory_order_acq_rel, memory_order_relaxed));
}

#endif
