/* SPDX-License-Identifier: MIT */
#include "analyzer/interruption.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/stack.h"
#include "trace/event_scan.h"
#include "trace/memory.h"

/* A way in which a thread acquired an object. */
struct take {
	uint32_t thread, object, stack;
	uint8_t how;
};

struct search {
	const struct hw_model *model;
	sqlite3 *db;
	const char *path; /* for messages */
	struct hw_error *error;
	uint64_t *in_handlers_of; /* by object: the signals */
	uint64_t *open_to;        /* by object: the signals that could interrupt who acquired it */
	uint32_t *ids;            /* of objects worth a look, ascending */
	size_t id_count;
	struct take *takes; /* all different */
	size_t take_count, take_capacity;
	struct hw_table take_by_hash; /* collisions probe by +1 */
	struct hw_interruptions *result;
};

static uint64_t bit_of(int32_t signal)
{
	return signal >= 1 && signal <= 64 ? 1ull << (signal - 1) : 0;
}

/* The signal whose handler the stack goes through, as a bit; 0 for none that matters. */
static uint64_t handler_of(const struct search *s, uint32_t stack)
{
	const uint64_t faults = bit_of(SIGSEGV) | bit_of(SIGBUS) | bit_of(SIGFPE) |
				bit_of(SIGILL) | bit_of(SIGTRAP) | bit_of(SIGSYS);
	int32_t signal = hw_stack_signal(s->model, stack);

	return signal == HW_NO_SIGNAL ? 0 : bit_of(signal < 0 ? -signal : signal) & ~faults;
}

static bool has_handlers(const struct hw_model *model)
{
	for (uint32_t i = 0; i < model->frame_count; i++)
		if (model->frames[i].signal != HW_NO_SIGNAL)
			return true;
	return false;
}

/* Whether a thread that has the object waits when it wants it again. */
static bool waits_for_itself(const struct hw_model *model, uint32_t object)
{
	const struct hw_object *o = &model->objects[object];

	switch (o->kind) {
	case HW_KIND_MUTEX:
		return !strstr(o->type, "recursive") && !strstr(o->type, "errorcheck");
	case HW_KIND_RWLOCK:
	case HW_KIND_SPIN:
		return true;
	case HW_KIND_SEM:
		return hw_model_is_lock(model, object) && hw_model_capacity(model, object) == 1;
	default:
		return false;
	}
}

static int failed(const struct search *s, const char *what)
{
	return hw_error_set(s->error, -EIO, "cannot read %s of '%s': %s", what, s->path,
		sqlite3_errmsg(s->db));
}

/* What the places where an object was acquired have in common with handlers. */
static int read_places(struct search *s)
{
	sqlite3_stmt *rows = NULL;
	int step;

	if (sqlite3_prepare_v2(s->db, "SELECT object, stack FROM contention", -1, &rows, NULL) !=
		SQLITE_OK)
		return failed(s, "contention");
	while ((step = sqlite3_step(rows)) == SQLITE_ROW) {
		uint32_t object = hw_model_find_object(s->model, sqlite3_column_int64(rows, 0));
		uint32_t stack = hw_model_find_stack(s->model, sqlite3_column_int64(rows, 1));

		if (object == HW_NONE || stack == HW_NONE)
			continue;
		s->in_handlers_of[object] |= handler_of(s, stack);
		s->open_to[object] |= s->model->stacks[stack].signals;
	}
	sqlite3_finalize(rows);
	return step == SQLITE_DONE ? 0 : failed(s, "contention");
}

/* Indexes are in the order of ids. */
static void choose_objects(struct search *s)
{
	for (uint32_t i = 0; i < s->model->object_count; i++)
		if (s->in_handlers_of[i] & s->open_to[i] && waits_for_itself(s->model, i))
			s->ids[s->id_count++] = (uint32_t)s->model->objects[i].id;
}

static void add_take(struct search *s, struct take take)
{
	uint64_t key = hw_hash_mix((uint64_t)take.thread << 32 | take.object,
		(uint64_t)take.stack << 8 | take.how);
	uint64_t *index;
	bool new;

	for (;; key++) {
		const struct take *known;

		index = hw_table_put(&s->take_by_hash, key, &new);
		if (new)
			break;
		known = &s->takes[*index];
		if (known->thread == take.thread && known->object == take.object &&
			known->stack == take.stack && known->how == take.how)
			return;
	}
	*index = s->take_count;
	HW_GROW(s->takes, s->take_count, s->take_capacity);
	s->takes[s->take_count++] = take;
}

static int read_takes(struct search *s)
{
	struct hw_event_where where = HW_EVENT_WHERE_ALL;
	struct hw_event_scan *scan = NULL;
	struct hw_event event;
	int code;

	where.objects = s->ids;
	where.object_count = s->id_count;
	code = hw_event_scan_open(s->db, s->path, &where, HW_EVENTS_BY_ID, &scan, s->error);
	if (code)
		return code;
	while ((code = hw_event_scan_next(scan, &event, s->error)) == 1) {
		struct take take = {
			.thread = hw_model_find_thread(s->model, event.thread),
			.object = hw_model_find_object(s->model, event.object),
			.stack = hw_model_find_stack(s->model, event.stack),
			.how = event.how,
		};

		if ((event.op == HW_OP_LOCK || event.op == HW_OP_TAKE) && take.thread != HW_NONE &&
			take.object != HW_NONE && take.stack != HW_NONE)
			add_take(s, take);
	}
	hw_event_scan_close(scan);
	return code;
}

/* Who holds it to read is stopped by a writer, not by a reader; libc tells a writer apart. */
static bool conflict(const struct search *s, const struct take *held, const struct take *wanted)
{
	return s->model->objects[held->object].kind != HW_KIND_RWLOCK ||
	       (held->how & HW_HOW_SHARED && !(wanted->how & HW_HOW_SHARED));
}

/* How the thread acquires the object where the handler could interrupt it; the first, or NULL. */
static const struct take *find_interrupted(const struct search *s, const struct take *wanted)
{
	uint64_t signal = handler_of(s, wanted->stack);

	for (size_t i = 0; i < s->take_count; i++) {
		const struct take *held = &s->takes[i];

		if (held->thread == wanted->thread && held->object == wanted->object &&
			s->model->stacks[held->stack].signals & signal &&
			conflict(s, held, wanted))
			return held;
	}
	return NULL;
}

static void judge(struct search *s)
{
	struct hw_interruptions *result = s->result;

	for (size_t i = 0; i < s->take_count; i++) {
		const struct take *wanted = &s->takes[i], *held = NULL;

		if (!(wanted->how & HW_HOW_TRY) && handler_of(s, wanted->stack))
			held = find_interrupted(s, wanted);
		if (!held)
			continue;
		HW_GROW(result->all, result->count, result->capacity);
		result->all[result->count++] = (struct hw_interruption){
			.thread = wanted->thread,
			.object = wanted->object,
			.stack = wanted->stack,
			.held_stack = held->stack,
			.shared = wanted->how & HW_HOW_SHARED,
			.held_shared = held->how & HW_HOW_SHARED,
			.bounded = wanted->how & HW_HOW_TIMED,
		};
	}
}

int hw_interruptions_find(const struct hw_model *model, sqlite3 *db, const char *path,
	struct hw_interruptions *ret_interruptions, struct hw_error *error)
{
	struct search s = { .model = model, .db = db, .path = path, .error = error,
		.result = ret_interruptions };
	int code;

	*ret_interruptions = (struct hw_interruptions){ 0 };
	if (!has_handlers(model))
		return 0;
	s.in_handlers_of = hw_xcalloc(model->object_count, sizeof(*s.in_handlers_of));
	s.open_to = hw_xcalloc(model->object_count, sizeof(*s.open_to));
	s.ids = hw_xcalloc(model->object_count, sizeof(*s.ids));
	code = read_places(&s);
	choose_objects(&s);
	if (!code && s.id_count)
		code = read_takes(&s);
	if (!code)
		judge(&s);
	free(s.in_handlers_of);
	free(s.open_to);
	free(s.ids);
	free(s.takes);
	hw_table_finish(&s.take_by_hash);
	return code;
}

void hw_interruptions_finish(struct hw_interruptions *interruptions)
{
	free(interruptions->all);
	*interruptions = (struct hw_interruptions){ 0 };
}
