/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_GLIB_H
#define HW_INTERPOSE_GLIB_H

/*
 * The locks of GLib: GMutex and GCond are futexes of its own, GRecMutex and GRWLock
 * are pointers to a pthread mutex and a pthread rwlock on the heap.
 *
 * GLib is a library like any other: it may be absent, or come with dlopen, and a
 * program may ask by dlsym whether it is there. So the hooks have a version,
 * g_mutex_lock@HOLDWAIT, the library's first one and not the default: glibc's dynamic
 * linker gives such a symbol to whoever was linked without a version, as GLib's users
 * are, and to dlsym never (elf/dl-lookup.c, check_match). A probe finds GLib, or nothing.
 *
 * The real functions are what the dynamic linker would have found for the caller: next
 * to us in the global scope, or among the caller's own dependencies. GLib under its usual
 * name is asked for first, because an unsuccessful dlsym allocates. That happens once, in
 * the constructor when GLib is there by then, else in the first call; GLib then stays
 * loaded, as it asks for itself (DF_1_NODELETE). What that may leave for dlerror is taken
 * away, and with it, this once, an error of the program's that it has not read yet.
 *
 * The pthread object inside a GRecMutex or GRWLock is hidden, so that a lock is one
 * object, at the address that the program knows.
 *
 * Not seen: calls inside libglib, which is linked with -Bsymbolic-functions; calls through
 * an address from dlsym (language bindings); g_bit_lock and g_pointer_bit_lock, a bit of
 * the program's own word; g_once_init_enter, whose initialiser is no function. A weak reference
 * to one of these functions is satisfied by us without GLib; calling it then does nothing.
 */

#include <pthread.h>

#include "interpose/export.h"
#include "interpose/object.h"

/* As far as their layout is part of GLib's ABI: all zeroes are an unlocked one. */
struct hw_glib_mutex {
	unsigned state; /* 0 free, 1 locked, 2 awaited; anything else is not a futex */
};

struct hw_glib_cond;

struct hw_glib_rec_mutex {
	pthread_mutex_t *inner; /* NULL until it is first used */
};

struct hw_glib_rw_lock {
	pthread_rwlock_t *inner; /* NULL until it is first used */
};

/* X(return type, name, (parameters)); int is gboolean, int64_t is gint64 in microseconds */
#define HW_GLIB_FUNCTIONS(X) \
	X(void, g_mutex_init, (struct hw_glib_mutex *)) \
	X(void, g_mutex_clear, (struct hw_glib_mutex *)) \
	X(void, g_mutex_lock, (struct hw_glib_mutex *)) \
	X(int, g_mutex_trylock, (struct hw_glib_mutex *)) \
	X(void, g_mutex_unlock, (struct hw_glib_mutex *)) \
	X(void, g_rec_mutex_init, (struct hw_glib_rec_mutex *)) \
	X(void, g_rec_mutex_clear, (struct hw_glib_rec_mutex *)) \
	X(void, g_rec_mutex_lock, (struct hw_glib_rec_mutex *)) \
	X(int, g_rec_mutex_trylock, (struct hw_glib_rec_mutex *)) \
	X(void, g_rec_mutex_unlock, (struct hw_glib_rec_mutex *)) \
	X(void, g_rw_lock_init, (struct hw_glib_rw_lock *)) \
	X(void, g_rw_lock_clear, (struct hw_glib_rw_lock *)) \
	X(void, g_rw_lock_reader_lock, (struct hw_glib_rw_lock *)) \
	X(int, g_rw_lock_reader_trylock, (struct hw_glib_rw_lock *)) \
	X(void, g_rw_lock_reader_unlock, (struct hw_glib_rw_lock *)) \
	X(void, g_rw_lock_writer_lock, (struct hw_glib_rw_lock *)) \
	X(int, g_rw_lock_writer_trylock, (struct hw_glib_rw_lock *)) \
	X(void, g_rw_lock_writer_unlock, (struct hw_glib_rw_lock *)) \
	X(void, g_cond_init, (struct hw_glib_cond *)) \
	X(void, g_cond_clear, (struct hw_glib_cond *)) \
	X(void, g_cond_wait, (struct hw_glib_cond *, struct hw_glib_mutex *)) \
	X(int, g_cond_wait_until, (struct hw_glib_cond *, struct hw_glib_mutex *, int64_t)) \
	X(void, g_cond_signal, (struct hw_glib_cond *)) \
	X(void, g_cond_broadcast, (struct hw_glib_cond *))

struct hw_glib_functions {
#define HW_GLIB_MEMBER(result, name, parameters) result(*name) parameters;
	HW_GLIB_FUNCTIONS(HW_GLIB_MEMBER)
#undef HW_GLIB_MEMBER
};

extern HW_HIDDEN struct hw_glib_functions hw_glib_functions;

/* From the constructor: look GLib up if it is there. */
void hw_glib_init(void);

/* Find the real functions for this caller of a hook; errno stays as it was. */
void hw_glib_resolve(const void *caller);

/* GLib's own function. Only after HW_GLIB_HAS. */
#define HW_GLIB(name) (*hw_glib_functions.name)

/* Whether there is one; it must be asked first thing in the hook. */
#define HW_GLIB_HAS(name) \
	(__builtin_expect(hw_glib_functions.name != NULL, 1) || \
		(hw_glib_resolve(HW_CALL->from), hw_glib_functions.name != NULL))

/* Give a hook the name that programs call. */
#define HW_GLIB_HOOK(result, hook, parameters, name) \
	HW_EXPORT result hook parameters; \
	__asm__(".symver " #hook ", " #name "@HOLDWAIT");

/* What hw_glib_object() does for an object that is not there, or not recorded. */
struct hw_cell *hw_glib_new_object(struct hw_self *self, const void *address, enum hw_kind kind,
	uint32_t type, uint32_t stack);

/* The object, defined at its first use. NULL when it is not recorded. */
static inline struct hw_cell *hw_glib_object(struct hw_self *self, const void *address,
	enum hw_kind kind, uint32_t type, uint32_t stack)
{
	struct hw_cell *cell = hw_object_recorded(address, kind);

	return __builtin_expect(cell != NULL, 1) ?
		       cell : hw_glib_new_object(self, address, kind, type, stack);
}

/* Its definition by an init call. */
void hw_glib_initialised(struct hw_self *self, const void *address, enum hw_kind kind,
	uint32_t type, const struct hw_call *call);

/* Hide what a GRecMutex or GRWLock points to, if that was seen to become such an object. */
void hw_glib_hide(struct hw_self *self, const void *inner, enum hw_kind kind);

/* Whether this address is GLib's code. */
bool hw_glib_is(const void *caller);

/* Whether a pthread object that this caller initialises is part of one of GLib's. */
static inline bool hw_glib_creates(const struct hw_self *self, const void *caller)
{
	return __builtin_expect(self->in_glib, 0) && hw_glib_is(caller);
}

/* Around a real function that may initialise what its object points to. */
static inline void hw_glib_enter(struct hw_self *self)
{
	if (self)
		self->in_glib++;
}

static inline void hw_glib_leave(struct hw_self *self)
{
	if (self)
		self->in_glib--;
}

#endif
