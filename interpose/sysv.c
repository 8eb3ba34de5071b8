/* SPDX-License-Identifier: MIT */
#include "interpose/sysv.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "interpose/sys.h"

enum {
	/* Of more semaphores most are never used: they are defined at their first use. */
	DEFINED_AT_ONCE = 256,
	NUMBER_BITS = 16,
};

/* Above all addresses there are, and with its low bits where the table looks for differences. */
static const void *address_of(int set, uint32_t number)
{
	return (const void *)(1ull << 63 | ((uint64_t)(uint32_t)set << NUMBER_BITS | number) << 3);
}

/* A cell that is no object's says that the semaphore is raised. */
static const void *mark_of(int set, uint32_t number)
{
	return (const char *)address_of(set, number) + 1;
}

int hw_sysv_value(int set, uint32_t number)
{
	return (int)hw_sys4(SYS_semctl, set, number, GETVAL, 0);
}

static bool look(int set, struct semid_ds *ret_about)
{
	return !hw_sys4(SYS_semctl, set, 0, IPC_STAT, ret_about);
}

uint32_t hw_sysv_count(int set)
{
	struct semid_ds about;

	return look(set, &about) ? (uint32_t)about.sem_nsems : 0;
}

/* Without /proc there is most likely only one. */
static uint32_t namespace_now(void)
{
	struct stat namespace;

	return hw_sys2(SYS_stat, "/proc/self/ns/ipc", &namespace) ? 0 :
		(uint32_t)namespace.st_ino;
}

static char *put_number(char *at, uint32_t number, uint32_t base)
{
	char digits[10];
	int count = 0;

	do
		digits[count++] = "0123456789abcdef"[number % base];
	while (number /= base);
	while (count)
		*at++ = digits[--count];
	return at;
}

enum { NAME_BYTES = 40 };

/* "sysv 0x1234[0]", of a set with a key; others are known by where they were made. */
static const char *name_of(key_t key, uint32_t number, char name[NAME_BYTES])
{
	static const char begin[] = "sysv 0x";
	char *at = name + sizeof(begin) - 1;

	if (key == IPC_PRIVATE)
		return NULL;
	memcpy(name, begin, sizeof(begin));
	at = put_number(at, (uint32_t)key, 16);
	*at++ = '[';
	at = put_number(at, number, 10);
	*at++ = ']';
	*at = '\0';
	return name;
}

static struct hw_cell *define(struct hw_self *self, int set, uint32_t number, key_t key,
	struct hw_object_facts facts)
{
	char name[NAME_BYTES];

	facts.kind = HW_KIND_SEM;
	facts.type = HW_TYPE_SYSV | HW_TYPE_SHARED;
	facts.name = name_of(key, number, name);
	facts.namespace = namespace_now();
	facts.set = (uint32_t)set;
	facts.number = number;
	return facts.event == HW_OP_INIT ?
		hw_object_define(self, address_of(set, number), &facts) :
		hw_object_find_or_define(self, address_of(set, number), &facts);
}

static struct hw_cell *meet(struct hw_self *self, int set, uint32_t number, key_t key,
	uint32_t stack)
{
	struct hw_object_facts facts = { .stack = stack };
	int value = hw_sysv_value(set, number);

	if (value < 0)
		return NULL;
	facts.capacity = (uint32_t)value;
	return define(self, set, number, key, facts);
}

struct hw_cell *hw_sysv_find(int set, uint32_t number)
{
	return hw_object_find(address_of(set, number), HW_KIND_SEM);
}

struct hw_cell *hw_sysv_object(struct hw_self *self, int set, uint32_t number, uint32_t stack)
{
	struct hw_cell *cell = hw_sysv_find(set, number);
	struct semid_ds about;

	if (!cell && look(set, &about))
		cell = meet(self, set, number, about.sem_perm.__key, stack);
	return cell && !cell->ignored ? cell : NULL;
}

bool hw_sysv_is_raised(int set, uint32_t number)
{
	return hw_object_find(mark_of(set, number), HW_KIND_SEM);
}

void hw_sysv_raised(struct hw_self *self, int set, uint32_t number)
{
	struct hw_object_facts facts = { .kind = HW_KIND_SEM, .type = HW_TYPE_SYSV,
		.hidden = true };

	if (!hw_sysv_is_raised(set, number))
		hw_object_define(self, mark_of(set, number), &facts);
}

static void forget(const void *address)
{
	struct hw_cell *cell = hw_object_find(address, HW_KIND_SEM);

	if (cell)
		hw_object_forget(cell, cell->object);
}

void hw_sysv_made(struct hw_self *self, int set, key_t key, uint32_t count, uint32_t stack)
{
	struct hw_object_facts facts = { .event = HW_OP_INIT, .stack = stack };

	for (uint32_t i = 0; i < count && i < DEFINED_AT_ONCE; i++) {
		forget(mark_of(set, i));
		define(self, set, i, key, facts);
	}
}

void hw_sysv_opened(struct hw_self *self, int set, uint32_t stack)
{
	struct semid_ds about;

	if (!look(set, &about))
		return;
	for (uint32_t i = 0; i < about.sem_nsems && i < DEFINED_AT_ONCE; i++)
		if (!hw_sysv_find(set, i))
			meet(self, set, i, about.sem_perm.__key, stack);
}

void hw_sysv_check(int set, uint32_t number)
{
	int value = hw_sysv_value(set, number);

	if (value != -EINVAL && value != -EIDRM)
		return;
	forget(address_of(set, number));
	forget(mark_of(set, number));
}

void hw_sysv_removed(struct hw_self *self, int set, uint32_t count, const struct hw_call *call)
{
	for (uint32_t i = 0; i < count; i++) {
		hw_object_destroyed(self, address_of(set, i), HW_KIND_SEM, call);
		forget(mark_of(set, i));
	}
}
