/* SPDX-License-Identifier: MIT */
#ifndef DEMOS_CUTLERY_H
#define DEMOS_CUTLERY_H

/*
 * What the philosophers' forks are made of: mutexes, or semaphores of one unit.
 * The philosophers take and put back forks without knowing which. A failing
 * call ends the program (demos/check.h).
 */

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>

union fork {
	pthread_mutex_t mutex;
	sem_t semaphore;
};

struct cutlery {
	const char *name;
	void (*lay)(union fork *fork);
	void (*take)(union fork *fork);	       /* waits while somebody else has it */
	bool (*try_to_take)(union fork *fork); /* false when somebody else has it */
	void (*put_back)(union fork *fork);
};

/* The kind called "mutex" or "semaphore", NULL for any other name. */
const struct cutlery *cutlery_find(const char *name);

#endif
