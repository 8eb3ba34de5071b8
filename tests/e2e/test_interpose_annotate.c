/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/recorded.h"

/* Home-made locks, by what they tell; in a program at any address, and at a fixed one. */

#define EVERYWHERE(test) \
	Test(interpose_annotate, test) \
	{ \
		expect_##test(HW_FIXTURE("annotated")); \
	} \
	Test(interpose_annotate, test##_at_a_fixed_address) \
	{ \
		expect_##test(HW_FIXTURE("annotated_fixed")); \
	}

static void expect_modes(const char *fixture)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(fixture, "modes"));
	hw_process_expect_output(&run.process, "errno: 4711\n");
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"lock mutex1\n"
		"unlock mutex1\n"
		"lock mutex1 try\n"
		"unlock mutex1\n"
		"fail mutex1 =16\n"
		"wait mutex1 timed\n"
		"fail mutex1 =110\n"
		"wait mutex1 timed\n"
		"lock mutex1 timed\n"
		"unlock mutex1\n");
	hw_preloaded_expect(&run, "SELECT kind, type FROM object WHERE kind <> 'thread'",
		"mutex|annotated\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM misuse", "0\n");
	hw_preloaded_finish(&run);
}
EVERYWHERE(modes)

static void expect_shared(const char *fixture)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(fixture, "shared"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"lock rwlock1\n"
		"unlock rwlock1\n"
		"lock rwlock1 shared\n"
		"unlock rwlock1\n"
		"lock rwlock2 shared try\n"
		"unlock rwlock2\n"
		"lock rwlock2\n"
		"unlock rwlock2\n");
	hw_preloaded_expect(&run, "SELECT kind, type FROM object WHERE kind <> 'thread'",
		"rwlock|annotated\nrwlock|annotated\n");
	hw_preloaded_finish(&run);
}
EVERYWHERE(shared)

/* The hooks that the waiting calls neither end the wait nor are confused by it. */
static void expect_waits(const char *fixture)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(fixture, "waits"));
	hw_preloaded_expect(&run,
		"SELECT op, count(*) FROM event e JOIN object o ON o.id = e.object"
		" WHERE type = 'annotated' GROUP BY op ORDER BY op",
		"lock|2\nunlock|2\nwait|1\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM event WHERE op = 'cancel'", "0\n");
	hw_preloaded_expect(&run,
		"SELECT sum(acquired), sum(waited) FROM contention c"
		" JOIN object o ON o.id = c.object WHERE type = 'annotated'",
		"2|1\n");
	hw_preloaded_finish(&run);
}
EVERYWHERE(waits)

static void expect_jumps(const char *fixture)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(fixture, "jumps"));
	hw_preloaded_expect(&run,
		"SELECT op, count(*) FROM event e JOIN object o ON o.id = e.object"
		" WHERE type = 'annotated' GROUP BY o.id, op ORDER BY o.id, op",
		"cancel|5\nwait|5\n"
		"lock|5\nunlock|5\n"
		"lock|1\nunlock|1\nwait|1\n");
	hw_preloaded_finish(&run);
}
EVERYWHERE(jumps)

static void expect_nests(const char *fixture)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(fixture, "nests"));
	hw_preloaded_expect(&run,
		"SELECT op, count(*) FROM event e JOIN object o ON o.id = e.object"
		" WHERE type = 'annotated' GROUP BY op ORDER BY op",
		"lock|6\nunlock|6\nwait|6\n");
	hw_preloaded_finish(&run);
}
EVERYWHERE(nests)

static void expect_names(const char *fixture)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(fixture, "names"));
	hw_preloaded_expect(&run,
		"SELECT kind, type, name FROM object WHERE kind <> 'thread' ORDER BY create_ns",
		"mutex|normal|named before\n"
		"mutex|normal|named after\n"
		"sem||01234567890123456789012345678901234567890123456\n"
		"mutex|annotated|home-made\n"
		"mutex|annotated|\n");
	hw_preloaded_finish(&run);
}
EVERYWHERE(names)

static void expect_ignores(const char *fixture)
{
	struct hw_preloaded run;
	char *info;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(fixture, "ignores"));
	hw_preloaded_expect(&run,
		"SELECT o.kind, o.type, group_concat(op, ' ') FROM event e"
		" JOIN object o ON o.id = e.object WHERE o.kind <> 'thread'"
		" AND op <> 'signal' GROUP BY o.id ORDER BY o.create_ns",
		"mutex|normal|lock unlock\n"
		"rwlock||lock\n"
		"mutex|normal|lock unlock lock unlock\n"
		"mutex|annotated|lock unlock\n"
		"mutex|normal|init\n");
	hw_preloaded_expect(&run, "SELECT value FROM meta WHERE key = 'ignored'", "4\n");
	/* Held while it was ignored, it is none of what the locks after it were taken inside of. */
	hw_preloaded_expect(&run,
		"SELECT count(*) FROM dependency_hold h JOIN object o ON o.id = h.object"
		" WHERE o.kind = 'rwlock'",
		"0\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM misuse", "0\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM hold", "0\n");
	info = hw_process_text(0, HW_ARGUMENTS(HW_HOLDWAIT, "info", run.file));
	cr_expect(strstr(info, "\n  ignored    4 objects, as the program asked\n"), "%s", info);
	free(info);
	hw_preloaded_finish(&run);
}
EVERYWHERE(ignores)

/* Whose memory was freed is not what is there later; what is ignored is in no order. */
static void expect_orders(const char *fixture)
{
	struct hw_preloaded run;
	char *info;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(fixture, "orders"));
	hw_process_expect_output(&run.process, "errno: 4711\n");
	hw_preloaded_expect(&run,
		"SELECT a.kind, a.type, a.name, b.kind, b.type, b.name, d.count, d.thread,"
		" d.stack IS NOT NULL"
		" FROM declared_order d JOIN object a ON a.id = first"
		" JOIN object b ON b.id = second ORDER BY d.id",
		"mutex|normal||unknown||between|1|1|1\n"
		"unknown||between|mutex|normal||1|1|1\n"
		"unknown||between|mutex|annotated||1|1|1\n"
		"mutex|normal||mutex|normal||3|1|1\n"
		"unknown|||mutex|annotated||1|1|1\n");
	hw_preloaded_expect(&run,
		"SELECT count(DISTINCT stack) FROM declared_order", "5\n");
	hw_preloaded_expect(&run,
		"SELECT count(*), count(DISTINCT address) FROM object"
		" WHERE module IS NULL AND (kind = 'unknown' OR type = 'annotated')",
		"2|1\n");
	info = hw_process_text(0, HW_ARGUMENTS(HW_HOLDWAIT, "info", run.file));
	cr_expect(strstr(info, "\n  declared   5 lock orders\n"), "%s", info);
	free(info);
	hw_preloaded_finish(&run);
}
EVERYWHERE(orders)

/* What the child declares is not yet known to be shared. */
static void expect_orders_shared(const char *fixture)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(fixture, "orders_shared"));
	hw_preloaded_expect(&run,
		"SELECT thread, a.generation, b.address - a.address = 40 FROM declared_order d"
		" JOIN object a ON a.id = first JOIN object b ON b.id = second ORDER BY thread",
		"1|0|1\n2|0|0\n");
	hw_preloaded_expect(&run,
		"SELECT count(*), count(process) FROM object WHERE kind <> 'thread'", "2|0\n");
	hw_preloaded_finish(&run);
}
EVERYWHERE(orders_shared)

static void expect_forked(const char *fixture)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(fixture, "forked"));
	hw_preloaded_expect(&run,
		"SELECT o.process, o.kind, group_concat(op, ' ') FROM event e"
		" JOIN object o ON o.id = e.object WHERE type = 'annotated' GROUP BY o.id",
		"1|rwlock|lock unlock lock unlock\n"
		"2|mutex|lock unlock\n");
	hw_preloaded_finish(&run);
}
EVERYWHERE(forked)

Test(interpose_annotate, from_cxx)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(HW_FIXTURE("annotated_cxx")));
	hw_process_expect_output(&run.process, "taken: 1\nsum 3\n");
	hw_preloaded_expect(&run,
		"SELECT e.thread, op, how FROM event e JOIN object o ON o.id = e.object"
		" WHERE type = 'annotated' ORDER BY time_ns",
		"1|lock|\n1|lock|try\n1|fail|\n1|unlock|\n1|unlock|\n"
		"2|lock|\n2|unlock|\n"
		"1|lock|\n1|unlock|\n");
	hw_preloaded_expect(&run,
		"SELECT a.type, b.type FROM declared_order d JOIN object a ON a.id = first"
		" JOIN object b ON b.id = second WHERE a.id < b.id",
		"annotated|annotated\n");
	hw_preloaded_finish(&run);
}
