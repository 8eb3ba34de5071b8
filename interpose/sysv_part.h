/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_SYSV_PART_H
#define HW_INTERPOSE_SYSV_PART_H

/*
 * What an array of operations for semop means, one part for each operation.
 *
 * Some programs have their locks the other way round: who waits for the end of all units and
 * adds one, in one call, has the lock, and gives it back by taking the unit away.
 *
 * The array may be where no memory is. Unless it is on the thread's stack, where there is, the
 * kernel copies it to here, and for the call again.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/sem.h>

struct hw_self;

enum { HW_SYSV_PARTS_MAX = 64 }; /* of longer arrays nothing is recorded */

enum hw_sysv_part_kind {
	HW_SYSV_TAKE,
	HW_SYSV_POST,
	HW_SYSV_ZERO,  /* waits for the end of all units */
	HW_SYSV_RAISE, /* the same, and adds a unit: has the lock */
	HW_SYSV_OF_RAISE, /* adds that unit */
};

struct hw_sysv_part {
	uint16_t number;
	int16_t change;
	uint16_t flags; /* of the operation; of a raise those of both */
	uint8_t kind;
};

/* False when there are none, or too many, or the array cannot be read. */
bool hw_sysv_part_read(const struct hw_self *self, int set, const struct sembuf *from,
	size_t count, struct hw_sysv_part parts[HW_SYSV_PARTS_MAX]);

/* How many it takes or posts. */
static inline uint32_t hw_sysv_part_units(const struct hw_sysv_part *part)
{
	return (uint32_t)(part->change < 0 ? -part->change : part->change);
}

/* Whether the call waits for it, or would have. */
static inline bool hw_sysv_part_waits(const struct hw_sysv_part *part)
{
	return part->kind != HW_SYSV_POST && part->kind != HW_SYSV_OF_RAISE;
}

#endif
