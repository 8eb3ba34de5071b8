/* SPDX-License-Identifier: MIT */
#include "demos/cutlery.h"

#include "demos/check.h"

#include <errno.h>
#include <string.h>

static void lay_mutex(union fork *fork)
{
	check(pthread_mutex_init(&fork->mutex, NULL), "lay a fork on the table");
}

static void take_mutex(union fork *fork)
{
	check(pthread_mutex_lock(&fork->mutex), "take a fork");
}

static bool try_to_take_mutex(union fork *fork)
{
	int error = pthread_mutex_trylock(&fork->mutex);

	if (error == EBUSY)
		return false;
	check(error, "try to take a fork");
	return true;
}

static void put_mutex_back(union fork *fork)
{
	check(pthread_mutex_unlock(&fork->mutex), "put a fork back");
}

static void lay_semaphore(union fork *fork)
{
	check_errno(sem_init(&fork->semaphore, 0, 1), "lay a fork on the table");
}

static void take_semaphore(union fork *fork)
{
	check_sem_wait(&fork->semaphore, "take a fork");
}

static bool try_to_take_semaphore(union fork *fork)
{
	int result = sem_trywait(&fork->semaphore);

	if (result == -1 && errno == EAGAIN)
		return false;
	check_errno(result, "try to take a fork");
	return true;
}

static void put_semaphore_back(union fork *fork)
{
	check_errno(sem_post(&fork->semaphore), "put a fork back");
}

static const struct cutlery kinds[] = {
	{ "mutex", lay_mutex, take_mutex, try_to_take_mutex, put_mutex_back },
	{ "semaphore", lay_semaphore, take_semaphore, try_to_take_semaphore, put_semaphore_back },
};

const struct cutlery *cutlery_find(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}
