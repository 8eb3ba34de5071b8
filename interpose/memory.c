/* SPDX-License-Identifier: MIT */
#include "interpose/memory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "interpose/export.h"
#include "interpose/frames.h"
#include "interpose/module.h"
#include "interpose/real.h"
#include "interpose/stack.h"
#include "interpose/sys.h"

enum {
	GRANULE_BYTES = 64,
	PAGE_BYTES = 4096,
	GRANULES = 1 << 26, /* 4 GiB of memory, 8 MiB of bits of which few are ever touched */
	WORD_BITS = 64,
	LINE_GRANULES = WORD_BITS * WORD_BITS, /* 256 KiB: as many words as another word has bits */
	MAP_BYTES = GRANULES / 8 + GRANULES / WORD_BITS / 8,
	ALIGNMENT_BYTES = 4, /* of the smallest object, a spinlock */
};

/* A bit for each granule; behind these one for each word of them: whether it has any set. */
static _Atomic(_Atomic uint64_t *) bits;

static _Atomic uint64_t *word_of(_Atomic uint64_t *map, uint64_t granule)
{
	return &map[granule % GRANULES / WORD_BITS];
}

static _Atomic uint64_t *line_of(_Atomic uint64_t *map, uint64_t granule)
{
	return &map[GRANULES / WORD_BITS + granule % GRANULES / LINE_GRANULES];
}

static void set_bit(_Atomic uint64_t *word, uint64_t number)
{
	uint64_t bit = 1ull << number % WORD_BITS;

	if (!(atomic_load_explicit(word, memory_order_acquire) & bit))
		atomic_fetch_or_explicit(word, bit, memory_order_release);
}

/* The first granule from this one on where an object was seen; more than `last` for none. */
static uint64_t next_marked(_Atomic uint64_t *map, uint64_t granule, uint64_t last)
{
	while (granule <= last) {
		uint64_t words = atomic_load_explicit(line_of(map, granule), memory_order_acquire);
		uint64_t marks;

		words >>= granule / WORD_BITS % WORD_BITS;
		if (!words) {
			granule = (granule / LINE_GRANULES + 1) * LINE_GRANULES;
			continue;
		}
		if (!(words & 1)) {
			granule = (granule / WORD_BITS + (uint64_t)__builtin_ctzll(words)) *
				WORD_BITS;
			continue;
		}
		marks = atomic_load_explicit(word_of(map, granule), memory_order_acquire) >>
			granule % WORD_BITS;
		if (marks)
			return granule + (uint64_t)__builtin_ctzll(marks);
		granule = (granule / WORD_BITS + 1) * WORD_BITS;
	}
	return granule;
}

static _Atomic uint64_t *map_bits(void)
{
	_Atomic uint64_t *map = atomic_load_explicit(&bits, memory_order_acquire), *fresh;

	if (map)
		return map;
	fresh = hw_sys_map(MAP_BYTES);
	if (!fresh)
		return NULL;
	if (atomic_compare_exchange_strong(&bits, &map, fresh))
		return fresh;
	hw_sys2(SYS_munmap, fresh, MAP_BYTES);
	return map;
}

void hw_memory_mark(uintptr_t address)
{
	_Atomic uint64_t *map;
	uint64_t granule = address / GRANULE_BYTES;

	if (hw_module_stays((const void *)address))
		return;
	map = map_bits();
	if (map) {
		set_bit(word_of(map, granule), granule);
		set_bit(line_of(map, granule), granule / WORD_BITS);
	}
	hw_frames_mark(address);
}

/* How memory goes away. */
enum end {
	UNMAPPED, /* perhaps only this place of what is shared */
	FREED,
	LEFT,	  /* by its thread, or the functions that had it: nobody called for it */
	CLOSED,	  /* with a library: it cannot be read any more */
};

/* A plain look at the first word of glibc's objects, to know whether its end is worth a stack. */
static bool looks_used(const struct hw_cell *cell)
{
	uint32_t word = *(const volatile uint32_t *)cell->address;
	uint8_t kind = atomic_load_explicit(&cell->kind, memory_order_relaxed);

	switch (kind) {
	case HW_KIND_MUTEX:
		return word;
	case HW_KIND_RWLOCK:
		return word & ~1u;
	case HW_KIND_SPIN:
		return word != 1;
	default:
		return kind == HW_KIND_SEM;
	}
}

static void forget(struct hw_self *self, struct hw_cell *cell, enum end end,
	const struct hw_call *call)
{
	bool wants_stack;
	uint32_t object = atomic_load(&cell->object);

	if (!object || cell->kind == HW_KIND_THREAD || !hw_object_is_ours(cell))
		return;
	wants_stack = end == CLOSED || (end == FREED && looks_used(cell));
	if (end != UNMAPPED && !cell->ignored && self)
		hw_log_add(self, hw_log_now(), HW_OP_DESTROY, object,
			wants_stack ? hw_stack_capture(self, call) : 0, HW_HOW_FREED);
	hw_object_forget(cell, object);
}

static void forget_granule(uint64_t granule, uintptr_t start, uintptr_t end, enum end how,
	const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);
	uintptr_t from = granule * GRANULE_BYTES, to = from + GRANULE_BYTES;

	if (from < start)
		from = (start + ALIGNMENT_BYTES - 1) & -(uintptr_t)ALIGNMENT_BYTES;
	for (; from < to && from < end; from += ALIGNMENT_BYTES) {
		struct hw_cell *cell = hw_object_cell((const void *)from);

		if (cell)
			forget(self, cell, how, call);
	}
}

/* The same, where there are more granules than objects. */
static void forget_all(uintptr_t start, uintptr_t end, enum end how, const struct hw_call *call)
{
	struct hw_index *index = atomic_load_explicit(&hw_object_index, memory_order_acquire);
	struct hw_self *self = hw_self_enter(call);

	for (uint64_t at = 0; index && at <= index->mask; at += sizeof(index->cells[0])) {
		struct hw_cell *cell = atomic_load_explicit(hw_object_place(index, at),
			memory_order_acquire);

		if (cell && cell->address >= start && cell->address < end)
			forget(self, cell, how, call);
	}
}

/* Everything that lives in a range ends. */
static void gone(const void *memory, size_t size_bytes, enum end how, const struct hw_call *call)
{
	_Atomic uint64_t *map = atomic_load_explicit(&bits, memory_order_acquire);
	uintptr_t start = (uintptr_t)memory, end = start + size_bytes;
	uint64_t granule = start / GRANULE_BYTES, last = (end - 1) / GRANULE_BYTES;

	if (!size_bytes || end < start)
		return;
	if (last - granule >= GRANULES) {
		forget_all(start, end, how, call);
		return;
	}
	granule = next_marked(map, granule, last);
	for (; granule <= last; granule = next_marked(map, granule + 1, last))
		forget_granule(granule, start, end, how, call);
}

uintptr_t hw_memory_next(uintptr_t start, uintptr_t end)
{
	_Atomic uint64_t *map = atomic_load_explicit(&bits, memory_order_acquire);
	uint64_t granule = start / GRANULE_BYTES, last = (end - 1) / GRANULE_BYTES;

	if (map)
		granule = next_marked(map, granule, last);
	return map && granule <= last ? granule * GRANULE_BYTES : 0;
}

static bool watched(void)
{
	return __builtin_expect(atomic_load_explicit(&bits, memory_order_relaxed) != NULL, 0);
}

void hw_memory_gone(uintptr_t start, size_t size_bytes)
{
	if (watched())
		gone((const void *)start, size_bytes, LEFT, NULL);
}

void hw_memory_closed(uintptr_t start, size_t size_bytes, const struct hw_call *call)
{
	if (watched())
		gone((const void *)start, size_bytes, CLOSED, call);
}

/*
 * How large a block is; 0 when nobody knows. An allocator that does not say it must not be
 * asked through libc, which would look for a header that is not there.
 */
static size_t size_of(void *block)
{
	static _Atomic int known; /* 1 or -1 once it was found out */
	int seen = atomic_load_explicit(&known, memory_order_relaxed);
	struct hw_module_range of_free, of_size;

	if (!seen) {
		hw_module_range_of((const void *)hw_real_functions.free, &of_free);
		hw_module_range_of((const void *)hw_real_functions.malloc_usable_size, &of_size);
		seen = of_free.start == of_size.start ? 1 : -1;
		atomic_store_explicit(&known, seen, memory_order_relaxed);
	}
	return seen > 0 ? HW_REAL(malloc_usable_size)(block) : 0;
}

/* Of a process, at most. */
#define ADDRESSES_BYTES ((size_t)1 << 56)

HW_EXPORT void free(void *block)
{
	if (watched() && block)
		gone(block, size_of(block), FREED, HW_CALL);
	/* Only what dlsym frees while it is asked for this very function is not freed. */
	if (__builtin_expect(hw_real_functions.free != NULL, 1) || HW_REAL_HAS(free))
		HW_REAL(free)(block);
}

HW_EXPORT void *realloc(void *block, size_t size_bytes)
{
	/* An object may not be moved (POSIX); if the block stays, it is met as a new one. */
	if (watched() && block)
		gone(block, size_of(block), FREED, HW_CALL);
	return HW_REAL(realloc)(block, size_bytes);
}

/* Objects in shared memory live on for others; only this place of theirs is gone. */
void hw_memory_unmapped(const void *memory, size_t size_bytes, const struct hw_call *call)
{
	/* Whole pages go. The kernel refuses what does not begin with one, or goes too far. */
	if (watched() && !((uintptr_t)memory % PAGE_BYTES) && size_bytes < ADDRESSES_BYTES)
		gone(memory, (size_bytes + PAGE_BYTES - 1) & -(size_t)PAGE_BYTES, UNMAPPED,
			call);
}

/* Before the call: somebody else may get the memory at once. */
HW_EXPORT int munmap(void *memory, size_t size_bytes)
{
	hw_memory_unmapped(memory, size_bytes, HW_CALL);
	return HW_REAL(munmap)(memory, size_bytes);
}

static void *map(void *memory, size_t size_bytes, int protection, int flags, int fd, off64_t offset)
{
	long result;

	if (__builtin_expect(hw_real_functions.mmap != NULL, 1))
		return HW_REAL(mmap)(memory, size_bytes, protection, flags, fd, offset);
	/* An allocator may want memory before dlsym works, or while it is looking for mmap. */
	result = hw_sys6(SYS_mmap, (long)memory, (long)size_bytes, protection, flags, fd, offset);
	if (result < 0 && result >= -4095) {
		errno = (int)-result;
		return MAP_FAILED;
	}
	return (void *)result;
}

/* What is mapped at a place takes the place of what was there. */
HW_EXPORT void *mmap64(void *memory, size_t size_bytes, int protection, int flags, int fd,
	off64_t offset)
{
	void *place = map(memory, size_bytes, protection, flags, fd, offset);

	if (flags & MAP_FIXED && place != MAP_FAILED)
		hw_memory_unmapped(place, size_bytes, HW_CALL);
	return place;
}

/* With 64 bits for offsets, <sys/mman.h> makes `mmap` another word for mmap64. */
HW_EXPORT HW_COPY_ATTRIBUTES(mmap64) void *hw_memory_mmap(void *, size_t, int, int, int, off64_t)
	__asm__("mmap") __attribute__((alias("mmap64")));

/* What stays where it is lives on. */
static void remapped(const char *from, size_t old_bytes, const char *to, size_t new_bytes,
	const struct hw_call *call)
{
	size_t kept_bytes = (new_bytes + PAGE_BYTES - 1) & -(size_t)PAGE_BYTES;

	if (to != from) {
		hw_memory_unmapped(from, old_bytes, call);
		hw_memory_unmapped(to, new_bytes, call);
	} else if (kept_bytes < old_bytes) {
		hw_memory_unmapped(from + kept_bytes, old_bytes - kept_bytes, call);
	}
}

HW_EXPORT void *mremap(void *memory, size_t old_bytes, size_t new_bytes, int flags, ...)
{
	void *place = NULL, *result;
	va_list arguments;

	if (flags & MREMAP_FIXED) {
		va_start(arguments, flags);
		place = va_arg(arguments, void *);
		va_end(arguments);
	}
	result = HW_REAL(mremap)(memory, old_bytes, new_bytes, flags, place);
	if (result != MAP_FAILED)
		remapped(memory, old_bytes, result, new_bytes, HW_CALL);
	return result;
}
