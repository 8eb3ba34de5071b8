/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>

#include "interpose/export.h"
#include "interpose/object.h"
#include "interpose/real.h"

/* Naming threads: a thread names itself or another, or asks the kernel to name it. */

enum { NAME_BYTES = 16 };

static void log_name(struct hw_self *self, uint32_t object, const char *name)
{
	char padded[NAME_BYTES] = { 0 };

	if (!object)
		return;
	strncpy(padded, name, sizeof(padded) - 1);
	hw_log_add_payload(self, HW_OP_THREAD_NAME, object, 0, padded, sizeof(padded));
}

HW_EXPORT int pthread_setname_np(pthread_t thread, const char *name)
{
	struct hw_self *self = HW_ENTER();
	struct hw_cell *cell = self ? hw_object_find((void *)thread, HW_KIND_THREAD) : NULL;
	uint32_t object = cell && !cell->ignored ? cell->object : HW_NO_OBJECT;
	int error = HW_REAL(pthread_setname_np)(thread, name);

	if (!error)
		log_name(self, object, name);
	return error;
}

/* Variadic in its header only: the kernel takes five words, whatever they mean. */
HW_EXPORT int prctl(int option, ...)
{
	unsigned long argument[4];
	struct hw_self *self;
	va_list list;
	int result;

	va_start(list, option);
	for (int i = 0; i < 4; i++)
		argument[i] = va_arg(list, unsigned long);
	va_end(list);
	result = HW_REAL(prctl)(option, argument[0], argument[1], argument[2], argument[3]);
	if (option != PR_SET_NAME || result)
		return result;
	self = HW_ENTER();
	if (self)
		log_name(self, self->slot->object, (const char *)argument[0]);
	return result;
}
