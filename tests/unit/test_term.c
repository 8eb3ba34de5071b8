/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>

#include "analyzer/term.h"

static FILE *terminal, *file;

/* The slave of a pseudo terminal is a terminal like any other. */
static void setup(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	cr_assert_geq(master, 0);
	cr_assert_eq(grantpt(master), 0);
	cr_assert_eq(unlockpt(master), 0);
	terminal = fopen(ptsname(master), "w");
	cr_assert_not_null(terminal);
	file = tmpfile();
	unsetenv("NO_COLOR");
	unsetenv("CLICOLOR_FORCE");
	setenv("TERM", "xterm", 1);
}

TestSuite(term, .init = setup);

Test(term, colours_are_for_terminals)
{
	cr_assert(hw_term_of(terminal, HW_COLOR_AUTO).colors);
	cr_assert_not(hw_term_of(file, HW_COLOR_AUTO).colors);
}

Test(term, option_decides_first)
{
	setenv("NO_COLOR", "1", 1);
	cr_assert(hw_term_of(file, HW_COLOR_ALWAYS).colors);
	unsetenv("NO_COLOR");
	setenv("CLICOLOR_FORCE", "1", 1);
	cr_assert_not(hw_term_of(terminal, HW_COLOR_NEVER).colors);
}

Test(term, no_color_means_none)
{
	setenv("NO_COLOR", "1", 1);
	cr_assert_not(hw_term_of(terminal, HW_COLOR_AUTO).colors);
	setenv("CLICOLOR_FORCE", "1", 1);
	cr_assert_not(hw_term_of(terminal, HW_COLOR_AUTO).colors);
	setenv("NO_COLOR", "", 1);
	cr_assert(hw_term_of(terminal, HW_COLOR_AUTO).colors, "an empty value does not count");
}

Test(term, clicolor_force_means_always)
{
	setenv("CLICOLOR_FORCE", "1", 1);
	cr_assert(hw_term_of(file, HW_COLOR_AUTO).colors);
	setenv("CLICOLOR_FORCE", "0", 1);
	cr_assert_not(hw_term_of(file, HW_COLOR_AUTO).colors);
}

Test(term, dumb_terminals_have_no_colours)
{
	setenv("TERM", "dumb", 1);
	cr_assert_not(hw_term_of(terminal, HW_COLOR_AUTO).colors);
	unsetenv("TERM");
	cr_assert_not(hw_term_of(terminal, HW_COLOR_AUTO).colors);
}

Test(term, styles_are_empty_without_colours)
{
	struct hw_term plain = { .colors = false }, colored = { .colors = true };

	cr_assert_str_eq(hw_term_begin(&plain, HW_STYLE_DEADLOCK), "");
	cr_assert_str_eq(hw_term_end(&plain), "");
	cr_assert_str_neq(hw_term_begin(&colored, HW_STYLE_DEADLOCK), "");
	cr_assert_str_neq(hw_term_end(&colored), "");
}
