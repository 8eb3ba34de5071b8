/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>
#include <sys/shm.h>

#include "interpose/export.h"
#include "interpose/mapping.h"
#include "interpose/memory.h"
#include "interpose/real.h"

/*
 * Segments of shared memory (System V). Their objects are known by segment and offset, wherever
 * it is attached; but when it is detached, another one may come to its place. How large it is,
 * only the kernel knows.
 */

/* The mapping that begins at `start`. */
struct segment {
	uintptr_t start, end;
};

static bool look_at(const char *line, void *context)
{
	struct segment *segment = context;
	uintptr_t start, end;

	hw_mapping_range(line, &start, &end);
	if (start == segment->start && strstr(line, "/SYSV"))
		segment->end = end;
	return start >= segment->start;
}

static void forget_segment(const void *memory, const struct hw_call *call)
{
	struct segment segment = { .start = (uintptr_t)memory };

	hw_mapping_walk(look_at, &segment);
	if (segment.end)
		hw_memory_unmapped(memory, segment.end - segment.start, call);
}

HW_EXPORT int shmdt(const void *memory)
{
	forget_segment(memory, HW_CALL);
	return HW_REAL(shmdt)(memory);
}

/* It may take the place of what is mapped there. */
HW_EXPORT void *shmat(int segment, const void *memory, int flags)
{
	void *place = HW_REAL(shmat)(segment, memory, flags);

	if (flags & SHM_REMAP && (intptr_t)place != -1)
		forget_segment(place, HW_CALL);
	return place;
}
