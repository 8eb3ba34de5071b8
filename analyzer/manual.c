/* SPDX-License-Identifier: MIT */
#include "analyzer/manual.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/places.h"
#include "trace/memory.h"

/* Where the page is, or NULL. The caller frees it. */
static char *find_page(const char *page)
{
	static const char *const folders[] = { "../man", "../" HW_MANDIR "/man1" };
	char *own = hw_places_own_folder(), *path = NULL;

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && !path; i++) {
		path = hw_xasprintf("%s/%s/%s.1", own, folders[i], page);
		if (access(path, R_OK) < 0) {
			free(path);
			path = NULL;
		}
	}
	free(own);
	return path;
}

/* Run a program; whether it was there and content. */
static bool run(const char *const *arguments)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		execvp(arguments[0], (char *const *)arguments);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return child > 0 && status == 0;
}

int hw_manual_show(const char *page, struct hw_error *error)
{
	char *path = find_page(page);
	bool shown;

	if (path)
		shown = run((const char *const[]){ "man", "-l", path, NULL }) ||
			run((const char *const[]){ "mandoc", "-a", path, NULL });
	else
		shown = run((const char *const[]){ "man", "1", page, NULL });
	free(path);
	if (shown)
		return 0;
	hw_error_set(error, -ENOENT, "cannot show the manual page '%s'", page);
	hw_error_hint(error, "install man-db or mandoc");
	return -ENOENT;
}
