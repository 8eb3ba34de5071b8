/* SPDX-License-Identifier: MIT */
#include "interpose/mapping.h"

#include <fcntl.h>
#include <string.h>

#include "interpose/sys.h"
#include "trace/record.h"

static const char *number(const char *text, unsigned base, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (;; text++) {
		unsigned digit;

		if (*text >= '0' && *text <= '9')
			digit = (unsigned)(*text - '0');
		else if (base == 16 && *text >= 'a' && *text <= 'f')
			digit = (unsigned)(*text - 'a') + 10;
		else
			break;
		value = value * base + digit;
	}
	*ret_value = value;
	return text;
}

/* "start-end perms offset major:minor inode path": whether it holds `address`. */
static bool line_holds(const char *line, uintptr_t address, bool *ret_shared,
	struct hw_object_definition *definition)
{
	uint64_t start, end, offset, major, minor, inode;

	line = number(line, 16, &start);
	line = number(line + (*line == '-'), 16, &end);
	if (address < start || address >= end || strlen(line) < 6)
		return false;
	*ret_shared = line[4] == 's';
	line = number(line + 6, 16, &offset);
	line = number(line + (*line == ' '), 16, &major);
	line = number(line + (*line == ':'), 16, &minor);
	number(line + (*line == ' '), 10, &inode);
	definition->device = major << 32 | minor;
	definition->inode = inode;
	definition->offset = offset + (address - start);
	return true;
}

void hw_mapping_walk(bool (*look)(const char *line, void *context), void *context)
{
	char buffer[2048];
	size_t filled = 0;
	bool skipping = false;
	long fd = hw_sys4(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0), got;

	if (fd < 0)
		return;
	while ((got = hw_sys3(SYS_read, fd, buffer + filled, sizeof(buffer) - 1 - filled)) > 0) {
		char *line = buffer, *end;

		filled += (size_t)got;
		buffer[filled] = '\0';
		while ((end = strchr(line, '\n'))) {
			*end = '\0';
			if (!skipping && look(line, context))
				goto out;
			skipping = false;
			line = end + 1;
		}
		filled -= (size_t)(line - buffer);
		memmove(buffer, line, filled);
		/* A path longer than the buffer: its line was looked at when it began. */
		if (filled == sizeof(buffer) - 1) {
			if (!skipping && look(buffer, context))
				goto out;
			skipping = true;
			filled = 0;
		}
	}
out:
	hw_sys1(SYS_close, fd);
}

struct search {
	uintptr_t address;
	struct hw_object_definition *definition;
	bool shared;
};

static bool look_at(const char *line, void *context)
{
	struct search *search = context;

	return line_holds(line, search->address, &search->shared, search->definition);
}

bool hw_mapping_of(uintptr_t address, struct hw_object_definition *definition)
{
	struct search search = { .address = address, .definition = definition };

	hw_mapping_walk(look_at, &search);
	return search.shared;
}

const char *hw_mapping_range(const char *line, uintptr_t *ret_start, uintptr_t *ret_end)
{
	uint64_t start, end;

	line = number(line, 16, &start);
	line = number(line + (*line == '-'), 16, &end);
	*ret_start = start;
	*ret_end = end;
	return line + (*line == ' ');
}
