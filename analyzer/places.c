/* SPDX-License-Identifier: MIT */
#include "analyzer/places.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace/memory.h"

static const struct {
	const char *name;
	const char *built; /* from the folder of this program, in a build folder */
} places[] = {
	[HW_PLACE_LIBRARY] = { "libholdwait.so", "../interpose/libholdwait.so" },
	[HW_PLACE_COLLECTOR] = { "holdwait-collector", "../trace/holdwait-collector" },
};

char *hw_places_own_folder(void)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (length < 0)
		return hw_xstrdup(".");
	path[length] = '\0';
	slash = strrchr(path, '/');
	*slash = '\0';
	return hw_xstrdup(path);
}

static char *if_there(char *candidate)
{
	char *path = realpath(candidate, NULL);

	free(candidate);
	return path;
}

char *hw_places_find(enum hw_place place, struct hw_error *error)
{
	char *folder = hw_places_own_folder();
	char *path = if_there(hw_xasprintf("%s/%s", folder, places[place].built));

	if (!path)
		path = if_there(hw_xasprintf("%s/../%s/%s", folder, HW_PRIVATE_LIBDIR,
			places[place].name));
	if (!path)
		path = if_there(hw_xasprintf("%s/%s/%s", HW_PREFIX, HW_PRIVATE_LIBDIR,
			places[place].name));
	if (!path) {
		hw_error_set(error, -ENOENT, "cannot find '%s'", places[place].name);
		hw_error_hint(error, "install holdwait again: it belongs into %s/%s", HW_PREFIX,
			HW_PRIVATE_LIBDIR);
	}
	free(folder);
	return path;
}
