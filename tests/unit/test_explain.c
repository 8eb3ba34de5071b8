/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>

#include "analyzer/explain.h"
#include "analyzer/finding.h"

Test(explain, finds_pages_in_any_case_but_only_whole_names)
{
	cr_assert_str_eq(hw_explain_find("HW001")->topic, "HW001");
	cr_assert_str_eq(hw_explain_find("hw012")->topic, "HW012");
	cr_assert_str_eq(hw_explain_find("Predicted")->topic, "predicted");
	cr_assert_null(hw_explain_find("HW00"));
	cr_assert_null(hw_explain_find("HW0011"));
	cr_assert_null(hw_explain_find(""));
}

Test(explain, has_what_reports_name)
{
	cr_assert_not_null(hw_explain_find(hw_finding_rule_name(HW_RULE_SELF_DEADLOCK)));
	for (int v = HW_VERDICT_DEADLOCK; v <= HW_VERDICT_RULED_OUT; v++) {
		const struct hw_finding finding = { .verdict = (enum hw_verdict)v };
		const char *name = hw_finding_verdict_name(finding.verdict);

		cr_assert_not_null(
			hw_explain_find(name ? name : hw_finding_headline(&finding)));
	}
}

Test(explain, pages_begin_with_their_topic)
{
	for (const struct hw_explanation *e = hw_explanations; e->topic; e++) {
		size_t length = strlen(e->topic);

		cr_expect_eq(strncmp(e->text, e->topic, length), 0, "%s", e->topic);
		cr_expect_eq(strncmp(e->text + length, "  ", 2), 0, "%s", e->topic);
		cr_expect_eq((size_t)hw_explain_headline_length(e),
			(size_t)(strchr(e->text, '\n') - e->text), "%s", e->topic);
		cr_expect_eq(hw_explain_find(e->topic), e, "%s is there twice", e->topic);
	}
}

/* A name from `text` on, up to the next comma or blank. */
static void expect_page(const char *text, size_t length, const char *whose)
{
	char name[32];

	cr_assert_lt(length, sizeof(name), "%s", whose);
	memcpy(name, text, length);
	name[length] = '\0';
	cr_expect_not_null(hw_explain_find(name), "%s refers to '%s'", whose, name);
}

Test(explain, pages_refer_to_pages)
{
	for (const struct hw_explanation *e = hw_explanations; e->topic; e++) {
		const char *at = strstr(e->text, "\nSee also\n");

		cr_assert_not_null(at, "%s has no references", e->topic);
		for (at += strlen("\nSee also\n"); *at;) {
			size_t length;

			at += strspn(at, " ,\n");
			length = strcspn(at, " ,\n");
			if (length)
				expect_page(at, length, e->topic);
			at += length;
		}
	}
}
