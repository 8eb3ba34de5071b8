/* SPDX-License-Identifier: MIT */
#include "trace/event_plan.h"

#include <string.h>

/* A shortcut: a letter in the plan, and what constraint it is of. */
static const struct shortcut {
	char letter;
	int column;
	unsigned char op;
} shortcuts[] = {
	{ 'i', HW_EVENT_ID, SQLITE_INDEX_CONSTRAINT_EQ },
	{ 'f', HW_EVENT_ID, SQLITE_INDEX_CONSTRAINT_GE },
	{ 'F', HW_EVENT_ID, SQLITE_INDEX_CONSTRAINT_GT },
	{ 'l', HW_EVENT_ID, SQLITE_INDEX_CONSTRAINT_LE },
	{ 'L', HW_EVENT_ID, SQLITE_INDEX_CONSTRAINT_LT },
	{ 'm', HW_EVENT_TIME, SQLITE_INDEX_CONSTRAINT_EQ },
	{ 's', HW_EVENT_TIME, SQLITE_INDEX_CONSTRAINT_GE },
	{ 'S', HW_EVENT_TIME, SQLITE_INDEX_CONSTRAINT_GT },
	{ 'u', HW_EVENT_TIME, SQLITE_INDEX_CONSTRAINT_LE },
	{ 'U', HW_EVENT_TIME, SQLITE_INDEX_CONSTRAINT_LT },
	{ 't', HW_EVENT_THREAD, SQLITE_INDEX_CONSTRAINT_EQ },
	{ 'o', HW_EVENT_OBJECT, SQLITE_INDEX_CONSTRAINT_EQ },
};

enum { SHORTCUTS = sizeof(shortcuts) / sizeof(shortcuts[0]) };

/* The shortcut for a constraint, or NULL. */
static const struct shortcut *shortcut_for(const struct sqlite3_index_constraint *constraint)
{
	int column = constraint->iColumn < 0 ? HW_EVENT_ID : constraint->iColumn;

	for (int i = 0; constraint->usable && i < SHORTCUTS; i++)
		if (shortcuts[i].column == column && shortcuts[i].op == constraint->op)
			return &shortcuts[i];
	return NULL;
}

static const struct shortcut *shortcut_of(char letter)
{
	const struct shortcut *shortcut = shortcuts;

	while (shortcut->letter != letter)
		shortcut++;
	return shortcut;
}

/* Guesses, but their order is right: an id is the quickest way, then an object, then a thread. */
static void estimate(sqlite3_index_info *info, const char *plan)
{
	double share = 1;

	/* Not a guess: SQLite leaves out what can make no difference then. */
	if (strchr(plan, 'i'))
		info->idxFlags |= SQLITE_INDEX_SCAN_UNIQUE;
	for (; *plan; plan++)
		share *= *plan == 'i' ? 1e-7 : *plan == 'o' || *plan == 'm' ? 1e-3 :
			*plan == 't' ? 0.05 : 0.3;
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
		const struct shortcut *shortcut = shortcut_for(&info->aConstraint[i]);

		if (!shortcut)
			continue;
		text[count++] = shortcut->letter;
		info->aConstraintUsage[i].argvIndex = count;
		/* What does not fit does not come, so nobody need look again. */
		info->aConstraintUsage[i].omit = 1;
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

/* The greatest whole number that is not above a value, and the least that is not below it. */
struct around {
	bool has_below, has_above;
	int64_t below, above;
};

static struct around around_real(double number)
{
	static const double beyond = 9223372036854775808.0; /* 2^63 */
	struct around around;

	if (number >= beyond)
		return (struct around){ .has_below = true, .below = INT64_MAX };
	if (number < -beyond)
		return (struct around){ .has_above = true, .above = INT64_MIN };
	/* Towards 0, and then the neighbour on the other side. */
	around = (struct around){ true, true, (int64_t)number, (int64_t)number };
	around.below -= (double)around.below > number;
	around.above += (double)around.above < number;
	return around;
}

/*
 * As SQLite compares a column of whole numbers: text that is a number is one, and what is none
 * comes after all of them. Nothing is below or above NULL.
 */
static struct around around_value(sqlite3_value *value)
{
	int64_t number;

	switch (sqlite3_value_numeric_type(value)) {
	case SQLITE_NULL:
		return (struct around){ 0 };
	case SQLITE_INTEGER:
		number = sqlite3_value_int64(value);
		return (struct around){ true, true, number, number };
	case SQLITE_FLOAT:
		return around_real(sqlite3_value_double(value));
	default:
		return (struct around){ .has_below = true, .below = INT64_MAX };
	}
}

/* Whole numbers; none when the first is greater than the last. */
struct range {
	int64_t first, last;
};

static const struct range everything = { INT64_MIN, INT64_MAX }, nothing = { 1, 0 };

/* Those that compare so with the value that these are around. */
static struct range range_of(unsigned char op, const struct around *around)
{
	if (!around->has_below && !around->has_above)
		return nothing;
	switch (op) {
	case SQLITE_INDEX_CONSTRAINT_GE:
		return around->has_above ? (struct range){ around->above, INT64_MAX } : nothing;
	case SQLITE_INDEX_CONSTRAINT_LE:
		return around->has_below ? (struct range){ INT64_MIN, around->below } : nothing;
	case SQLITE_INDEX_CONSTRAINT_GT:
		if (!around->has_below)
			return everything;
		return around->below < INT64_MAX ? (struct range){ around->below + 1, INT64_MAX } :
						   nothing;
	case SQLITE_INDEX_CONSTRAINT_LT:
		if (!around->has_above)
			return everything;
		return around->above > INT64_MIN ? (struct range){ INT64_MIN, around->above - 1 } :
						   nothing;
	default:
		return around->has_below && around->has_above ?
			(struct range){ around->above, around->below } : nothing;
	}
}

static void intersect(int64_t *first, int64_t *last, const struct range *with)
{
	if (with->first > *first)
		*first = with->first;
	if (with->last < *last)
		*last = with->last;
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

/* Leave out what does not compare so with a value. */
static void narrow(struct hw_event_plan *plan, const struct shortcut *shortcut,
	sqlite3_value *value)
{
	struct hw_event_where *where = &plan->where;
	struct around around = around_value(value);
	struct range range = range_of(shortcut->op, &around);
	int64_t id = range.first == range.last ? range.first : -1;

	switch (shortcut->column) {
	case HW_EVENT_ID:
		intersect(&where->first_id, &where->last_id, &range);
		break;
	case HW_EVENT_TIME:
		intersect(&where->since_ns, &where->until_ns, &range);
		break;
	case HW_EVENT_THREAD:
		ask_for(&plan->thread, &where->threads, &where->thread_count, where, id);
		break;
	case HW_EVENT_OBJECT:
		/* Object 0 is how a block says that there is none. */
		ask_for(&plan->object, &where->objects, &where->object_count, where,
			id ? id : -1);
		break;
	}
}

void hw_event_plan_read(struct hw_event_plan *plan, int number, const char *text,
	sqlite3_value **values)
{
	*plan = (struct hw_event_plan){ .where = HW_EVENT_WHERE_ALL,
		.group_columns = (unsigned)number };
	for (; *text && *text != '/'; text++)
		narrow(plan, shortcut_of(*text), *values++);
	for (text += *text == '/'; *text; text++) {
		bool descending = *text < 'a';

		plan->by[plan->by_count++] = (struct hw_event_sort_column){
			.column = (enum hw_event_column)(*text - (descending ? 'A' : 'a')),
			.descending = descending };
	}
}
