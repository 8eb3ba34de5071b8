/* SPDX-License-Identifier: MIT */
#include "trace/deed.h"

#include <errno.h>

#include "trace/memory.h"
#include "trace/order_quick.h"

/* Ops whose `detail` tells how. */
static const uint64_t says_how = 1ull << HW_OP_LOCK | 1ull << HW_OP_TAKE | 1ull << HW_OP_WAIT |
	1ull << HW_OP_SLEEP | 1ull << HW_OP_UNLOCK | 1ull << HW_OP_JOIN | 1ull << HW_OP_DESTROY;

static uint8_t how_of(enum hw_op op, uint32_t detail)
{
	return says_how >> op & 1 ? hw_event_plain_how(detail) : 0;
}

void hw_deed_store(const struct hw_reading *reading, int64_t result)
{
	struct hw_event event = { .time_ns = reading->time_ns, .thread = reading->thread->id,
		.op = (uint8_t)reading->op, .object = reading->object ? reading->object->id : 0,
		.how = how_of(reading->op, reading->detail), .stack = reading->stack,
		.has_result = result != 0, .result = result };

	hw_store_event(reading->interpreter->store, &event);
}

static void destroy(const struct hw_reading *reading)
{
	struct hw_interpreter *interpreter = reading->interpreter;

	hw_misuse_destroy(&interpreter->order->misuses, interpreter->roster, reading->thread,
		reading->object, reading->stack, reading->detail, reading->time_ns);
	if (reading->detail & HW_HOW_REFUSED)
		return;
	reading->object->destroy_ns = reading->time_ns;
	reading->object->dirty = true;
}

static void change_order(const struct hw_reading *reading)
{
	struct hw_order *order = reading->interpreter->order;
	struct hw_thread *thread = reading->thread;
	struct hw_object *object = reading->object;

	switch (reading->op) {
	case HW_OP_WAIT:
	case HW_OP_ARRIVE:
		hw_order_wait(order, thread, object, reading->stack, reading->detail,
			reading->time_ns);
		break;
	case HW_OP_SLEEP:
		hw_order_sleep(order, thread, object, reading->stack, reading->detail,
			reading->time_ns);
		break;
	case HW_OP_LOCK:
	case HW_OP_TAKE:
	case HW_OP_ONCE_BEGIN:
		hw_order_acquire(order, thread, object, reading->stack, reading->detail,
			reading->time_ns);
		break;
	case HW_OP_UNLOCK:
	case HW_OP_POST:
	case HW_OP_ONCE_END:
		hw_order_release(order, thread, object, reading->stack, reading->time_ns);
		break;
	case HW_OP_FAIL:
		hw_order_fail(order, thread, object, reading->stack,
			reading->detail == EBUSY || reading->detail == EAGAIN, reading->time_ns);
		break;
	case HW_OP_CANCEL:
	case HW_OP_LEAVE:
	case HW_OP_JOIN:
		hw_order_fail(order, thread, object, reading->stack, false, reading->time_ns);
		break;
	case HW_OP_DESTROY:
		destroy(reading);
		break;
	default:
		break;
	}
}

int64_t hw_deed_result(const struct hw_reading *reading)
{
	return reading->op == HW_OP_FAIL ? (int64_t)reading->detail : 0;
}

int64_t hw_deed(const struct hw_reading *reading)
{
	int64_t result = hw_deed_result(reading);

	if (reading->object->type & HW_TYPE_SYSV)
		result += hw_units_note(reading->interpreter->order, reading->thread,
			reading->object, reading->op, reading->detail, reading->time_ns);
	change_order(reading);
	reading->thread->units = 0;
	return result;
}

/* Neither a definition nor about threads and processes themselves. */
static bool is_about_object(enum hw_op op)
{
	return op >= HW_OP_INIT && op <= HW_OP_ONCE_END;
}

/* How a record is taken once it is known. */
enum way { WAY_REST, WAY_LOCK, WAY_UNLOCK, WAY_TAKE, WAY_POST };

/* What a record said, for the next one that says the same: all that does not change by it. */
struct hw_known_deed {
	uint64_t what; /* of the record */
	uint64_t who;  /* process << 8 | op; 0: none is known */
	struct hw_object *object;
	struct hw_contention *contention; /* of object and stack; NULL when nothing is got */
	uint32_t stack;
	uint32_t block;        /* of the packer, in which these are its numbers; 0: none */
	uint16_t site, number; /* the latter is the object's */
	uint8_t how;
	uint8_t way; /* enum way */
};

enum { KNOWN_BITS = 14 };

static enum way way_of(enum hw_op op, const struct hw_object *object, uint32_t detail)
{
	if (detail >= HW_HOW_OWNER_DEAD)
		return WAY_REST;
	if (hw_order_is_plain(object))
		return op == HW_OP_LOCK ? WAY_LOCK : op == HW_OP_UNLOCK ? WAY_UNLOCK : WAY_REST;
	if (object->kind == HW_KIND_SEM)
		return op == HW_OP_TAKE ? WAY_TAKE : op == HW_OP_POST ? WAY_POST : WAY_REST;
	return WAY_REST;
}

/*
 * Learn what a record says; false when that is nothing for us. Which object is meant never changes
 * where it is defined and cannot be followed by another (hw_roster_object()).
 */
static __attribute__((noinline)) bool learn(struct hw_interpreter *interpreter,
	const struct hw_thread *thread, uint64_t who, uint64_t what, struct hw_known_deed *known)
{
	uint32_t slot = hw_what_stack(what), detail = hw_what_detail(what);
	enum hw_op op = (uint8_t)who;
	struct hw_object *object;

	if (!is_about_object(op) || slot >= HW_STACK_SLOTS)
		return false;
	object = hw_roster_object(thread->process, hw_what_object(what));
	if (!object || object->ignored || object->kind == HW_KIND_NONE ||
		object->type & HW_TYPE_SYSV)
		return false;
	*known = (struct hw_known_deed){ .what = what, .who = who, .object = object,
		.stack = thread->stacks[slot], .how = how_of(op, detail),
		.way = (uint8_t)way_of(op, object, detail) };
	if (known->way == WAY_LOCK || known->way == WAY_TAKE)
		known->contention = hw_contention_of(&interpreter->order->contentions, object,
			known->stack);
	return true;
}

static inline bool is_same(const struct hw_known_deed *known, const struct hw_thread *thread,
	uint64_t who, uint64_t what)
{
	/* That the second is the same says that the third is in the table. */
	return known->who == who && known->what == what &&
		known->stack == thread->stacks[hw_what_stack(what)];
}

/* Of two neighbours the one that was used last is the first to be looked at. */
static __attribute__((noinline)) bool look_beside(struct hw_interpreter *interpreter,
	const struct hw_thread *thread, uint64_t who, uint64_t what, struct hw_known_deed *known)
{
	struct hw_known_deed beside = known[1];

	known[1] = known[0];
	if (!is_same(&beside, thread, who, what))
		return learn(interpreter, thread, who, what, known);
	known[0] = beside;
	return true;
}

/* What a record says; NULL when it is not published, or nothing for us. */
static inline struct hw_known_deed *know(struct hw_interpreter *interpreter,
	const struct hw_thread *thread, uint64_t who, uint64_t what)
{
	struct hw_known_deed *known = &interpreter->known[2 *
		((what ^ who) * 0x9e3779b97f4a7c15u >> (65 - KNOWN_BITS))];

	if (__builtin_expect(!is_same(known, thread, who, what), 0) &&
		!look_beside(interpreter, thread, who, what, known))
		return NULL;
	return known->object->ignored ? NULL : known;
}

/* In a new block all numbers are new. */
static __attribute__((noinline)) void number(struct hw_packer *packer,
	struct hw_known_deed *known)
{
	known->site = hw_pack_site_number(packer, (uint8_t)known->who, known->how, known->stack);
	known->number = hw_pack_object_number(packer, known->object->id);
	known->block = packer->block;
}

/* What is not a lock that was free, or one that is given back; the result. */
static __attribute__((noinline)) int64_t do_rest(struct hw_interpreter *interpreter,
	struct hw_thread *thread, const struct hw_known_deed *known, int64_t time_ns)
{
	return hw_deed(&(struct hw_reading){ .interpreter = interpreter, .thread = thread,
		.op = (uint8_t)known->who, .object = known->object, .stack = known->stack,
		.detail = hw_what_detail(known->what), .time_ns = time_ns });
}

/* Whether that was all; the rest is left for do_rest. */
static inline bool is_done(struct hw_order *order, struct hw_thread *thread,
	const struct hw_known_deed *known, int64_t time_ns)
{
	uint32_t how = hw_what_detail(known->what);

	if (known->way == WAY_LOCK)
		return hw_order_lock(order, thread, known->object, known->contention, how,
			time_ns);
	if (known->way == WAY_UNLOCK)
		return hw_order_unlock(thread, known->object, time_ns);
	if (known->way == WAY_TAKE)
		return hw_order_take(order, thread, known->object, known->contention, how,
			time_ns);
	return known->way == WAY_POST && hw_order_post(thread, known->object, time_ns);
}

static inline void take(struct hw_interpreter *interpreter, struct hw_packer *packer,
	struct hw_thread *thread, struct hw_known_deed *known, int64_t time_ns)
{
	int64_t result = 0;

	if (!is_done(interpreter->order, thread, known, time_ns))
		result = do_rest(interpreter, thread, known, time_ns);
	if (__builtin_expect(known->block != packer->block, 0))
		number(packer, known);
	if (__builtin_expect(thread->packed_block != packer->block, 0)) {
		thread->packed_number = hw_pack_thread_number(packer, thread->id);
		thread->packed_block = packer->block;
	}
	hw_pack_add_numbered(packer, time_ns, thread->packed_number, known->site, known->number);
	if (__builtin_expect(result != 0, 0))
		hw_pack_add_result(packer, result);
}

/*
 * Take what there is room for of one log, up to its turn's end; whether what comes next is later.
 * Past `until_ticks` it does not matter how much, and may be nonsense: an ended thread's log.
 */
static inline bool take_run(struct hw_interpreter *interpreter, struct hw_packer *packer,
	struct hw_lane *lane, uint64_t turn_ticks, uint64_t until_ticks)
{
	struct hw_reader *reader = lane->reader;
	struct hw_thread *thread = reader->thread;
	uint64_t process = (uint64_t)thread->process->id << 8, last_ticks = reader->last_ticks;
	const struct hw_record *at = lane->at, *end = lane->end;
	bool is_later = false;

	if (end - at > HW_PACK_EVENTS - packer->count)
		end = at + (HW_PACK_EVENTS - packer->count);
	for (; at < end; at++) {
		struct hw_record record = hw_reader_look(at);
		uint64_t ticks = hw_record_time(&record);
		struct hw_known_deed *known;

		is_later = ticks > turn_ticks;
		if (is_later) {
			last_ticks = ticks < until_ticks ? ticks : until_ticks;
			break;
		}
		known = know(interpreter, thread, process | hw_record_op(&record), record.what);
		if (!known)
			break;
		if (ticks > last_ticks)
			last_ticks = ticks;
		take(interpreter, packer, thread, known,
			hw_clock_ns(interpreter->clock, last_ticks));
	}
	reader->last_ticks = last_ticks;
	lane->at = at;
	return is_later;
}

/* Not in the middle of what several records tell together (units.h). */
static inline bool is_between(const struct hw_thread *thread)
{
	return !thread->units && !thread->together_count;
}

/* Take both logs by turns; which of them it was at last. */
static struct hw_lane *take_by_turns(struct hw_interpreter *interpreter,
	struct hw_packer *packer, struct hw_lane lanes[2], uint64_t until_ticks)
{
	struct hw_lane *lane = &lanes[0], *other = &lanes[1];

	while (is_between(lane->reader->thread)) {
		struct hw_lane *next = other;
		uint64_t turn_ticks = until_ticks;

		if (other->reader && other->reader->last_ticks < turn_ticks)
			turn_ticks = other->reader->last_ticks;
		if (!take_run(interpreter, packer, lane, turn_ticks, until_ticks) ||
			turn_ticks == until_ticks)
			break;
		other = lane;
		lane = next;
	}
	return lane;
}

size_t hw_deed_take(void *context, struct hw_lane lanes[2], uint64_t until_ticks)
{
	struct hw_interpreter *interpreter = context;
	struct hw_packer *packer = interpreter->packer;
	uint32_t count = packer->count;

	if (take_by_turns(interpreter, packer, lanes, until_ticks) != &lanes[0]) {
		struct hw_lane first = lanes[1];

		lanes[1] = lanes[0];
		lanes[0] = first;
	}
	count = packer->count - count;
	if (count)
		interpreter->missing_ticks = 0;
	if (packer->count == HW_PACK_EVENTS)
		hw_store_events_flush(interpreter->store);
	return count;
}

void hw_deed_prepare(struct hw_interpreter *interpreter)
{
	interpreter->packer = hw_store_packer(interpreter->store);
	interpreter->known = hw_xcalloc((size_t)1 << KNOWN_BITS, sizeof(*interpreter->known));
}
