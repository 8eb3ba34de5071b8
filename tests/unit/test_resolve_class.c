/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/path.h"
#include "tests/unit/names/sample.h"
#include "trace/memory.h"

Test(resolve_class, classes_by_place_of_creation)
{
	struct scenario s;

	scenario_init(&s);
	sample_stacks(&s);
	scenario_sql(&s,
		"INSERT INTO object (id, kind, create_stack, initialised, create_ns) VALUES"
		" (1, 'mutex', 2, 1, 0), (2, 'mutex', 4, 1, 0), (3, 'mutex', 3, 1, 0),"
		" (4, 'mutex', 2, 0, 0), (5, 'rwlock', 2, 1, 0), (6, 'mutex', 2, 1, 0)");
	sample_resolve(&s);
	EXPECT(&s, "mutex created bank:take:42<bank:main:7",
		"SELECT key FROM class JOIN object o ON o.class = class.id WHERE o.id = 1");
	EXPECT(&s, "mutex created at take (pool.c:42)",
		"SELECT class.name FROM class JOIN object o ON o.class = class.id WHERE o.id = 1");
	EXPECT(&s, "1,2,6",
		"SELECT group_concat(id) FROM object WHERE class ="
		" (SELECT class FROM object WHERE id = 1)");
	EXPECT(&s, "4", "SELECT count(DISTINCT class) FROM object");
	EXPECT(&s, "mutex first used at take (pool.c:42)",
		"SELECT class.name FROM class JOIN object o ON o.class = class.id WHERE o.id = 4");
	EXPECT(&s, "0", "SELECT count(*) FROM object WHERE name IS NOT NULL");
	scenario_finish(&s);
}

Test(resolve_class, classes_of_named_semaphores_and_threads)
{
	struct scenario s;

	scenario_init(&s);
	sample_stacks(&s);
	/* The scenario's process has pid 1001. */
	scenario_sql(&s, "INSERT INTO object (id, kind, name, create_stack, create_ns) VALUES"
			 " (1, 'sem', '/queue-1001', 2, 0), (2, 'thread', NULL, NULL, 0),"
			 " (3, 'thread', NULL, NULL, 0)");
	scenario_sql(&s, "INSERT INTO thread (process, tid, number, create_stack, object, start_ns)"
			 " VALUES (1, 1, 1, NULL, 2, 0), (1, 2, 2, 3, 3, 0)");
	sample_resolve(&s);
	EXPECT(&s, "sem named /queue-<pid>",
		"SELECT key FROM class JOIN object o ON o.class = class.id WHERE o.id = 1");
	EXPECT(&s, "/queue-1001", "SELECT name FROM object WHERE id = 1");
	EXPECT(&s, "thread main bank",
		"SELECT key FROM class JOIN object o ON o.class = class.id WHERE o.id = 2");
	EXPECT(&s, "thread created at take (pool.c:43)",
		"SELECT class.name FROM class JOIN object o ON o.class = class.id WHERE o.id = 3");
	scenario_finish(&s);
}

/* The same code in another folder, loaded and recorded anew: every key must be the same. */
Test(resolve_class, keys_do_not_depend_on_folders)
{
	struct sample here, there;
	char directory[] = "/tmp/holdwait_resolve_XXXXXX", *command;
	char *keys[2];

	cr_assert_not_null(mkdtemp(directory));
	sample_init(&here);
	sample_init(&there);
	command = hw_xasprintf("cp -r '%s/.' %s", HW_NAMES_DIR, directory);
	cr_assert_eq(system(command), 0);
	free(command);
	scenario_sql(&there.scenario, "UPDATE module SET path = replace(path, %Q, %Q)",
		HW_NAMES_DIR, directory);
	sample_resolve(&here.scenario);
	sample_resolve(&there.scenario);
	keys[0] = sample_query(&here.scenario, "SELECT group_concat(key) FROM class");
	keys[1] = sample_query(&there.scenario, "SELECT group_concat(key) FROM class");
	cr_expect_gt(strlen(keys[0]), 100);
	cr_expect_str_eq(keys[0], keys[1]);
	cr_expect_null(strstr(keys[0], "/tmp"));
	command = hw_xasprintf("rm -r %s", directory);
	cr_assert_eq(system(command), 0);
	free(command);
	free(keys[0]);
	free(keys[1]);
	sample_finish(&here);
	sample_finish(&there);
}

/* Lines count from the start of their function, so an edit elsewhere in the file moves nothing. */
Test(resolve_class, keys_have_lines_inside_of_functions)
{
	struct sample sample;
	struct scenario *s = &sample.scenario;
	char *module;
	size_t i = 0;

	sample_init(&sample);
	while (i < sample.list.count &&
		(sample.list.items[i].depth != DEPTH_ALL || !sample.list.items[i].is_frame ||
			strncmp(sample.list.items[i].chain, "leaf:", 5) != 0))
		i++;
	if (i == sample.list.count)
		cr_skip("no C compiler");
	scenario_sql(s, "INSERT INTO stack VALUES (1, NULL, %lld, 0)", (int64_t)i + 1);
	scenario_sql(s, "INSERT INTO object (id, kind, create_stack, initialised, create_ns)"
			" VALUES (100000, 'mutex', 1, 1, 0)");
	module = hw_xasprintf("%s:", hw_path_base(sample.list.items[i].module));
	sample_resolve(s);
	EXPECT(s, "mutex created leaf+2<middle+3<outer+4",
		"SELECT replace(key, %Q, '') FROM class JOIN object o ON o.class = class.id"
		" WHERE o.id = 100000",
		module);
	free(module);
	sample_finish(&sample);
}
