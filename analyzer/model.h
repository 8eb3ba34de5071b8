/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_MODEL_H
#define HW_ANALYZER_MODEL_H

/*
 * A recording in memory, all of it except `event` and `contention`.
 *
 * Rows become elements of arrays, in the order of their ids, and references
 * become indexes into these arrays; HW_NONE stands for NULL. Indexes are dense,
 * so whoever works on the model keeps what it knows about threads or objects in
 * plain arrays. The ids of the recording are for output only.
 *
 * Dependencies, what is held and waited for, misuse and declared orders are left out when they
 * refer to what is missing, as in a damaged recording.
 *
 * A loaded model never changes, and these hold: every index is HW_NONE or in
 * range; indexes the schema declares NOT NULL are in range; stacks and inlined
 * callers are trees, so walking outwards ends; every object has a class and,
 * as every thread, a label to show to people. Strings belong to the model.
 *
 * A class is the recording's when its names were looked up; an object without
 * one becomes a class of its own, which compares to nothing.
 */

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "analyzer/arena.h"
#include "trace/error.h"
#include "trace/record.h"
#include "trace/table.h"

#define HW_NONE UINT32_MAX

/* The signal of a frame that is not where a handler is called. */
#define HW_NO_SIGNAL INT32_MIN

/* For times and counts that are not known. */
#define HW_UNKNOWN INT64_MIN

/* One of the recordings that a merged one is made of (merge.h). */
struct hw_run {
	const char *file; /* as it was named */
	int64_t first_process, first_object; /* ids */
	uint32_t process_count;
};

struct hw_process {
	int64_t id;
	uint32_t run; /* HW_NONE unless the recording is a merged one */
	uint32_t parent;
	int64_t pid;
	const char *origin;
	const char *exe;     /* NULL when not known */
	const char *command; /* NULL when not known */
	int64_t start_ns;
	int64_t end_ns;	   /* HW_UNKNOWN while it runs */
	const char *label; /* "download_procs (process 2)"; "bank" when it is the only one */
};

struct hw_thread {
	int64_t id;
	uint32_t process;
	int64_t tid;
	int64_t number;	  /* inside its process; 1 is main */
	const char *name; /* NULL when it has none */
	uint32_t creator;
	uint32_t create_stack;
	uint32_t object; /* what a join of it waits for */
	int64_t start_ns;
	int64_t end_ns; /* HW_UNKNOWN while it runs */
	int64_t lost;
	uint32_t wait;	     /* index of what it waits for now, or HW_NONE */
	uint32_t first_hold; /* what it holds now, in `holds` */
	uint32_t hold_count;
	const char *short_name; /* "philosopher 2", "main thread", "thread 3" */
	const char *label;	/* unambiguous: "philosopher 2 (thread 3)" */
};

struct hw_module {
	const char *path;
	const char *build_id; /* NULL when not known */
};

struct hw_frame {
	uint32_t module;
	uint64_t offset;
	const char *function; /* NULL when not known */
	const char *file;     /* NULL when not known */
	int64_t line;	      /* 0 when not known */
	uint32_t caller;      /* frame it was inlined into */
	int32_t signal;       /* whose handler is called here (schema.sql); HW_NO_SIGNAL of code */
	bool is_holdwait;     /* of the preloaded library, which is not part of the program */
	bool is_runtime;      /* of the language's run-time library (runtime.h) */
	bool is_wrapper;      /* only acquires what it is given */
	bool is_script;       /* of an interpreted program: its module is the source file */
};

struct hw_stack {
	uint32_t parent; /* the stack outside of it */
	uint32_t frame;
	uint64_t signals; /* whose handlers could interrupt there: 1 << (number - 1) */
};

struct hw_class {
	enum hw_kind kind;
	const char *key;
	const char *name;
	uint32_t object_count;
};

enum hw_role { HW_ROLE_UNKNOWN, HW_ROLE_LOCK, HW_ROLE_SIGNAL };

struct hw_object {
	int64_t id;
	uint32_t run; /* as of a process */
	enum hw_kind kind;
	const char *type; /* "" when plain */
	uint32_t process; /* HW_NONE when shared between processes */
	uint64_t address;
	const char *shared_key; /* NULL when private */
	uint32_t create_stack;
	bool initialised; /* by an init call, not seen first when used */
	int64_t create_ns;
	int64_t destroy_ns;
	enum hw_role role;
	int64_t capacity; /* HW_UNKNOWN when not known */
	const char *name; /* NULL when it has none */
	uint32_t class_;
	const char *label;	 /* for people, never NULL: "mutex created at f (x.c:12) #2" */
	const char *short_label; /* for the second time: "mutex #31"; its name when it has one */
};

/* Something held: as part of a dependency, or now. */
struct hw_hold {
	uint32_t object;
	uint32_t stack; /* where it was acquired */
	bool shared;
	int64_t count; /* recursion depth or units */
};

struct hw_dependency {
	uint32_t thread;
	uint32_t object;
	uint32_t stack;
	bool shared;
	uint8_t how;	     /* HW_HOW_TRY, TIMED, REACQUIRE */
	uint32_t first_hold; /* in `holds`; the first was acquired first */
	uint32_t hold_count;
	int64_t count;
	int64_t first_ns;
	int64_t last_ns;
	int64_t units; /* of a semaphore; 1 of all else */
};

/* A thread that waits now. */
struct hw_wait {
	uint32_t thread;
	uint32_t object;
	uint32_t stack;
	bool shared;
	uint8_t how;
	int64_t since_ns;
	int64_t units; /* of a semaphore; 1 of all else */
};

/* As in the table: what was done, and what another thread had to do with the object. */
enum hw_misuse_what {
	HW_MISUSE_UNKNOWN,
	HW_MISUSE_UNLOCK,
	HW_MISUSE_END,
	HW_MISUSE_DESTROY,
	HW_MISUSE_INHERIT,
};

enum hw_misuse_relation {
	HW_MISUSE_NOBODY,
	HW_MISUSE_HOLDS,
	HW_MISUSE_HELD,
	HW_MISUSE_WAITS,
};

/* What a thread did to an object though nobody may. */
struct hw_misuse {
	enum hw_misuse_what what;
	uint8_t how; /* of a destruction: HW_HOW_FREED, HW_HOW_REFUSED */
	uint32_t thread;
	uint32_t object;
	uint32_t stack;
	enum hw_misuse_relation relation;
	uint32_t other; /* thread; HW_NONE for none */
	uint32_t other_stack;
	int64_t count;
};

/* A program says that `first` is to be locked before `second`. */
struct hw_declared {
	uint32_t first, second; /* objects */
	uint32_t thread;	/* that said so first */
	uint32_t stack;
	int64_t first_ns;
};

struct hw_meta {
	const char *version;   /* of the holdwait that recorded; NULL when not known */
	const char *command;   /* NULL when not known */
	const char *directory; /* NULL when not known */
	const char *host;      /* NULL when not known */
	int64_t started_at;    /* Unix seconds; HW_UNKNOWN when not known */
	int64_t ended_ns;      /* HW_UNKNOWN when not known */
	int64_t events;	       /* HW_UNKNOWN when not known */
	int64_t lost;
	int64_t ignored; /* objects that the program asked to leave out */
	int64_t stack_hits;   /* call stacks that were the ones remembered */
	int64_t stack_misses; /* and those that had to be read from the stack */
	const char *unwind;   /* how they were found, as --unwind names it; NULL when not known */
	bool complete;
	bool cut; /* in order, but ended before the programs did; a note says why */
	int64_t blocked_ns; /* in futexes; HW_UNKNOWN when that was not measured */
	int64_t blocked_elsewhere_ns;	/* of it, in those that were not intercepted */
	const char *blocked_unknown;	/* why it was not measured; NULL when not known */
	const char **blocked_shares;	/* "NANOSECONDS MODULE", most first */
	uint32_t blocked_share_count;
	const char **notes;
	uint32_t note_count;
};

struct hw_model {
	struct hw_meta meta;
	struct hw_run *runs; /* of a merged recording; else none */
	uint32_t run_count;
	struct hw_process *processes;
	uint32_t process_count;
	struct hw_thread *threads;
	uint32_t thread_count;
	struct hw_module *modules;
	uint32_t module_count;
	struct hw_frame *frames;
	uint32_t frame_count;
	struct hw_stack *stacks;
	uint32_t stack_count;
	struct hw_class *classes;
	uint32_t class_count;
	struct hw_object *objects;
	uint32_t object_count;
	struct hw_hold *holds; /* of dependencies, then of threads */
	uint32_t hold_count;
	struct hw_dependency *dependencies;
	uint32_t dependency_count;
	struct hw_wait *waits;
	uint32_t wait_count;
	struct hw_misuse *misuses; /* none of a recording older than that table */
	uint32_t misuse_count;
	struct hw_declared *declared; /* likewise */
	uint32_t declared_count;

	uint64_t left_out; /* rows that refer to what the recording does not have */

	/* From the recording's ids to indexes; see hw_model_find_*. */
	struct hw_table process_ids, thread_ids, module_ids, frame_ids, stack_ids, class_ids;
	struct hw_table object_ids, dependency_ids;
	struct hw_arena arena;
};

/*
 * Read a recording; one consistent state of it even when it still grows. `path`
 * is for messages. -EBADMSG when its rows contradict the schema. The caller
 * finishes a model that was loaded.
 */
int hw_model_load(
	sqlite3 *db, const char *path, struct hw_model *ret_model, struct hw_error *error);

/* Free all; also of a model of all zeroes. */
void hw_model_finish(struct hw_model *model);

/* The index of an id of the recording, or HW_NONE. */
uint32_t hw_model_find_process(const struct hw_model *model, int64_t id);
uint32_t hw_model_find_thread(const struct hw_model *model, int64_t id);
uint32_t hw_model_find_object(const struct hw_model *model, int64_t id);
uint32_t hw_model_find_stack(const struct hw_model *model, int64_t id);

/* The run that a thread is of, or HW_NONE. */
uint32_t hw_model_run_of(const struct hw_model *model, uint32_t thread);

/*
 * Whether having the object keeps others out: mutexes, rwlocks, spinlocks, the
 * initialiser of a once, and semaphores whose units come back from the thread
 * that took them.
 */
bool hw_model_is_lock(const struct hw_model *model, uint32_t object);

/* Whether it is a rwlock of the kind whose waiting writers stop readers. */
bool hw_model_writers_first(const struct hw_model *model, uint32_t object);

/* How many threads may have it at once when nobody shares it: the units of a semaphore, else 1. */
int64_t hw_model_capacity(const struct hw_model *model, uint32_t object);

#endif
