/* SPDX-License-Identifier: MIT */
#include "analyzer/program.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/obstacle.h"
#include "trace/memory.h"

static bool is_file(const char *path)
{
	struct stat status;

	return !stat(path, &status) && S_ISREG(status.st_mode);
}

static char *search_path(const char *name, int *ret_errno)
{
	const char *folders = getenv("PATH");

	*ret_errno = ENOENT;
	for (folders = folders ? folders : "/usr/bin:/bin"; *folders;) {
		size_t length = strcspn(folders, ":");
		char *path = hw_xasprintf("%.*s/%s", length ? (int)length : 1,
			length ? folders : ".", name);

		if (is_file(path)) {
			if (!access(path, X_OK))
				return path;
			*ret_errno = EACCES;
		}
		free(path);
		folders += length + (folders[length] == ':');
	}
	return NULL;
}

int hw_program_find(const char *name, char **ret_path, struct hw_error *error)
{
	char *path = NULL;
	int code = 0;

	if (!strchr(name, '/'))
		path = search_path(name, &code);
	else if (access(name, F_OK))
		code = errno;
	else if (!is_file(name) || access(name, X_OK))
		code = EACCES;
	else
		path = hw_xstrdup(name);
	if (path) {
		*ret_path = path;
		return 0;
	}
	if (code == ENOENT || code == ENOTDIR) {
		hw_error_set(error, -ENOENT, "cannot find the program '%s'", name);
		hw_error_hint(error, strchr(name, '/') ?
				"check the path" :
				"it is not in PATH; for a program in this folder write './%s'",
			name);
		return HW_EXIT_NOT_FOUND;
	}
	hw_error_set(error, -EACCES, "cannot execute '%s': %s", name,
		is_file(name) || !strchr(name, '/') ? "permission denied" : "not a file");
	hw_error_hint(error, "'chmod +x' makes a file executable; scripts can be given to their "
			     "interpreter");
	return HW_EXIT_NOT_EXECUTABLE;
}

int hw_program_check(const char *path, struct hw_error *error)
{
	struct hw_obstacle obstacle;

	if (!hw_obstacle_find(path, hw_obstacle_myself(), &obstacle))
		return 0;
	if (*obstacle.interpreter)
		hw_error_set(error, -ENOTSUP, "cannot record '%s': its interpreter '%s' %s", path,
			obstacle.interpreter, obstacle.why);
	else
		hw_error_set(error, -ENOTSUP, "cannot record '%s': it %s", path, obstacle.why);
	hw_error_hint(error, "%s", obstacle.hint);
	return HW_EXIT_FAILED;
}
