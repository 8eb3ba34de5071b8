/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_ROSTER_H
#define HW_TRACE_ROSTER_H

/*
 * Who takes part: the processes, threads, objects, stacks and modules of a
 * recording, as the collector knows them while it runs.
 *
 * This is where identity is settled. A traced process numbers its objects by itself; here
 * each (process, number) becomes one object of the recording, and shared
 * objects of several processes, or mapped twice in one, become the same one by
 * (device, inode, offset). Ids are dense, start at 1 and are the ids of the recording's rows.
 *
 * Whatever changes is marked dirty and written by the next hw_store_roster().
 * Everything lives until the roster is finished. One thread only.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "trace/record.h"
#include "trace/table.h"

struct hw_contention;
struct hw_thread;

struct hw_module {
	uint32_t id;
	char *path;
	char build_id[49]; /* lower-case hex, or empty */
	bool is_source;    /* of an interpreted program */
	bool stored;
};

/* A function of an interpreted program. */
struct hw_code {
	struct hw_module *module; /* its source file */
	char *function;
	uint32_t first_line;
};

struct hw_mapping {
	uint64_t start, end, bias;
	uint64_t since; /* ticks; 0 for what was there before anybody looked */
	struct hw_module *module; /* NULL: a library that was here is closed */
	bool seen_outside; /* in /proc/PID/maps, and not by the log: only its code */
	bool judged;       /* see trace/bypass.h */
};

/* Numbers of objects up to here are found without a search. */
enum { HW_PROCESS_NEAR_MAX = 1 << 22 };

struct hw_process {
	uint32_t id;
	struct hw_process *parent;
	uint32_t origin; /* enum hw_origin */
	uint64_t uid;
	pid_t pid;
	char *exe;
	char *command;
	int64_t start_ns;
	int64_t end_ns; /* -1 while it runs */
	uint32_t thread_count;
	struct hw_object **objects; /* by its number, those that are near */
	uint32_t object_capacity;
	struct hw_table far_objects; /* its number -> struct hw_object * */
	struct hw_table promised; /* the same of those that are told of and not defined yet */
	struct hw_mapping *mappings;
	size_t mapping_count, mapping_capacity;
	struct hw_table codes; /* its number -> index in the roster's `codes` */
	struct hw_inherited *inherited; /* of a forked one, not met yet; see trace/inherit.h */
	size_t inherited_count, inherited_capacity;
	bool maps_read; /* /proc/PID/maps was asked already */
	int64_t maps_ns; /* when hw_roster_refresh_maps() asked it last; 0 when never */
	bool gone;      /* no definition will come any more */
	bool reaped;    /* by its parent, as far as events have been read */
	bool dirty;
};

/* A lock that was held in the parent when a process was forked. */
struct hw_inherited {
	uint64_t address;
	enum hw_kind kind;
	struct hw_thread *holder; /* NULL: the thread that forked */
	uint32_t stack;           /* where it was acquired */
	uint32_t how;
};

struct hw_frame {
	uint32_t id;
	struct hw_module *module; /* NULL for code outside all modules */
	uint64_t offset; /* of interpreted code: the first line of the function */
	uint32_t signal; /* where a handler is called, as in addresses (record.h); else 0 */
	uint32_t line;   /* of interpreted code, as `function`, which is the roster's */
	const char *function;
	bool blocks, yields; /* see trace/tries.h */
};

struct hw_stack {
	uint32_t id;
	uint32_t parent; /* 0 at the outermost */
	uint32_t frame;
	uint64_t signals; /* that could interrupt there (struct hw_stack_definition) */
};

struct hw_object {
	/* What each acquisition and release looks at is kept together. */
	uint32_t id;
	enum hw_kind kind;
	uint32_t type;            /* enum hw_type */
	uint32_t holders;         /* threads that hold it */
	struct hw_thread *holder; /* the last to acquire it, while it holds */
	struct hw_thread *last_holder; /* the last to acquire it, and where */
	uint32_t last_stack;
	bool ignored; /* the program asked for that: nothing done to it counts */
	struct hw_contention *contention; /* the last that was used of it (order.h) */
	uint32_t waiters; /* threads whose wait for it the log told of */

	struct hw_process *process; /* NULL when shared */
	uint64_t address;
	uint32_t generation;
	uint64_t device, inode, offset; /* of shared ones */
	struct hw_module *module;       /* of static ones */
	uint64_t module_offset;
	uint32_t create_stack;
	int64_t create_ns;
	int64_t destroy_ns; /* -1 while it lives */
	char name[48];
	uint64_t thread_uid; /* of thread objects */

	/* Semaphores: what is known of their units. */
	int64_t units_free, capacity;
	bool made_with_units;
	bool raised; /* a lock of System V that is free while it has no units */
	struct hw_object *successor; /* that a new set of System V put in its place */
	uint64_t taken, returned, foreign;

	struct hw_thread *last_waiter; /* the last to wait for it, where and when */
	uint32_t last_wait_stack;
	int64_t last_wait_ns;
	struct hw_object *actual; /* of a promised one: what it is, as it was known already */
	struct hw_thread *orphan; /* held it in the parent, and does not exist in this process */
	uint32_t orphan_stack;
	bool dirty;
};

/* A thread holds an object: since when, from where, how often. */
struct hw_hold {
	struct hw_object *object;
	struct hw_contention *contention; /* of acquisitions from there; NULL before it is known */
	int64_t since_ns;
	uint32_t stack;
	uint32_t how;   /* enum hw_how of the acquisition */
	uint32_t count; /* recursion depth, or units */
	uint32_t list;  /* of all holds up to this one (hold_list.h); 0 when not known */
};

struct hw_thread {
	uint32_t id;
	struct hw_process *process;
	uint64_t uid;
	uint64_t creator_uid;
	struct hw_thread *creator;
	pid_t tid;
	uint32_t number; /* inside its process; 0 before the log told of it */
	char name[16];
	uint32_t create_stack;
	struct hw_object *object; /* what joining it waits for */
	int64_t start_ns;
	int64_t end_ns; /* -1 while it runs */
	uint64_t lost;

	uint32_t stacks[HW_STACK_SLOTS]; /* its table of stacks -> stack ids */

	struct hw_hold *holds; /* in the order of acquisition */
	size_t hold_count, hold_capacity;

	uint32_t units; /* that the next wait or take is about (HW_OP_UNITS); 0: one */
	struct hw_hold *together; /* got by a call that got more than that; see trace/units.h */
	size_t together_count, together_capacity;
	struct hw_hold *also; /* all that a call waits for together; see trace/units.h */
	size_t also_count, also_capacity;

	/* The wait that the log told of and whose end it has not told yet. */
	struct hw_object *waits_for;
	int64_t wait_since_ns;
	uint32_t wait_units;
	struct hw_thread *keeper; /* had it when the wait began; NULL when not known */
	uint32_t keeper_stack;

	/* The last failed try: a block on the same object, holding the same, promotes its site. */
	struct hw_object *failed_try;
	uint32_t failed_try_stack;
	uint32_t failed_try_holds; /* the list of what it held (hold_list.h) */

	/* What it was blocked on when its slot was last looked at; see trace/state.h. */
	uint64_t blocked_word; /* of the slot; 0 when it was not blocked */
	int64_t blocked_seen_ns;
	struct hw_object *blocked_on; /* once it has lasted; NULL until then */
	int64_t awake_ns; /* since when it is not, by the kernel's word; 0: it is */
	bool has_left;    /* the wait, because that has lasted; its log has yet to say so */
	uint32_t blocked_how;
	uint32_t blocked_stack;
	int64_t blocked_since_ns;

	/* Its number in a block of packed events, and which block that is (deed.h); 0: none. */
	uint32_t packed_block;
	uint16_t packed_number;
	bool dirty;
};

struct hw_roster {
	struct hw_process **processes;
	size_t process_count, process_capacity;
	struct hw_thread **threads;
	size_t thread_count, thread_capacity;
	struct hw_object **objects;
	size_t object_count, object_capacity;
	struct hw_module **modules;
	size_t module_count, module_capacity;
	struct hw_code *codes;
	size_t code_count, code_capacity;
	struct hw_frame *frames;
	size_t frame_count, frame_capacity;
	struct hw_stack *stacks;
	size_t stack_count, stack_capacity;
	size_t frames_stored, stacks_stored;

	struct hw_table process_by_uid, thread_by_uid;
	struct hw_table code_by_place;  /* hash of file, line and name -> index + 1 */
	struct hw_table frame_by_place; /* hash of module and offset -> id; collisions go on by 1 */
	struct hw_table stack_by_link;  /* hash of parent, frame and signals -> id; likewise */
	struct hw_table shared_by_key;  /* hash of device, inode, offset, kind -> object */
	struct hw_table generations;    /* hash of process and address -> count */
};

void hw_roster_finish(struct hw_roster *roster);

/*
 * A process by its uid; added when it is first heard of. That may be in the log of
 * whoever forked it: until it has registered its pid is 0, and it gets no row.
 */
struct hw_process *hw_roster_process(struct hw_roster *roster, uint64_t uid);

/* The same, or NULL when it has not registered. */
struct hw_process *hw_roster_registered(const struct hw_roster *roster, uint64_t uid);

/* The newest process with this pid that has not ended, or NULL. */
struct hw_process *hw_roster_running(const struct hw_roster *roster, pid_t pid);

/*
 * A thread by its uid; added when it is first heard of, in its own slot or in the log
 * of its creator. Until it has registered its tid is 0, until the log told of it its
 * number is; then it gets no row.
 */
struct hw_thread *hw_roster_thread(struct hw_roster *roster, struct hw_process *process,
	uint64_t uid);

/*
 * Number it inside its process, unless it has a number. When the log tells that it is created
 * or starts, so that the numbers follow the time and not the slots.
 */
void hw_roster_number_thread(struct hw_thread *thread);

/* The same, or NULL when it was never heard of. */
struct hw_thread *hw_roster_known_thread(const struct hw_roster *roster, uint64_t uid);

/*
 * What a thread holds of an object, or NULL. Mostly nobody holds it, or one thread does and is
 * known; then what others hold is not searched.
 */
static inline struct hw_hold *hw_hold_of(struct hw_thread *thread, const struct hw_object *object)
{
	uint32_t others = object->holder && object->holder != thread;

	if (object->holders == others)
		return NULL;
	for (size_t i = thread->hold_count; i-- > 0;)
		if (thread->holds[i].object == object)
			return &thread->holds[i];
	return NULL;
}

/*
 * The object that a process gave, or will give, this number is called so; the text ends
 * with its first zero byte, if there is one, and is cut where a name is too long.
 */
void hw_roster_name(struct hw_roster *roster, struct hw_process *process, uint32_t number,
	const char *name, size_t name_bytes);

/*
 * The object that a process gave, or will give, this number, which the program tells of at this
 * time by its address; it has a row, defined or not.
 */
struct hw_object *hw_roster_expect(struct hw_roster *roster, struct hw_process *process,
	uint64_t ticks, uint32_t number, uint64_t address);

/* For hw_roster_object: of a number that is far from all others. */
struct hw_object *hw_roster_far_object(const struct hw_process *process, uint32_t number);

/*
 * The object a process gave this number to, or NULL when its definition has not come yet. Who has
 * not heard of a new set of semaphores (System V) goes on with the numbers of the old one, and
 * means the new one from when that was made.
 */
static inline struct hw_object *hw_roster_object(const struct hw_process *process,
	uint32_t number)
{
	struct hw_object *object = NULL;

	if (__builtin_expect(number < process->object_capacity, 1))
		object = process->objects[number];
	else if (number >= HW_PROCESS_NEAR_MAX)
		object = hw_roster_far_object(process, number);
	while (object && object->successor && object->successor->create_ns >= 0)
		object = object->successor;
	return object;
}

/* Take a definition of this time in; finds the object that is the same one in another process. */
struct hw_object *hw_roster_define(struct hw_roster *roster, struct hw_process *process,
	uint64_t ticks, uint32_t number, const struct hw_object_definition *definition);

/* An object whose definition was lost. */
struct hw_object *hw_roster_undefined(struct hw_roster *roster, struct hw_process *process,
	uint32_t number);

/* A function of an interpreted program, by the number its process gave it. */
void hw_roster_define_code(struct hw_roster *roster, struct hw_process *process, uint32_t number,
	const struct hw_code_definition *definition, const char *text);

/* A module that a process logged at this time; `path` need not be terminated. */
void hw_roster_map_module(struct hw_roster *roster, struct hw_process *process, uint64_t ticks,
	const struct hw_module_definition *definition, const char *path);

/* At this time there was none any more. */
void hw_roster_unmap_module(struct hw_process *process, uint64_t ticks,
	const struct hw_module_definition *definition);

/*
 * Where an address lay at this time (UINT64_MAX: now), or NULL. A library that was closed stays
 * known, for what threads did in it is read later. Asks /proc/PID/maps once when no module was
 * logged at all.
 */
const struct hw_mapping *hw_roster_find_mapping(struct hw_roster *roster,
	struct hw_process *process, uint64_t ticks, uint64_t address);

/*
 * Take in what /proc/PID/maps knows as code and the log did not tell of, such as a library that
 * was opened later and never calls us. Not more than once a second.
 */
void hw_roster_refresh_maps(struct hw_roster *roster, struct hw_process *process, int64_t now_ns);

/* Whether it is a libc, by the name that its file has: the dynamic linker knows it by that. */
bool hw_module_is_libc(const struct hw_module *module);

/*
 * The id of a call stack that was logged at this time; `signals` and `addresses` as in struct
 * hw_stack_definition.
 */
uint32_t hw_roster_stack(struct hw_roster *roster, struct hw_process *process, uint64_t ticks,
	uint64_t signals, const uint64_t *addresses, size_t count);

#endif
