/* SPDX-License-Identifier: MIT */
#include "tests/e2e/terminal.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The terminal stays the user's: each session is as it is without holdwait. */

#define PROGRAM HW_BUILD_DIR "/tests/fixtures/terminals"
#define COMMANDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* What a test does at a terminal; what is on the screen at its end is compared. */
typedef void session(struct hw_terminal *terminal);

static char *screen_of(session *what, const char *verb)
{
	struct hw_terminal terminal;
	char *screen;

	hw_terminal_start(&terminal, verb);
	what(&terminal);
	screen = strndup(terminal.screen, terminal.seen);
	hw_terminal_finish(&terminal);
	return screen;
}

static void compare(session *what)
{
	char *without = screen_of(what, NULL);

	for (int i = 0; i < 2; i++) {
		const char *verb = i ? "run" : "record";
		char *with = screen_of(what, verb);

		cr_expect_str_eq(with, without, "with holdwait %s:\n%s\nwithout:\n%s", verb, with,
			without);
		free(with);
	}
	free(without);
}

static void expect_prompt(struct hw_terminal *terminal)
{
	hw_terminal_expect(terminal, HW_TERMINAL_PROMPT);
}

Test(terminal, a_program_finds_what_it_would_find)
{
	hw_terminal_compare("record", COMMANDS("$H " PROGRAM " look", "$H " PROGRAM " look | cat",
		"echo keys | $H " PROGRAM " look 2>/dev/null",
		"(nice -n 7 ionice -c 3 $H " PROGRAM " look)",
		"(ulimit -c 4096 -n 50 -s 5000 -t 99; umask 027; $H " PROGRAM " look)",
		"(chrt -b 0 taskset -c 0 $H " PROGRAM " look)",
		"(echo 500 >/proc/self/oom_score_adj; cd /; $H " PROGRAM " look)",
		"(exec 7</dev/null 9>&1; trap '' HUP USR1 CHLD TSTP; $H " PROGRAM " look)"));
}

Test(terminal, the_status_is_the_program_s)
{
	hw_terminal_compare("record", COMMANDS("$H " PROGRAM " none; echo $?",
		"$H " PROGRAM " end 2; echo $?", "$H " PROGRAM " end 9; echo $?",
		"$H " PROGRAM " end 15; echo $?", "$H " PROGRAM " end 13; echo $?",
		"$H " PROGRAM " end 34; echo $?", "! $H " PROGRAM " end 10; echo $?"));
}

/* The core is the program's, where it would be without; the shell is not told of another one. */
Test(terminal, the_core_is_the_program_s)
{
	struct hw_terminal terminal;
	char *cores;

	if (system("test \"$(cat /proc/sys/kernel/core_pattern)\" = core"))
		cr_skip_test("cores go elsewhere on this machine");
	hw_terminal_start(&terminal, "record");
	free(hw_terminal_command(&terminal, "ulimit -c unlimited"));
	free(hw_terminal_command(&terminal, "$H " PROGRAM " end 6"));
	/* Only the program has the library in its memory. */
	cores = hw_terminal_command(&terminal,
		"ls | grep -c '^core'; grep -qaP 'libholdwait[.]so\\x00' core*; echo $?");
	cr_expect_str_eq(cores, "1\r\n0\r\n", "%s", cores);
	free(cores);
	hw_terminal_finish(&terminal);
}

static void stop_and_go_on(struct hw_terminal *terminal)
{
	static const int stops[] = { SIGTSTP, SIGSTOP, SIGTTIN };
	char command[256];

	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
		snprintf(command, sizeof(command), "$H " PROGRAM " stop %d\n", stops[i]);
		hw_terminal_type(terminal, command);
		hw_terminal_expect(terminal, "Stopped");
		expect_prompt(terminal);
		free(hw_terminal_command(terminal, "jobs -s"));
		hw_terminal_type(terminal, "fg\n");
		hw_terminal_expect(terminal, "continued");
		expect_prompt(terminal);
	}
}

Test(terminal, a_program_that_stops_is_a_stopped_job)
{
	compare(stop_and_go_on);
}

static void press_keys(struct hw_terminal *terminal)
{
	hw_terminal_type(terminal, "$H cat\n");
	hw_terminal_type(terminal, "a line\n");
	hw_terminal_expect(terminal, "a line\r\na line\r\n");
	hw_terminal_type(terminal, "\x1a");
	hw_terminal_expect(terminal, "Stopped");
	expect_prompt(terminal);
	hw_terminal_type(terminal, "fg\n");
	hw_terminal_expect(terminal, "cat\r\n");
	hw_terminal_type(terminal, "another\n");
	hw_terminal_expect(terminal, "another\r\nanother\r\n");
	hw_terminal_type(terminal, "\x1a");
	hw_terminal_expect(terminal, "Stopped");
	expect_prompt(terminal);
	hw_terminal_type(terminal, "fg\n");
	hw_terminal_expect(terminal, "cat\r\n");
	hw_terminal_type(terminal, "third\n");
	hw_terminal_expect(terminal, "third\r\nthird\r\n");
	hw_terminal_type(terminal, "\x03");
	expect_prompt(terminal);
	free(hw_terminal_command(terminal, "echo $?"));
}

Test(terminal, keys_stop_and_end_a_program)
{
	compare(press_keys);
}

static void press_raw_keys(struct hw_terminal *terminal)
{
	hw_terminal_type(terminal, "$H " PROGRAM " raw\n");
	hw_terminal_expect(terminal, "reads keys\r\n");
	hw_terminal_type(terminal, "a\x03\x1a\x1c\x04\x11\x13q");
	expect_prompt(terminal);
	free(hw_terminal_command(terminal, "stty -g"));
}

/* Ctrl-C, Ctrl-Z and Ctrl-\ are keys like others to a program that reads them itself. */
Test(terminal, raw_keys_are_the_program_s)
{
	compare(press_raw_keys);
}

static void change_size(struct hw_terminal *terminal)
{
	hw_terminal_type(terminal, "$H " PROGRAM " signals\n");
	hw_terminal_expect(terminal, "waiting\r\n");
	hw_terminal_resize(terminal, 50, 132);
	hw_terminal_expect(terminal, "50 lines of 132 columns\r\n");
	hw_terminal_type(terminal, "\x03");
	hw_terminal_expect(terminal, "signal 2\r\n");
	hw_terminal_type(terminal, "\x1a");
	hw_terminal_expect(terminal, "signal 20\r\n");
	hw_terminal_type(terminal, "\x1c");
	hw_terminal_expect(terminal, "signal 3\r\n");
	expect_prompt(terminal);
}

Test(terminal, what_the_terminal_sends_comes_once)
{
	compare(change_size);
}

/* Sent to holdwait alone, by a shell that knows of nothing else. */
static void kill_job(struct hw_terminal *terminal)
{
	static const char *const names[] = { "HUP", "INT", "TERM", "USR1", "USR2", "TSTP", "QUIT" };

	hw_terminal_type(terminal, "{ $H " PROGRAM " signals & } 2>/dev/null\n");
	hw_terminal_expect(terminal, "waiting\r\n");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char command[32];

		snprintf(command, sizeof(command), "kill -%s $!\n", names[i]);
		hw_terminal_type(terminal, command);
		hw_terminal_expect(terminal, "signal ");
		hw_terminal_expect(terminal, "\r\n");
	}
}

static char *numbers_in(const char *screen)
{
	char *numbers = NULL;
	size_t bytes;
	FILE *stream = open_memstream(&numbers, &bytes);

	for (const char *at = screen; (at = strstr(at, "signal ")); at++)
		if (atoi(at + 7))
			fprintf(stream, "%d ", atoi(at + 7));
	fclose(stream);
	return numbers;
}

Test(terminal, what_is_sent_to_holdwait_is_passed_on)
{
	char *screen = screen_of(kill_job, "record"), *numbers = numbers_in(screen);

	cr_expect_str_eq(numbers, "1 2 15 10 12 20 3 ", "%s", screen);
	free(numbers);
	free(screen);
}

/* As a script starts what runs in the background; but this program wants to know. */
static void kill_ignoring(struct hw_terminal *terminal)
{
	hw_terminal_type(terminal, "{ (trap '' INT HUP; exec $H " PROGRAM
		" signals) & } 2>/dev/null\n");
	hw_terminal_expect(terminal, "waiting\r\n");
	hw_terminal_type(terminal, "kill -INT $!\n");
	hw_terminal_expect(terminal, "signal 2\r\n");
	hw_terminal_type(terminal, "kill -HUP $!\n");
	hw_terminal_expect(terminal, "signal 1\r\n");
	hw_terminal_type(terminal, "kill -QUIT $!\n");
	hw_terminal_expect(terminal, "signal 3\r\n");
}

Test(terminal, what_was_ignored_at_first_is_passed_on)
{
	char *screen = screen_of(kill_ignoring, "record");

	free(screen);
}

static void signal_own_group(struct hw_terminal *terminal)
{
	free(hw_terminal_command(terminal, "$H " PROGRAM " group 15"));
	free(hw_terminal_command(terminal, "$H " PROGRAM " group 10"));
	free(hw_terminal_command(terminal, "$H bash -c '" PROGRAM " group 1'"));
}

Test(terminal, what_the_program_sends_to_its_group_does_not_come_back)
{
	compare(signal_own_group);
}

/* Ctrl-\ goes to the program, which may go on; and tells who waits for whom. */
Test(terminal, quit_key_tells_who_waits)
{
	struct hw_terminal terminal;

	hw_terminal_start(&terminal, "record");
	/* A stall is told once, and then whenever the key is pressed. */
	free(hw_terminal_command(&terminal, "H=\"${H% --} --stall=0.001 --\""));
	hw_terminal_type(&terminal, "$H " PROGRAM " block\n");
	for (int i = 0; i < 3; i++) {
		hw_terminal_expect(&terminal, "HW004");
		hw_terminal_expect(&terminal, "\n");
		if (i < 2)
			hw_terminal_type(&terminal, "\x1c");
	}
	hw_terminal_type(&terminal, "\x1a");
	expect_prompt(&terminal);
	hw_terminal_type(&terminal, "kill -USR1 %1; fg\n");
	hw_terminal_expect(&terminal, "2 times SIGQUIT\r\n");
	expect_prompt(&terminal);
	hw_terminal_finish(&terminal);
}

static void need(const char *program)
{
	char command[64];

	snprintf(command, sizeof(command), "command -v %s >/dev/null", program);
	if (system(command))
		cr_skip_test("'%s' is not installed", program);
}

/* The program's file is what was typed, and the terminal is as it was. */
static void edit(const char *verb)
{
	struct hw_terminal terminal;
	char *before, *after, *text;

	hw_terminal_start(&terminal, verb);
	before = hw_terminal_command(&terminal, "stty -g");
	hw_terminal_type(&terminal, "$H vi -u NONE -N -n text\n");
	hw_terminal_expect(&terminal, "~");
	hw_terminal_type(&terminal, "ifirst\r\x16\x1c\x1b:set columns?\r");
	hw_terminal_expect(&terminal, "columns=80");
	hw_terminal_resize(&terminal, 40, 99);
	hw_terminal_expect(&terminal, "first");
	hw_terminal_expect(&terminal, "\x1b[2;1H");
	hw_terminal_type(&terminal, ":set columns?\r");
	hw_terminal_expect(&terminal, "columns=99");
	hw_terminal_type(&terminal, "\x1a");
	hw_terminal_expect(&terminal, "Stopped");
	expect_prompt(&terminal);
	hw_terminal_type(&terminal, "fg\n");
	hw_terminal_expect(&terminal, "first");
	hw_terminal_type(&terminal, ":r !echo from a shell\r");
	hw_terminal_expect(&terminal, "from a shell");
	hw_terminal_type(&terminal, ":wq\r");
	expect_prompt(&terminal);
	text = hw_terminal_command(&terminal, "cat -v text");
	cr_expect_str_eq(text, "first\r\n^\\\r\nfrom a shell\r\n", "%s", text);
	after = hw_terminal_command(&terminal, "stty -g");
	cr_expect_str_eq(before, after);
	free(before);
	free(after);
	free(text);
	hw_terminal_finish(&terminal);
}

Test(terminal, an_editor_works)
{
	need("vi");
	edit(NULL);
	edit("record");
	edit("run");
}

static void page(const char *verb)
{
	struct hw_terminal terminal;
	char *before, *after;

	hw_terminal_start(&terminal, verb);
	before = hw_terminal_command(&terminal, "seq -f 'line %g.' 1000 >text; stty -g");
	hw_terminal_type(&terminal, "$H less text\n");
	hw_terminal_expect(&terminal, "line 23.");
	hw_terminal_type(&terminal, " ");
	hw_terminal_expect(&terminal, "line 46.");
	hw_terminal_type(&terminal, "\x1a");
	hw_terminal_expect(&terminal, "Stopped");
	expect_prompt(&terminal);
	hw_terminal_type(&terminal, "fg\n");
	hw_terminal_expect(&terminal, "line 46.");
	hw_terminal_type(&terminal, "G");
	hw_terminal_expect(&terminal, "line 1000.");
	hw_terminal_type(&terminal, "q");
	expect_prompt(&terminal);
	after = hw_terminal_command(&terminal, "stty -g");
	cr_expect_str_eq(before, after);
	free(before);
	free(after);
	hw_terminal_finish(&terminal);
}

Test(terminal, a_pager_works)
{
	need("less");
	page(NULL);
	page("record");
	page("run");
}

/* A shell in a shell: jobs of its own, and it is a job itself. */
static void shell_in_shell(struct hw_terminal *terminal)
{
	hw_terminal_type(terminal, "PS1=inner\\>\\  $H bash --norc --noprofile --noediting -i\n");
	hw_terminal_expect(terminal, "inner> ");
	hw_terminal_type(terminal, "cat\n");
	hw_terminal_expect(terminal, "cat\r\n");
	hw_terminal_type(terminal, "mew\n");
	hw_terminal_expect(terminal, "mew\r\nmew\r\n");
	hw_terminal_type(terminal, "\x1a");
	hw_terminal_expect(terminal, "Stopped");
	hw_terminal_expect(terminal, "inner> ");
	hw_terminal_type(terminal, "fg\n");
	hw_terminal_expect(terminal, "cat\r\n");
	hw_terminal_type(terminal, "more\n");
	hw_terminal_expect(terminal, "more\r\nmore\r\n");
	hw_terminal_type(terminal, "\x03");
	hw_terminal_expect(terminal, "inner> ");
	hw_terminal_type(terminal, "echo $?\n");
	hw_terminal_expect(terminal, "130\r\ninner> ");
	hw_terminal_type(terminal, "suspend\n");
	hw_terminal_expect(terminal, "Stopped");
	expect_prompt(terminal);
	hw_terminal_type(terminal, "fg\n");
	hw_terminal_expect(terminal, "inner> ");
	hw_terminal_type(terminal, "cat; exit 7\n");
	hw_terminal_expect(terminal, "exit 7\r\n");
	hw_terminal_type(terminal, "last\n");
	hw_terminal_expect(terminal, "last\r\nlast\r\n");
	hw_terminal_type(terminal, "\x04");
	expect_prompt(terminal);
	free(hw_terminal_command(terminal, "echo $?; stty -g"));
}

Test(terminal, a_shell_has_its_jobs)
{
	compare(shell_in_shell);
}
