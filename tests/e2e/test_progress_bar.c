/* SPDX-License-Identifier: MIT */
#include "tests/e2e/process.h"
#include "tests/e2e/scratch.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char clear_line[] = "\r\033[K";
static const char green[] = "\033[32m";

static void download(const char *out, const char *variable, const char *value)
{
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	if (variable)
		setenv(variable, value, 1);
	execl(HW_BUILD_DIR "/demos/download_procs", "download_procs", "--out", out, "--count=4",
		"--delay-ms=0", "--no-compare", NULL);
	_exit(127);
}

/* All that a download of four pictures writes to a terminal of so many columns, for free(). */
static char *download_on_terminal(unsigned short columns, const char *variable, const char *value)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	char *text = calloc(1, 65536);
	struct hw_scratch out;
	size_t length = 0;
	ssize_t got;
	int terminal, status;
	pid_t pid;

	cr_assert(text);
	hw_scratch_init(&out);
	pid = forkpty(&terminal, NULL, NULL, &size);
	cr_assert(pid >= 0, "no terminal: %s", strerror(errno));
	if (pid == 0)
		download(out.path, variable, value);
	do {
		got = read(terminal, text + length, 65535 - length);
		length += got > 0 ? (size_t)got : 0;
	} while (got > 0 || (got == -1 && errno == EINTR));
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(status, 0);
	close(terminal);
	hw_scratch_finish(&out);
	return text;
}

/* No part between two drawings may be wider than the terminal, or it would not be one line. */
static void expect_width(const char *text, unsigned columns)
{
	for (const char *line = strstr(text, clear_line); line; line = strstr(line, clear_line)) {
		unsigned width = 0;

		line += strlen(clear_line);
		for (const char *c = line; *c && *c != '\r'; c++) {
			if (*c == '\033')
				c = strchr(c, 'm');
			else
				width++;
		}
		cr_expect_leq(width, columns - 1, "%u wide: %s", width, line);
	}
}

Test(e2e, progress_bar_on_a_terminal)
{
	char *text = download_on_terminal(80, NULL, NULL);

	cr_expect(strstr(text, "] 0/4  0.0 MB"));
	cr_expect(strstr(text, "] 1/4  0.1 MB"));
	cr_expect(strstr(text, "========================================\033[0m] 4/4  0.3 MB"));
	cr_expect(strstr(text, green));
	cr_expect(strstr(text, "\r\033[K4 of 4 pictures"), "the bar is not taken away");
	free(text);
}

Test(e2e, progress_bar_without_colour)
{
	char *text = download_on_terminal(80, "NO_COLOR", "1");

	cr_expect(strstr(text, "[========================================] 4/4  0.3 MB"));
	cr_expect_null(strstr(text, "\033[3"));
	cr_expect_null(strstr(text, "\033[0"));
	free(text);
}

Test(e2e, progress_bar_on_a_dumb_terminal)
{
	char *text = download_on_terminal(80, "TERM", "dumb");

	cr_expect_null(strchr(text, '\033'), "got: %s", text);
	cr_expect(strstr(text, "4 of 4 pictures"));
	free(text);
}

Test(e2e, progress_bar_is_one_line)
{
	static const unsigned short widths[] = { 200, 80, 45, 32, 20 };

	for (unsigned i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		char *text = download_on_terminal(widths[i], NULL, NULL);

		cr_expect(strstr(text, "4/4  0.3 MB"));
		*strstr(text, "4 of 4 pictures") = '\0'; /* what follows may be longer */
		expect_width(text, widths[i]);
		free(text);
	}
}
