/* SPDX-License-Identifier: MIT */
#include "tests/e2e/scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void hw_scratch_init(struct hw_scratch *scratch)
{
	const char *where = getenv("TMPDIR");

	*scratch = (struct hw_scratch){ .path = "" };
	snprintf(scratch->path, sizeof(scratch->path), "%s/holdwait-test-XXXXXX",
		where ? where : P_tmpdir);
	cr_assert(mkdtemp(scratch->path), "cannot make '%s': %s", scratch->path, strerror(errno));
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	return remove(path);
}

void hw_scratch_finish(struct hw_scratch *scratch)
{
	cr_assert_eq(nftw(scratch->path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static bool ends_with(const char *name, const char *ending)
{
	size_t length = strlen(name);

	return length >= strlen(ending) && strcmp(name + length - strlen(ending), ending) == 0;
}

unsigned hw_scratch_count(const struct hw_scratch *scratch, const char *ending)
{
	DIR *directory = opendir(scratch->path);
	struct dirent *entry;
	unsigned count = 0;

	cr_assert(directory, "cannot read '%s': %s", scratch->path, strerror(errno));
	while ((entry = readdir(directory))) {
		if (entry->d_type != DT_DIR && ends_with(entry->d_name, ending))
			count++;
	}
	closedir(directory);
	return count;
}

unsigned char *hw_scratch_read(
	const struct hw_scratch *scratch, const char *name, size_t *ret_size_bytes)
{
	char path[PATH_MAX];
	unsigned char *bytes;
	struct stat status;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", scratch->path, name);
	file = fopen(path, "rbe");
	if (!file)
		return NULL;
	cr_assert_eq(fstat(fileno(file), &status), 0);
	bytes = calloc(1, (size_t)status.st_size + 1);
	cr_assert(bytes);
	cr_assert_eq(fread(bytes, 1, (size_t)status.st_size, file), (size_t)status.st_size);
	fclose(file);
	*ret_size_bytes = (size_t)status.st_size;
	return bytes;
}
