/* SPDX-License-Identifier: MIT */
#include "demos/progress_bar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char cells[] = "========================================";

enum { WIDEST_BAR = sizeof(cells) - 1, NARROWEST_BAR = 4, USUAL_WIDTH = 80 };

static const char to_start_and_clear[] = "\r\033[K";
static const char green[] = "\033[32m", red[] = "\033[31m", plain[] = "\033[0m";

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value;
}

static unsigned terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return USUAL_WIDTH;
	return size.ws_col;
}

/* In one write, so that nothing another process prints gets in between. */
static void show(const char *text, size_t length)
{
	if (write(STDERR_FILENO, text, length) < 0)
		return; /* a bar that nobody can see is no failure */
}

void progress_bar_start(struct progress_bar *bar, const char *label, unsigned total)
{
	const char *terminal = getenv("TERM");

	*bar = (struct progress_bar){ .total = total };
	snprintf(bar->label, sizeof(bar->label), "%s", label);
	bar->visible = isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
	bar->coloured = !is_set("NO_COLOR");
	progress_bar_draw(bar, 0, 0, 0);
}

void progress_bar_draw(
	const struct progress_bar *bar, unsigned done, unsigned failed, uint64_t bytes)
{
	char numbers[80], line[256];
	int numbers_width, room, width, filled;

	if (!bar->visible)
		return;
	numbers_width = snprintf(
		numbers, sizeof(numbers), "%u/%u  %.1f MB", done, bar->total, (double)bytes / 1e6);
	if (failed)
		numbers_width += snprintf(numbers + numbers_width,
			sizeof(numbers) - (size_t)numbers_width, "  %u failed", failed);

	/* "label [=====     ] numbers", and the last column stays free. */
	room = (int)terminal_width() - (int)strlen(bar->label) - numbers_width - 5;
	if (room < NARROWEST_BAR) {
		snprintf(line, sizeof(line), "%s%s", to_start_and_clear, numbers);
	} else {
		width = room > WIDEST_BAR ? WIDEST_BAR : room;
		filled = (int)((int64_t)width * done / bar->total);
		snprintf(line, sizeof(line), "%s%s [%s%.*s%s%*s] %s", to_start_and_clear,
			bar->label,
			!bar->coloured ? ""
			: failed       ? red
				       : green,
			filled, cells, bar->coloured ? plain : "", width - filled, "", numbers);
	}
	show(line, strlen(line));
}

void progress_bar_clear(const struct progress_bar *bar)
{
	if (bar->visible)
		show(to_start_and_clear, strlen(to_start_and_clear));
}
