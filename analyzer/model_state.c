/* SPDX-License-Identifier: MIT */
/*
 * The parts of a model that are not one array element for one row: what is held
 * (rows of two tables in one array), what is waited for, and meta.
 */
#include <string.h>

#include "analyzer/loader.h"
#include "trace/event_scan.h"
#include "trace/memory.h"
#include "trace/name.h"

/* Read "object, mode, stack, count" from `column` on, as one more hold of whoever owns the last. */
static void append_hold(
	struct hw_loader *l, int column, uint32_t *capacity, uint32_t *first, uint32_t *count)
{
	struct hw_model *m = l->model;
	struct hw_hold hold = {
		.object = hw_loader_needed(l, column, &m->object_ids),
		.shared = hw_loader_is(l, column + 1, "shared"),
		.stack = hw_loader_reference(l, column + 2, &m->stack_ids),
		.count = hw_loader_count(l, column + 3),
	};

	if (hold.object == HW_NONE)
		return;
	HW_GROW(m->holds, m->hold_count, *capacity);
	if (*count == 0)
		*first = m->hold_count;
	(*count)++;
	m->holds[m->hold_count++] = hold;
}

/* What was held with something unknown is not known: such a dependency has no thread any more. */
static int read_dependency_holds(struct hw_loader *l, uint32_t *capacity)
{
	struct hw_model *m = l->model;

	if (hw_loader_query(l, "dependency_hold",
		    hw_loader_has_column(l, "dependency_hold", "count")
			    ? "dependency, object, mode, stack, count"
			    : "dependency, object, mode, stack, 1",
		    "dependency, position"))
		return l->result;
	while (hw_loader_next(l)) {
		uint32_t owner = hw_loader_needed(l, 0, &m->dependency_ids);

		if (owner != HW_NONE)
			append_hold(l, 1, capacity, &m->dependencies[owner].first_hold,
				&m->dependencies[owner].hold_count);
		if (hw_loader_lacks(l) && owner != HW_NONE)
			m->dependencies[owner].thread = HW_NONE;
	}
	hw_loader_done(l);
	return l->result;
}

/* Those that lack something; nothing refers to dependencies any more. */
static void drop_dependencies(struct hw_model *m)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < m->dependency_count; i++)
		if (m->dependencies[i].thread != HW_NONE && m->dependencies[i].object != HW_NONE)
			m->dependencies[kept++] = m->dependencies[i];
	m->dependency_count = kept;
}

int hw_loader_read_holds(struct hw_loader *l)
{
	struct hw_model *m = l->model;
	uint32_t capacity = 0;

	if (read_dependency_holds(l, &capacity))
		return l->result;
	drop_dependencies(m);
	if (hw_loader_query(l, "hold", "thread, object, mode, stack, count", "thread, position"))
		return l->result;
	while (hw_loader_next(l)) {
		uint32_t owner = hw_loader_needed(l, 0, &m->thread_ids);

		if (owner != HW_NONE)
			append_hold(l, 1, &capacity, &m->threads[owner].first_hold,
				&m->threads[owner].hold_count);
		hw_loader_lacks(l);
	}
	hw_loader_done(l);
	return l->result;
}

int hw_loader_read_waits(struct hw_loader *l)
{
	struct hw_model *m = l->model;
	uint32_t capacity = 0;

	if (hw_loader_query(l, "wait",
		    hw_loader_has_column(l, "wait", "units")
			    ? "thread, object, mode, how, stack, since_ns, units"
			    : "thread, object, mode, how, stack, since_ns, NULL",
		    "thread"))
		return l->result;
	while (hw_loader_next(l)) {
		struct hw_wait wait = {
			.thread = hw_loader_needed(l, 0, &m->thread_ids),
			.object = hw_loader_needed(l, 1, &m->object_ids),
			.shared = hw_loader_is(l, 2, "shared"),
			.how = hw_loader_how(l, 3),
			.stack = hw_loader_reference(l, 4, &m->stack_ids),
			.since_ns = hw_loader_integer(l, 5, 0),
			.units = hw_loader_count(l, 6),
		};

		if (hw_loader_lacks(l))
			continue;
		HW_GROW(m->waits, m->wait_count, capacity);
		m->threads[wait.thread].wait = m->wait_count;
		m->waits[m->wait_count++] = wait;
	}
	hw_loader_done(l);
	return l->result;
}

static enum hw_misuse_what misuse_what(struct hw_loader *l, int column)
{
	if (hw_loader_is(l, column, "unlock"))
		return HW_MISUSE_UNLOCK;
	if (hw_loader_is(l, column, "end"))
		return HW_MISUSE_END;
	if (hw_loader_is(l, column, "destroy"))
		return HW_MISUSE_DESTROY;
	return hw_loader_is(l, column, "inherit") ? HW_MISUSE_INHERIT : HW_MISUSE_UNKNOWN;
}

static enum hw_misuse_relation misuse_relation(struct hw_loader *l, int column)
{
	if (hw_loader_is(l, column, "holds"))
		return HW_MISUSE_HOLDS;
	if (hw_loader_is(l, column, "held"))
		return HW_MISUSE_HELD;
	return hw_loader_is(l, column, "waits") ? HW_MISUSE_WAITS : HW_MISUSE_NOBODY;
}

static struct hw_misuse read_misuse(struct hw_loader *l)
{
	struct hw_model *m = l->model;
	struct hw_misuse misuse = {
		.what = misuse_what(l, 0),
		.how = (uint8_t)hw_name_to_how((const char *)sqlite3_column_text(l->row, 1)),
		.thread = hw_loader_needed(l, 2, &m->thread_ids),
		.object = hw_loader_needed(l, 3, &m->object_ids),
		.stack = hw_loader_reference(l, 4, &m->stack_ids),
		.relation = misuse_relation(l, 5),
		.other = hw_loader_reference(l, 6, &m->thread_ids),
		.other_stack = hw_loader_reference(l, 7, &m->stack_ids),
		.count = hw_loader_count(l, 8),
	};

	if (misuse.other == HW_NONE)
		misuse.relation = HW_MISUSE_NOBODY;
	return misuse;
}

int hw_loader_read_misuses(struct hw_loader *l)
{
	struct hw_model *m = l->model;
	uint32_t capacity = 0;

	if (!hw_loader_has_table(l, "misuse"))
		return 0;
	if (hw_loader_query(l, "misuse",
		    "what, how, thread, object, stack, relation, other, other_stack, count", "id"))
		return l->result;
	while (hw_loader_next(l)) {
		struct hw_misuse misuse = read_misuse(l);

		if (hw_loader_lacks(l))
			continue;
		HW_GROW(m->misuses, m->misuse_count, capacity);
		m->misuses[m->misuse_count++] = misuse;
	}
	hw_loader_done(l);
	return l->result;
}

int hw_loader_read_declared(struct hw_loader *l)
{
	struct hw_model *m = l->model;
	uint32_t capacity = 0;

	if (!hw_loader_has_table(l, "declared_order"))
		return 0;
	if (hw_loader_query(l, "declared_order", "first, second, thread, stack, first_ns", "id"))
		return l->result;
	while (hw_loader_next(l)) {
		struct hw_declared declared = {
			.first = hw_loader_needed(l, 0, &m->object_ids),
			.second = hw_loader_needed(l, 1, &m->object_ids),
			.thread = hw_loader_needed(l, 2, &m->thread_ids),
			.stack = hw_loader_reference(l, 3, &m->stack_ids),
			.first_ns = hw_loader_integer(l, 4, 0),
		};

		if (hw_loader_lacks(l))
			continue;
		HW_GROW(m->declared, m->declared_count, capacity);
		m->declared[m->declared_count++] = declared;
	}
	hw_loader_done(l);
	return l->result;
}

/* What elsewhere.h of the collector measured. */
static void read_blocked_row(struct hw_loader *l, const char *key)
{
	struct hw_meta *meta = &l->model->meta;

	if (strcmp(key, "blocked_ns") == 0)
		meta->blocked_ns = hw_loader_integer(l, 1, HW_UNKNOWN);
	else if (strcmp(key, "blocked_elsewhere_ns") == 0)
		meta->blocked_elsewhere_ns = hw_loader_integer(l, 1, HW_UNKNOWN);
	else if (strcmp(key, "blocked_unknown") == 0)
		meta->blocked_unknown = hw_loader_string(l, 1);
}

static void read_meta_row(struct hw_loader *l, const char *key, uint32_t *note_capacity,
	uint32_t *share_capacity)
{
	struct hw_meta *meta = &l->model->meta;

	if (strcmp(key, "version") == 0)
		meta->version = hw_loader_string(l, 1);
	else if (strcmp(key, "command") == 0)
		meta->command = hw_loader_string(l, 1);
	else if (strcmp(key, "directory") == 0)
		meta->directory = hw_loader_string(l, 1);
	else if (strcmp(key, "host") == 0)
		meta->host = hw_loader_string(l, 1);
	else if (strcmp(key, "started_at") == 0)
		meta->started_at = hw_loader_integer(l, 1, HW_UNKNOWN);
	else if (strcmp(key, "ended_ns") == 0)
		meta->ended_ns = hw_loader_integer(l, 1, HW_UNKNOWN);
	else if (strcmp(key, "events") == 0)
		meta->events = hw_loader_integer(l, 1, HW_UNKNOWN);
	else if (strcmp(key, "lost") == 0)
		meta->lost = hw_loader_integer(l, 1, 0);
	else if (strcmp(key, "ignored") == 0)
		meta->ignored = hw_loader_integer(l, 1, 0);
	else if (strcmp(key, "stack_hits") == 0)
		meta->stack_hits = hw_loader_integer(l, 1, 0);
	else if (strcmp(key, "stack_misses") == 0)
		meta->stack_misses = hw_loader_integer(l, 1, 0);
	else if (strcmp(key, "unwind") == 0)
		meta->unwind = hw_loader_string(l, 1);
	else if (strcmp(key, "complete") == 0)
		meta->complete = hw_loader_integer(l, 1, 0) == 1;
	else if (strcmp(key, "cut") == 0)
		meta->cut = hw_loader_integer(l, 1, 0) == 1;
	else if (strncmp(key, "note.", 5) == 0 && sqlite3_column_bytes(l->row, 1) > 0) {
		HW_GROW(meta->notes, meta->note_count, *note_capacity);
		meta->notes[meta->note_count++] = hw_loader_string(l, 1);
	} else if (strncmp(key, "blocked_elsewhere.", 18) == 0) {
		HW_GROW(meta->blocked_shares, meta->blocked_share_count, *share_capacity);
		meta->blocked_shares[meta->blocked_share_count++] = hw_loader_string(l, 1);
	} else {
		read_blocked_row(l, key);
	}
}

/* A collector that is at work, or was killed, has not said how many there are. */
static int count_events(struct hw_loader *l)
{
	uint64_t count = 0;

	l->result = hw_event_scan_count(l->db, l->path, &count, l->error);
	l->model->meta.events = (int64_t)count;
	return l->result;
}

int hw_loader_read_meta(struct hw_loader *l)
{
	uint32_t note_capacity = 0, share_capacity = 0;

	l->model->meta.started_at = HW_UNKNOWN;
	l->model->meta.ended_ns = HW_UNKNOWN;
	l->model->meta.events = HW_UNKNOWN;
	l->model->meta.blocked_ns = HW_UNKNOWN;
	l->model->meta.blocked_elsewhere_ns = HW_UNKNOWN;
	/* note.10 after note.9 */
	if (hw_loader_query(l, "meta", "key, value", "length(key), key"))
		return l->result;
	while (hw_loader_next(l))
		if (sqlite3_column_type(l->row, 1) != SQLITE_NULL)
			read_meta_row(l, (const char *)sqlite3_column_text(l->row, 0),
				&note_capacity, &share_capacity);
	hw_loader_done(l);
	return l->result || l->model->meta.events != HW_UNKNOWN ? l->result : count_events(l);
}
