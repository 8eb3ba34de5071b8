/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "analyzer/verb.h"

static void expect_guess(const char *word, const char *verb)
{
	const struct hw_verb *guess = hw_verb_guess(word);

	if (!verb) {
		cr_assert_null(guess, "%s is not like %s", word, guess->name);
		return;
	}
	cr_assert_not_null(guess, "%s", word);
	cr_assert_str_eq(guess->name, verb);
}

Test(verb, finds_verbs_only_by_their_full_names)
{
	cr_assert_str_eq(hw_verb_find("report")->name, "report");
	cr_assert_null(hw_verb_find("repor"));
	cr_assert_null(hw_verb_find(""));
}

Test(verb, guesses_what_was_meant)
{
	expect_guess("reprot", "report");
	expect_guess("reports", "report");
	expect_guess("grpah", "graph");
	expect_guess("inof", "info");
	expect_guess("logs", "log");
	expect_guess("lgo", "log");
}

Test(verb, does_not_guess_wildly)
{
	expect_guess("philosophers", NULL);
	expect_guess("xyz", NULL);
	expect_guess("a", NULL);
}
