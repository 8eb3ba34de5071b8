/* SPDX-License-Identifier: MIT */
#include "tests/e2e/replayed.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What an object is, and who has it, or whose end it is. */
struct thing {
	int64_t id;
	bool excludes, recurses;
	int64_t owner;
	unsigned depth;
	int64_t ends; /* a thread; 0 for none */
	bool ended;
};

struct things {
	struct thing all[4096];
	size_t count;
};

static void look_up(const char *recording, struct things *things)
{
	static const char sql[] =
		"SELECT o.id, kind IN ('mutex', 'spin'), ifnull(type, '') LIKE '%recursive%', t.id "
		"FROM object o LEFT JOIN thread t ON t.object = o.id";
	sqlite3_stmt *row = NULL;
	sqlite3 *db = NULL;

	cr_assert_eq(sqlite3_open_v2(recording, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK, "%s",
		sqlite3_errmsg(db));
	while (sqlite3_step(row) == SQLITE_ROW) {
		cr_assert_lt(things->count, sizeof(things->all) / sizeof(things->all[0]));
		things->all[things->count++] = (struct thing){ .id = sqlite3_column_int64(row, 0),
			.excludes = sqlite3_column_int(row, 1),
			.recurses = sqlite3_column_int(row, 2),
			.ends = sqlite3_column_int64(row, 3) };
	}
	sqlite3_finalize(row);
	sqlite3_close(db);
}

static int64_t field(const json_t *step, const char *name)
{
	return json_integer_value(json_object_get(step, name));
}

static struct thing *thing_of(struct things *things, const json_t *step)
{
	for (size_t i = 0; i < things->count; i++)
		if (things->all[i].id == field(step, "object"))
			return &things->all[i];
	return NULL;
}

static const char *take(struct thing *thing, int64_t thread)
{
	if (thing->owner && thing->owner != thread)
		return "a lock is taken that another thread has";
	if (thing->owner && !thing->recurses)
		return "a lock is taken twice";
	thing->owner = thread;
	thing->depth++;
	return NULL;
}

static const char *give_back(struct thing *thing, int64_t thread)
{
	if (thing->owner != thread)
		return "a lock is given back by a thread that does not have it";
	if (--thing->depth == 0)
		thing->owner = 0;
	return NULL;
}

static const char *replay(struct things *things, const json_t *step)
{
	const char *op = json_string_value(json_object_get(step, "op"));
	struct thing *thing = thing_of(things, step);

	if (!op)
		return "something is done that has no name";
	if (!thing)
		return NULL;
	if (!strcmp(op, "end"))
		thing->ended = true;
	if (!strcmp(op, "join") && !thing->ended)
		return "a thread is joined that has not ended";
	if (thing->excludes && !strcmp(op, "lock"))
		return take(thing, field(step, "thread"));
	if (thing->excludes && !strcmp(op, "unlock"))
		return give_back(thing, field(step, "thread"));
	return NULL;
}

/* Every thread of the ring is kept from what it waits for. */
static const char *hang(struct things *things, const json_t *step)
{
	const struct thing *thing = thing_of(things, step);

	if (!thing)
		return "a thread waits for nothing";
	if (thing->excludes && (!thing->owner || thing->owner == field(step, "thread")))
		return "a thread waits for what nobody else has";
	return NULL;
}

const char *hw_replayed_wrong(const char *recording, const json_t *finding)
{
	const json_t *witness = json_object_get(finding, "witness");
	size_t ring = json_array_size(json_object_get(finding, "threads"));
	size_t count = json_array_size(witness);
	struct things *things = calloc(1, sizeof(*things));
	const char *wrong = count > ring ? NULL : "there is no witness";

	cr_assert_not_null(things);
	look_up(recording, things);
	for (size_t i = 0; i < count && !wrong; i++)
		wrong = i < count - ring ? replay(things, json_array_get(witness, i))
					 : hang(things, json_array_get(witness, i));
	free(things);
	return wrong;
}
