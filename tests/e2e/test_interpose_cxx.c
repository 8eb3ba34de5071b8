/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"

#include <criterion/criterion.h>

/* C++ programs and plugins; what runs before main and after it. */

/* Only to what the plugin has in its own memory: its libraries have more. */
static const char done_to[] =
	"SELECT object.kind, op, how, event.mode, count(*) FROM event "
	"JOIN object ON object.id = object JOIN module ON module.id = object.module "
	"WHERE path LIKE '%plugin%' AND op <> 'wait' AND coalesce(how, '') <> 'reacquire' "
	"GROUP BY object, op, how, event.mode ORDER BY object.kind, object.id, op, how, event.mode";

/*
 * The plugin's exceptions go through the compiler's unwinder, whatever that is called, and release
 * what they held.
 */
Test(interpose_cxx, plugin_throws)
{
	static const char host[] = HW_FIXTURE("host"), plugin[] = HW_FIXTURE("plugin.so");
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(host, plugin));
	hw_process_expect_output(&run.process, "caught 20000\n");
	/* Which one, is compared with what the fixture prints without the library. */
	hw_process_expect_output(&run.process, "unwinder lib");
	/* All of them end with the plugin. */
	hw_preloaded_expect(&run, done_to,
		"mutex|destroy|freed||1\n"
		"mutex|lock|||20003\n"
		"mutex|unlock|||20003\n"
		"mutex|destroy|freed||1\n"
		"mutex|lock|timed||1\n"
		"mutex|unlock|||1\n"
		"mutex|destroy|freed||1\n"
		"mutex|lock|||2\n"
		"mutex|lock|try||1\n"
		"mutex|unlock|||3\n"
		"once|destroy|freed||1\n"
		"once|once_begin|||3\n"
		"once|once_end|||3\n"
		"rwlock|destroy|freed||1\n"
		"rwlock|lock|||1\n"
		"rwlock|lock||shared|1\n"
		"rwlock|unlock|||2\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM hold", "0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_cxx, before_main_and_after)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(HW_FIXTURE("late")));
	/* Three times in the library's constructor, call and destructor, once by its thread. */
	hw_preloaded_expect(&run,
		"SELECT what, count(*) FROM told WHERE what LIKE '%mutex%' GROUP BY what ORDER BY "
		"what",
		"lock mutex1|4\n"
		"lock mutex2|4\n"
		"unlock mutex1|4\n"
		"unlock mutex2|4\n");
	/* The last one after the end of main, in the library that was loaded first. */
	hw_preloaded_expect(&run, "SELECT what FROM told WHERE thread = 1 ORDER BY id DESC LIMIT 3",
		"unlock mutex1\n"
		"lock mutex1\n"
		"unlock mutex2\n");
	hw_preloaded_finish(&run);
}
