/* SPDX-License-Identifier: MIT */
#include "trace/deed.h"

#include "trace/known.h"
#include "trace/order_quick.h"
#include "trace/window.h"

void hw_deed_store(const struct hw_reading *reading, int64_t result)
{
	struct hw_event event = { .time_ns = reading->time_ns, .thread = reading->thread->id,
		.op = (uint8_t)reading->op, .object = reading->object ? reading->object->id : 0,
		.how = hw_known_how(reading->op, reading->detail), .stack = reading->stack,
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
			hw_order_is_busy(reading->detail), reading->time_ns);
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

/* In a new block all numbers are new. */
static __attribute__((noinline)) void number(struct hw_packer *packer,
	struct hw_known_deed *known)
{
	known->site = hw_pack_site_number(packer, (uint8_t)known->who, known->how, known->stack);
	known->number = hw_pack_object_number(packer, known->object->id);
	known->block = packer->block;
}

/* What is not a lock that was free, or one that is given back, or a try of one that was not. */
static __attribute__((noinline)) void do_rest(struct hw_interpreter *interpreter,
	struct hw_thread *thread, const struct hw_known_deed *known, int64_t time_ns)
{
	int64_t result = hw_deed(&(struct hw_reading){ .interpreter = interpreter,
		.thread = thread, .op = (uint8_t)known->who, .object = known->object,
		.stack = known->stack, .detail = hw_what_detail(known->what),
		.time_ns = time_ns });

	if (result)
		hw_pack_add_result(interpreter->packer, result);
}

static HW_ALWAYS_INLINE bool is_failed_try(struct hw_interpreter *interpreter,
	struct hw_thread *thread, const struct hw_known_deed *known)
{
	if (!hw_order_try(interpreter->order, thread, known->object, known->stack))
		return false;
	hw_pack_add_result(interpreter->packer, hw_what_detail(known->what));
	return true;
}

/* Whether that was all; the rest is left for do_rest. */
static HW_ALWAYS_INLINE bool is_done(struct hw_interpreter *interpreter, struct hw_thread *thread,
	const struct hw_known_deed *known, int64_t time_ns)
{
	struct hw_order *order = interpreter->order;
	uint32_t how = hw_what_detail(known->what);

	if (known->way == HW_WAY_LOCK)
		return hw_order_lock(order, thread, known->object, known->contention, how,
			time_ns);
	if (known->way == HW_WAY_UNLOCK)
		return hw_order_unlock(thread, known->object, time_ns);
	if (known->way == HW_WAY_TAKE)
		return hw_order_take(order, thread, known->object, known->contention, how,
			time_ns);
	if (known->way == HW_WAY_POST)
		return hw_order_post(thread, known->object, time_ns);
	return known->way == HW_WAY_FAIL && is_failed_try(interpreter, thread, known);
}

static HW_ALWAYS_INLINE void take(struct hw_interpreter *interpreter, struct hw_packer *packer,
	struct hw_thread *thread, struct hw_known_deed *known, int64_t time_ns)
{
	if (!is_done(interpreter, thread, known, time_ns))
		do_rest(interpreter, thread, known, time_ns);
	if (__builtin_expect(known->block != packer->block, 0))
		number(packer, known);
	if (__builtin_expect(thread->packed_block != packer->block, 0)) {
		thread->packed_number = hw_pack_thread_number(packer, thread->id);
		thread->packed_block = packer->block;
	}
	hw_pack_add_numbered(packer, time_ns, thread->packed_number, known->site, known->number);
}

/* What a record says; NULL when it is not published, or nothing for us. */
static inline struct hw_known_deed *know(struct hw_interpreter *interpreter,
	const struct hw_thread *thread, uint64_t who, uint64_t what)
{
	struct hw_known_deed *known = hw_known_find(interpreter, thread, who, what);

	return known ? known : hw_known_learn(interpreter, thread, who, what);
}

/*
 * Take of one log up to its turn's end, until the packer has so many; whether what comes next is
 * later. Past `until_ticks` it does not matter how much, and may be nonsense: an ended thread's
 * log.
 */
static inline bool take_run(struct hw_interpreter *interpreter, uint32_t limit,
	struct hw_window *window, struct hw_lane *lane, uint64_t turn_ticks)
{
	struct hw_packer *packer = interpreter->packer;
	struct hw_thread *thread = lane->thread;
	uint64_t last_ticks = lane->last_ticks, who = lane->who;
	const struct hw_record *at = lane->at, *end = lane->end;
	uint64_t ticks = 0;
	bool is_later = false;

	if ((size_t)(end - at) > limit - packer->count)
		end = at + limit - packer->count;
	for (; at < end; at++) {
		struct hw_record record = hw_reader_look(at);
		struct hw_known_deed *known;

		ticks = hw_record_time(&record);
		is_later = ticks > turn_ticks;
		if (is_later)
			break;
		known = know(interpreter, thread, who | hw_record_op(&record), record.what);
		if (!known)
			break;
		if (ticks > last_ticks)
			last_ticks = ticks;
		take(interpreter, packer, thread, known,
			hw_clock_ns(interpreter->clock, last_ticks));
	}
	if (at > lane->at)
		window->taken_ticks = last_ticks;
	if (is_later)
		last_ticks = ticks < window->until_ticks ? ticks : window->until_ticks;
	lane->last_ticks = last_ticks;
	lane->at = at;
	return is_later;
}

/* Take both logs by turns, or the only one. */
static void take_by_turns(struct hw_interpreter *interpreter, uint32_t limit,
	struct hw_window *window)
{
	struct hw_lane *lane = &window->lanes[0], *other = &window->lanes[1];

	for (;;) {
		struct hw_lane *next = other;
		uint64_t turn_ticks = window->until_ticks;

		if (window->lane_count > 1 && other->last_ticks < turn_ticks)
			turn_ticks = other->last_ticks;
		if (!take_run(interpreter, limit, window, lane, turn_ticks) ||
			turn_ticks == window->until_ticks)
			break;
		other = lane;
		lane = next;
	}
}

/* A deed whose turn has come: what is known of it, whose it is, and when it was. */
struct turn {
	struct hw_known_deed *known;
	struct hw_thread *thread;
	uint64_t ticks;
};

enum { TURNS_AT_ONCE = 128 };

/*
 * What the records say whose turn is next, as long as that is known; how many they are. What is
 * learned may take the place of what was found, and so that is done for the first of them only.
 */
static size_t find_turns(struct hw_interpreter *interpreter, struct hw_window *window, size_t most,
	struct turn *turns)
{
	for (size_t i = 0; i < most; i++) {
		uint64_t turn = window->turns[i];
		struct hw_lane *lane = &window->lanes[hw_window_lane(turn)];
		struct hw_record record = hw_reader_look(lane->at);
		uint64_t who = lane->who | hw_record_op(&record);
		struct hw_known_deed *known =
			hw_known_find(interpreter, lane->thread, who, record.what);

		if (!known && !i)
			known = hw_known_learn(interpreter, lane->thread, who, record.what);
		if (!known)
			return i;
		turns[i] = (struct turn){ known, lane->thread, hw_window_ticks(window, turn) };
		lane->last_ticks = turns[i].ticks;
		lane->at++;
	}
	return most;
}

/* Take those that come next; how many. */
static size_t take_next(struct hw_interpreter *interpreter, uint32_t limit,
	struct hw_window *window)
{
	struct hw_packer *packer = interpreter->packer;
	struct turn turns[TURNS_AT_ONCE];
	size_t most = window->turn_count < TURNS_AT_ONCE ? window->turn_count : TURNS_AT_ONCE;
	size_t room = limit - packer->count;
	size_t count = find_turns(interpreter, window, most < room ? most : room, turns);

	for (size_t i = 0; i < count; i++)
		take(interpreter, packer, turns[i].thread, turns[i].known,
			hw_clock_ns(interpreter->clock, turns[i].ticks));
	if (count)
		window->taken_ticks = turns[count - 1].ticks;
	window->turns += count;
	window->turn_count -= count;
	return count;
}

/*
 * Take what is in the window, until the packer has so many. Whether a thread takes a lock or gives
 * it back cannot be foretold where its turn cannot; so that wrong guesses do not hold up the
 * look-ups too, these come first, for many records.
 */
static void take_turns(struct hw_interpreter *interpreter, uint32_t limit,
	struct hw_window *window)
{
	while (take_next(interpreter, limit, window))
		;
}

size_t hw_deed_take_some(struct hw_interpreter *interpreter, struct hw_window *window,
	size_t most)
{
	struct hw_packer *packer = interpreter->packer;
	uint32_t count = packer->count, room = HW_PACK_EVENTS - count;
	uint32_t limit = count + (most < room ? (uint32_t)most : room);

	for (size_t i = 0; i < window->lane_count; i++)
		window->lanes[i].who = hw_known_who(window->lanes[i].thread);
	if (window->turns)
		take_turns(interpreter, limit, window);
	else
		take_by_turns(interpreter, limit, window);
	count = packer->count - count;
	if (count)
		interpreter->missing_ticks = 0;
	if (packer->count == HW_PACK_EVENTS)
		hw_store_events_flush(interpreter->store);
	return count;
}

size_t hw_deed_take(void *interpreter, struct hw_window *window)
{
	return hw_deed_take_some(interpreter, window, HW_PACK_EVENTS);
}

void hw_deed_prepare(struct hw_interpreter *interpreter)
{
	interpreter->packer = hw_store_packer(interpreter->store);
	hw_known_prepare(interpreter);
}
