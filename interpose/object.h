/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_OBJECT_H
#define HW_INTERPOSE_OBJECT_H

/*
 * From an address to the object that lives there now.
 *
 * An exact table per process: every address ever used has one cell, which
 * never moves. The cell carries the number of the object that is there at
 * present (a new one at init, after destroy, and in a forked child) and the
 * time of its last release: an acquisition is never recorded as earlier than the
 * release that made it possible, though two CPUs read their clocks, and though the clock is read
 * before the call that acquires (what is done while an object is held keeps others waiting).
 *
 * Look-ups take no lock and read two cache lines, of which one is the cell's own: threads that use
 * different objects write to different lines. What is new goes through
 * one lock with signals blocked, and writes an HW_OP_OBJECT record. An index that
 * got too full is replaced by one twice its size; readers of the old one may
 * miss the newest cells and then find them under the lock.
 */

#include "interpose/export.h"
#include "interpose/log.h"

/* What lives at an address is made known by one store: so its nature tells that there is one. */
struct hw_cell {
	_Alignas(64) uintptr_t address;
	_Atomic uint64_t released; /* ticks; or HW_RELEASED_UNKNOWN */
	union {
		struct {
			_Atomic uint32_t object;
			union {
				struct {
					_Atomic uint16_t fork_round; /* of who gave `object` */
					_Atomic uint8_t kind; /* enum hw_kind; NONE: promised */
					_Atomic uint8_t ignored; /* not recorded, or TO_IGNORE */
				};
				_Atomic uint32_t nature; /* all three */
			};
		};
		_Atomic uint64_t tenant; /* all of them; 0: nothing lives here */
	};
	_Atomic uint64_t token; /* threads: uid */
	_Atomic int32_t taker;  /* semaphores: who took a unit last, until it gives it back */
};

struct hw_index {
	uint64_t mask; /* of offsets into the cells, which are multiples of 8 */
	_Atomic(struct hw_cell *) cells[];
};

/* Other processes release it as well, and their cells are not here. */
#define HW_RELEASED_UNKNOWN UINT64_MAX

/* Of what is only promised. */
enum { HW_OBJECT_TO_IGNORE = 2 };

/* Of a nature, the part that is not looked at to know whether something of a kind is there. */
#define HW_OBJECT_IGNORED_BITS 0xff000000u

/* What the definition of a new object says besides its address. */
struct hw_object_facts {
	enum hw_kind kind;
	uint32_t type;       /* enum hw_type */
	uint64_t capacity;
	const char *name;    /* of sem_open, or NULL */
	uint32_t stack;      /* where it was created */
	enum hw_op event;    /* HW_OP_INIT, or HW_OP_NONE at the first use */
	uint64_t token;      /* threads: uid */
	bool hidden;         /* part of another object: found, but never recorded */
	uint32_t namespace, set, number; /* of HW_TYPE_SYSV: see hw_sysv_identify() */
};

extern HW_HIDDEN _Atomic(struct hw_index *) hw_object_index; /* never NULL */
/* What is defined now is of, by kind, when it is recorded. */
extern HW_HIDDEN uint32_t hw_object_natures[HW_KIND_COUNT];

/*
 * A new object at this address, whatever was there. NULL when it cannot be recorded. The address
 * of what is in no memory only tells it from others.
 */
struct hw_cell *hw_object_define(struct hw_self *self, const void *address,
	const struct hw_object_facts *facts);

/*
 * The object at this address, defined now when there is none of this kind (and token).
 * NULL when it cannot be recorded.
 */
struct hw_cell *hw_object_find_or_define(struct hw_self *self, const void *address,
	const struct hw_object_facts *facts);

/* The same, but NULL also for what is ignored. */
struct hw_cell *hw_object_recorded_or_defined(struct hw_self *self, const void *address,
	const struct hw_object_facts *facts);

/* A living object is of another kind than it was defined with: define its number anew. */
void hw_object_correct(struct hw_self *self, struct hw_cell *cell,
	const struct hw_object_facts *facts);

/*
 * The number of what lives at this address, or else of the object that will be defined there
 * next: it is promised to it until the memory is freed. 0 when it cannot be recorded.
 */
uint32_t hw_object_promise(const void *address);

/*
 * Nothing done to what lives at this address, or is defined there next, will be recorded.
 * Its number, or 0 when it is not recorded anyway.
 */
uint32_t hw_object_ignore(const void *address);

/*
 * What is at this address is part of another object, which is recorded in its place: nothing
 * done to it is logged.
 */
void hw_object_hide(struct hw_self *self, const void *address, enum hw_kind kind);

/* Log that the object of this kind at this address, if there is one, was destroyed; forget it. */
void hw_object_destroyed(struct hw_self *self, const void *address, enum hw_kind kind,
	const struct hw_call *call);

/*
 * The object does not live at this cell's address any more, unless another one does by
 * now. A shared object keeps its identity when it is met again.
 */
void hw_object_forget(struct hw_cell *cell, uint32_t object);

/* After a fork, in the child: all objects are its own. */
void hw_object_forked(void);

/* In bytes. */
static inline uint64_t hw_object_offset(const struct hw_index *index, uintptr_t address)
{
	return address * 0x9e3779b97f4a7c15u >> 20 & index->mask;
}

static inline uint64_t hw_object_next_offset(const struct hw_index *index, uint64_t offset)
{
	return (offset + sizeof(index->cells[0])) & index->mask;
}

static inline _Atomic(struct hw_cell *) *hw_object_place(struct hw_index *index, uint64_t offset)
{
	return (_Atomic(struct hw_cell *) *)((char *)index->cells + offset);
}

/* The same, where another address has that place of the index. */
struct hw_cell *hw_object_cell_after(struct hw_index *index, uint64_t offset,
	const void *address);

/* The cell of an address, or NULL. */
static inline struct hw_cell *hw_object_cell(const void *address)
{
	struct hw_index *index = atomic_load_explicit(&hw_object_index, memory_order_acquire);
	uint64_t offset = hw_object_offset(index, (uintptr_t)address);
	struct hw_cell *cell = atomic_load_explicit(hw_object_place(index, offset),
		memory_order_acquire);

	if (__builtin_expect(cell && cell->address == (uintptr_t)address, 1))
		return cell;
	return cell ? hw_object_cell_after(index, offset, address) : NULL;
}

/* What lives there was defined since the last fork. */
static inline bool hw_object_is_ours(const struct hw_cell *cell)
{
	return atomic_load_explicit(&cell->fork_round, memory_order_relaxed) ==
		(uint16_t)hw_object_natures[HW_KIND_NONE];
}

static inline bool hw_object_lives(const struct hw_cell *cell, enum hw_kind kind)
{
	uint64_t tenant = atomic_load_explicit(&cell->tenant, memory_order_acquire);

	return (uint32_t)tenant && !(((uint32_t)(tenant >> 32) ^ hw_object_natures[kind]) &
		~HW_OBJECT_IGNORED_BITS);
}

/* The living object of this kind at an address, or NULL. */
static inline struct hw_cell *hw_object_find(const void *address, enum hw_kind kind)
{
	struct hw_cell *cell = hw_object_cell(address);

	if (__builtin_expect(cell && hw_object_lives(cell, kind), 1))
		return cell;
	return NULL;
}

/*
 * The living object of this kind at an address, if it is recorded. NULL: it may have to be
 * defined, or be ignored.
 */
static inline struct hw_cell *hw_object_recorded(const void *address, enum hw_kind kind)
{
	struct hw_cell *cell = hw_object_cell(address);

	if (__builtin_expect(cell && atomic_load_explicit(&cell->nature, memory_order_acquire) ==
				    hw_object_natures[kind], 1))
		return cell;
	return NULL;
}

/* Whether what lives at an address is not recorded: nothing more need be known of the call. */
bool hw_object_is_ignored(const void *address, enum hw_kind kind);

static inline uint32_t hw_object_number(const struct hw_cell *cell)
{
	return atomic_load_explicit(&cell->object, memory_order_relaxed);
}

/* When it was acquired, if it was released after it was asked for: now. */
uint64_t hw_object_acquired_late(const struct hw_cell *cell);

/*
 * When it was acquired: when it was asked for, if nobody has released it since. That is hardly
 * earlier, and the clock was read while nobody was kept waiting. 0 if that is not known. Call
 * while holding it.
 */
static inline uint64_t hw_object_acquired(const struct hw_cell *cell, uint64_t asked_ticks)
{
	if (__builtin_expect(asked_ticks >
			    atomic_load_explicit(&cell->released, memory_order_relaxed), 1))
		return asked_ticks;
	return hw_object_acquired_late(cell);
}

/* When it is released by the only one who holds it: call before the release. */
static inline uint64_t hw_object_releasing(struct hw_cell *cell)
{
	uint64_t now = hw_log_now();

	if (__builtin_expect(atomic_load_explicit(&cell->released, memory_order_relaxed) !=
			    HW_RELEASED_UNKNOWN, 1))
		atomic_store_explicit(&cell->released, now, memory_order_relaxed);
	return now;
}

/* The same where others may do so at the same time: the last of them counts. */
static inline uint64_t hw_object_releasing_shared(struct hw_cell *cell)
{
	uint64_t now = hw_log_now();

	if (now > atomic_load_explicit(&cell->released, memory_order_relaxed))
		atomic_store_explicit(&cell->released, now, memory_order_relaxed);
	return now;
}

#endif
