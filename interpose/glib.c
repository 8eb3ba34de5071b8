/* SPDX-License-Identifier: MIT */
#include "interpose/glib.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

#include "interpose/module.h"
#include "interpose/stack.h"

struct hw_glib_functions hw_glib_functions;

/* All functions, from a handle that has at least one of them. */
static void look_up(void *handle)
{
	static const struct lookup {
		void **place;
		const char *name;
	} lookups[] = {
#define HW_GLIB_LOOKUP(result, name, parameters) { (void **)&hw_glib_functions.name, #name },
		HW_GLIB_FUNCTIONS(HW_GLIB_LOOKUP)
#undef HW_GLIB_LOOKUP
	};

	for (size_t i = 0; i < sizeof(lookups) / sizeof(lookups[0]); i++) {
		void *found = *lookups[i].place ? NULL : dlsym(handle, lookups[i].name);

		if (found)
			__atomic_store_n(lookups[i].place, found, __ATOMIC_RELEASE);
	}
}

/* A handle of what is loaded already, kept for good; NULL, and no error left, when it is not. */
static void *loaded(const char *name)
{
	return dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
}

/* GLib that is part of another library, or has another name. */
static void *handle_for(const void *caller)
{
	struct hw_module_headers module;

	if (dlsym(RTLD_NEXT, "g_mutex_lock"))
		return RTLD_NEXT;
	if (!hw_module_headers_of(caller, &module) || !module.path)
		return NULL;
	/* The main program has no name. */
	return loaded(module.path[0] ? module.path : NULL);
}

static void resolve(const void *caller)
{
	void *handle = loaded("libglib-2.0.so.0");

	if (!handle && caller)
		handle = handle_for(caller);
	if (handle)
		look_up(handle);
	/* What was not found left an error that nobody else is to find. */
	if (caller)
		dlerror();
}

void hw_glib_init(void)
{
	resolve(NULL);
}

/* What the dynamic linker does for us here is not the program's: its malloc may lock. */
void hw_glib_resolve(const void *caller)
{
	int error = errno;

	hw_self_pause(&hw_self);
	resolve(caller);
	hw_self_resume(&hw_self);
	errno = error;
}

bool hw_glib_is(const void *caller)
{
	struct hw_module_range range;

	hw_module_range_of((const void *)hw_glib_functions.g_rec_mutex_init, &range);
	/* An older libc does not tell. Nobody else initialises anything there, but an allocator. */
	return !range.end ||
		((uintptr_t)caller >= range.start && (uintptr_t)caller < range.end);
}

struct hw_cell *hw_glib_new_object(struct hw_self *self, const void *address, enum hw_kind kind,
	uint32_t type, uint32_t stack)
{
	struct hw_object_facts facts = { .kind = kind, .type = type | HW_TYPE_GLIB,
		.stack = stack };

	return hw_object_recorded_or_defined(self, address, &facts);
}

void hw_glib_initialised(struct hw_self *self, const void *address, enum hw_kind kind,
	uint32_t type, const struct hw_call *call)
{
	struct hw_object_facts facts = { .kind = kind, .type = type | HW_TYPE_GLIB,
		.stack = hw_stack_capture(self, call), .event = HW_OP_INIT };

	hw_object_define(self, address, &facts);
}

void hw_glib_hide(struct hw_self *self, const void *inner, enum hw_kind kind)
{
	struct hw_cell *cell = inner ? hw_object_cell(inner) : NULL;

	if (cell && (!cell->object || cell->kind == kind) &&
		!(hw_object_lives(cell, kind) && cell->ignored))
		hw_object_hide(self, inner, kind);
}
