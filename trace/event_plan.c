/* SPDX-License-Identifier: MIT */
#include "trace/event_plan.h"

#include <string.h>

/* A shortcut: a letter in the plan, and what constraint it is of. */
static const struct shortcut {
	char letter;
	int column;
	unsigned char op, other_op; /* SQLite checks again whether it is "or equal" */
} shortcuts[] = {
	{ 'i', HW_EVENT_ID, SQLITE_INDEX_CONSTRAINT_EQ, SQLITE_INDEX_CONSTRAINT_EQ },
	{ 'f', HW_EVENT_ID, SQLITE_INDEX_CONSTRAINT_GE, SQLITE_INDEX_CONSTRAINT_GT },
	{ 'l', HW_EVENT_ID, SQLITE_INDEX_CONSTRAINT_LE, SQLITE_INDEX_CONSTRAINT_LT },
	{ 'm', HW_EVENT_TIME, SQLITE_INDEX_CONSTRAINT_EQ, SQLITE_INDEX_CONSTRAINT_EQ },
	{ 's', HW_EVENT_TIME, SQLITE_INDEX_CONSTRAINT_GE, SQLITE_INDEX_CONSTRAINT_GT },
	{ 'u', HW_EVENT_TIME, SQLITE_INDEX_CONSTRAINT_LE, SQLITE_INDEX_CONSTRAINT_LT },
	{ 't', HW_EVENT_THREAD, SQLITE_INDEX_CONSTRAINT_EQ, SQLITE_INDEX_CONSTRAINT_EQ },
	{ 'o', HW_EVENT_OBJECT, SQLITE_INDEX_CONSTRAINT_EQ, SQLITE_INDEX_CONSTRAINT_EQ },
};

enum { SHORTCUTS = sizeof(shortcuts) / sizeof(shortcuts[0]) };

/* The shortcut for a constraint, or NULL. */
static const struct shortcut *shortcut_of(const struct sqlite3_index_constraint *constraint)
{
	int column = constraint->iColumn < 0 ? HW_EVENT_ID : constraint->iColumn;

	for (int i = 0; constraint->usable && i < SHORTCUTS; i++) {
		const struct shortcut *s = &shortcuts[i];

		if (s->column == column &&
			(s->op == constraint->op || s->other_op == constraint->op))
			return s;
	}
	return NULL;
}

/* Guesses, but their order is right: an id is the quickest way, then an object, then a thread. */
static void estimate(sqlite3_index_info *info, const char *plan)
{
	double share = 1;

	for (; *plan; plan++)
		share *= *plan == 'i' ? 1e-7 : *plan == 'o' || *plan == 'm' ? 1e-3 :
			*plan == 't' ? 0.05 : 0.3;
	if (share * 1e7 <= 1)
		info->idxFlags |= SQLITE_INDEX_SCAN_UNIQUE;
	info->estimatedRows = (sqlite3_int64)(share * 1e7) + 1;
	/* At least a block is unpacked. */
	info->estimatedCost = share * 3e7 + 20000;
}

/*
 * Rows can be grouped when all that is used of them are columns to group by, and they are to
 * be sorted: for GROUP BY, DISTINCT or ORDER BY.
 */
static bool can_group(const sqlite3_index_info *info)
{
	if (!info->nOrderBy || info->nOrderBy > HW_EVENT_COLUMNS || !info->colUsed ||
		info->colUsed & ~(sqlite3_uint64)HW_EVENT_GROUPABLE)
		return false;
	for (int i = 0; i < info->nOrderBy; i++) {
		int column = info->aOrderBy[i].iColumn;

		if (column < 0 || !(HW_EVENT_GROUPABLE >> column & 1))
			return false;
	}
	return true;
}

/* Add what to group and sort by to the plan. */
static void plan_groups(sqlite3_index_info *info, char *text)
{
	*text++ = '/';
	info->idxNum = (int)info->colUsed;
	for (int i = 0; i < info->nOrderBy; i++) {
		info->idxNum |= 1 << info->aOrderBy[i].iColumn;
		*text++ = (char)((info->aOrderBy[i].desc ? 'A' : 'a') + info->aOrderBy[i].iColumn);
	}
	*text = '\0';
	info->orderByConsumed = 1;
}

int hw_event_plan_choose(sqlite3_index_info *info)
{
	size_t room = (size_t)info->nConstraint + (size_t)info->nOrderBy + sizeof("/");
	char *text = sqlite3_malloc64(room);
	int count = 0;

	if (!text)
		return SQLITE_NOMEM;
	for (int i = 0; i < info->nConstraint; i++) {
		const struct shortcut *shortcut = shortcut_of(&info->aConstraint[i]);

		if (!shortcut)
			continue;
		text[count++] = shortcut->letter;
		info->aConstraintUsage[i].argvIndex = count;
	}
	text[count] = '\0';
	info->idxStr = text;
	info->needToFreeIdxStr = 1;
	estimate(info, text);
	if (can_group(info))
		plan_groups(info, text + count);
	else
		info->orderByConsumed = info->nOrderBy == 1 && !info->aOrderBy[0].desc &&
					info->aOrderBy[0].iColumn <= HW_EVENT_ID;
	return SQLITE_OK;
}

/* The whole numbers around a number; false when there are none, as around text. */
static bool around(sqlite3_value *value, int64_t *ret_below, int64_t *ret_above)
{
	double number;

	if (sqlite3_value_type(value) == SQLITE_INTEGER) {
		*ret_below = *ret_above = sqlite3_value_int64(value);
		return true;
	}
	number = sqlite3_value_double(value);
	if (sqlite3_value_type(value) != SQLITE_FLOAT || !(number > -9e18 && number < 9e18))
		return false;
	/* Towards 0, and then the neighbour on the other side. */
	*ret_below = *ret_above = (int64_t)number;
	*ret_below -= (double)*ret_below > number;
	*ret_above += (double)*ret_above < number;
	return true;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t greatest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* An id is asked for; one that cannot be leaves nothing. */
static void ask_for(uint32_t *asked, const uint32_t **ids, size_t *count,
	struct hw_event_where *where, int64_t id)
{
	if (id < 0 || id > UINT32_MAX || (*ids && *asked != id))
		where->last_id = INT64_MIN;
	*asked = (uint32_t)id;
	*ids = asked;
	*count = 1;
}

/* Let a comparison with a value leave out what it can. */
static void narrow(struct hw_event_plan *plan, char letter, sqlite3_value *value)
{
	struct hw_event_where *where = &plan->where;
	int64_t below, above;

	if (!around(value, &below, &above))
		return;
	if (strchr("if", letter))
		where->first_id = greatest(where->first_id, above);
	if (strchr("il", letter))
		where->last_id = least(where->last_id, below);
	if (strchr("ms", letter))
		where->since_ns = greatest(where->since_ns, above);
	if (strchr("mu", letter))
		where->until_ns = least(where->until_ns, below);
	if (letter == 't')
		ask_for(&plan->thread, &where->threads, &where->thread_count, where,
			below == above ? below : -1);
	/* Object 0 is how a block says that there is none. */
	if (letter == 'o')
		ask_for(&plan->object, &where->objects, &where->object_count, where,
			below == above && below ? below : -1);
}

void hw_event_plan_read(struct hw_event_plan *plan, int number, const char *text,
	sqlite3_value **values)
{
	*plan = (struct hw_event_plan){ .where = HW_EVENT_WHERE_ALL,
		.group_columns = (unsigned)number };
	for (; *text && *text != '/'; text++)
		narrow(plan, *text, *values++);
	for (text += *text == '/'; *text; text++) {
		bool descending = *text < 'a';

		plan->by[plan->by_count++] = (struct hw_event_sort_column){
			.column = (enum hw_event_column)(*text - (descending ? 'A' : 'a')),
			.descending = descending };
	}
}
