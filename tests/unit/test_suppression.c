/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/suppression.h"
#include "tests/unit/reported.h"

static char folder[] = "/tmp/holdwait-test.XXXXXX";
static struct hw_suppressions suppressions;
static struct reported r;

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	cr_assert_not_null(file);
	fputs(text, file);
	cr_assert_eq(fclose(file), 0);
}

static int load(const char *text, struct hw_error *error)
{
	write_file("rules", text);
	return hw_suppressions_load(&suppressions, "rules", error);
}

/* Work in a folder of its own, on a reader that takes a and then b, and a writer. */
static void setup(void)
{
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
	reported_init(&r);
	reported_inversion(&r);
	free(reported_write(&r, "text"));
	cr_assert_eq(r.analysis.finding_count, 1);
}

static void teardown(void)
{
	char *command = NULL;

	hw_suppressions_finish(&suppressions);
	reported_finish(&r);
	cr_assert_eq(chdir("/"), 0);
	cr_assert_geq(asprintf(&command, "rm -rf %s", folder), 0);
	cr_assert_eq(system(command), 0);
	free(command);
}

TestSuite(suppression, .init = setup, .fini = teardown);

static bool suppresses(const char *text)
{
	struct hw_error error;
	bool result;

	cr_assert_eq(load(text, &error), 0, "%s", error.message);
	result = hw_suppressions_match(&suppressions, &r.model, &r.analysis.findings[0]);
	hw_suppressions_finish(&suppressions);
	return result;
}

static void expect_refusal(const char *text, const char *message)
{
	struct hw_error error;

	cr_expect_lt(load(text, &error), 0, "%s", text);
	cr_expect_not_null(strstr(error.message, message), "no '%s' in '%s'", message,
		error.message);
	cr_expect_neq(error.hint[0], '\0', "%s", text);
}

Test(suppression, fits_by_id)
{
	char line[64];

	snprintf(line, sizeof(line), "  id\t%s  # known since spring\n",
		r.analysis.findings[0].id);
	cr_assert(suppresses(line));
	cr_assert_not(suppresses("id hw-00000000\n"));
}

Test(suppression, fits_by_rule)
{
	cr_assert(suppresses("rule HW001"));
	cr_assert_not(suppresses("rule HW002"));
}

Test(suppression, fits_by_class_as_a_whole)
{
	const struct hw_class *c =
		&r.model.classes[r.model.objects[r.analysis.findings[0].objects[0]].class_];
	char line[256];

	snprintf(line, sizeof(line), "class %s", c->key);
	cr_assert(suppresses(line));
	snprintf(line, sizeof(line), "class %s", c->name);
	cr_assert(suppresses(line));
	snprintf(line, sizeof(line), "class %s?", c->name);
	cr_assert_not(suppresses(line));
	cr_assert(suppresses("class *"));
	cr_assert_not(suppresses("class log"), "a lock that is only held meanwhile is none of it");
}

Test(suppression, fits_by_any_function_of_any_stack)
{
	const struct hw_finding_thread *t = &r.analysis.findings[0].threads[0];
	const char *outermost = NULL;
	char line[256];

	for (uint32_t s = t->stack; s != HW_NONE; s = r.model.stacks[s].parent)
		outermost = r.model.frames[r.model.stacks[s].frame].function;
	cr_assert_not_null(outermost);
	snprintf(line, sizeof(line), "function %s", outermost);
	cr_assert(suppresses(line));
	snprintf(line, sizeof(line), "function %.3s*", outermost);
	cr_assert(suppresses(line));
	cr_assert_not(suppresses("function no_such_function*"));
}

Test(suppression, all_conditions_of_a_line_have_to_fit)
{
	cr_assert(suppresses("rule HW001 and class * and function *"));
	cr_assert_not(suppresses("rule HW001 and function nowhere"));
	cr_assert_not(suppresses("class * and rule HW002"));
}

Test(suppression, blank_lines_and_comments_say_nothing)
{
	struct hw_error error;

	cr_assert_eq(load("\n# a comment\n   # another\n\t\n", &error), 0, "%s", error.message);
	cr_assert_eq(suppressions.count, 0);
	/* What is no comment: C++ numbers its lambdas so. */
	cr_assert_eq(load("function main::{lambda()#1}::operator()\n", &error), 0);
	cr_assert_str_eq(suppressions.all[0].text, "function main::{lambda()#1}::operator()");
}

Test(suppression, knows_which_lines_were_of_use)
{
	struct hw_error error;

	cr_assert_eq(load("rule HW009\n\nrule HW001\nclass *\n", &error), 0);
	cr_assert(hw_suppressions_match(&suppressions, &r.model, &r.analysis.findings[0]));
	cr_assert_eq(suppressions.count, 3);
	cr_assert_not(suppressions.all[0].used);
	cr_assert(suppressions.all[1].used);
	cr_assert(suppressions.all[2].used);
	cr_assert_eq(suppressions.all[1].line, 3);
	cr_assert_str_eq(suppressions.all[1].file, "rules");
}

Test(suppression, bad_lines_are_named)
{
	expect_refusal("rule HW001\nrulez HW001\n", "rules:2: 'rulez'");
	expect_refusal("rul HW001\n", "rules:1: 'rul'");
	expect_refusal("rule\n", "rules:1: nothing follows 'rule'");
	expect_refusal("rule hw1\n", "'hw1' is no rule");
	expect_refusal("id 5f3a91c2\n", "'5f3a91c2' is no id");
	expect_refusal("id hw-5f3a91c2x\n", "is no id");
	expect_refusal("rule HW001 and \n", "is no rule");
	expect_refusal("rule HW001 and and rule HW002\n", "'and' is nothing");
}

Test(suppression, a_file_that_cannot_be_read_is_an_error)
{
	struct hw_error error;

	cr_assert_lt(hw_suppressions_load(&suppressions, "missing", &error), 0);
	cr_assert_not_null(strstr(error.message, "'missing'"));
	cr_assert_lt(hw_suppressions_load(&suppressions, ".", &error), 0);
}

Test(suppression, the_file_is_found_upward)
{
	char *path, *own;

	cr_assert_eq(mkdir("deep", 0700), 0);
	cr_assert_eq(mkdir("deep/deeper", 0700), 0);
	write_file(HW_SUPPRESSION_FILE, "");
	own = realpath(HW_SUPPRESSION_FILE, NULL);
	cr_assert_eq(chdir("deep/deeper"), 0);
	path = hw_suppressions_find();
	cr_assert_str_eq(path, own);
	free(path);
	/* The nearest wins. */
	write_file("../" HW_SUPPRESSION_FILE, "");
	path = hw_suppressions_find();
	cr_assert_neq(strcmp(path, own), 0);
	cr_assert_not_null(strstr(path, "/deep/" HW_SUPPRESSION_FILE));
	free(path);
	free(own);
}
