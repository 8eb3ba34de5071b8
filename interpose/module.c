/* SPDX-License-Identifier: MIT */
#include "interpose/module.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>

#include "interpose/log.h"
#include "interpose/python.h"
#include "interpose/sys.h"

enum { MODULES_MAX = 4096, PAGE_BYTES = 4096 };

static int (*find_object)(void *, struct dl_find_object *);

/*
 * From the first byte of the program to its last. What the kernel maps may have pages between
 * its segments that are not the program's; then each is found by itself.
 */
static struct hw_module_range program;

/* Low bits of the id of a module that was met. */
enum {
	USED = 1,   /* without it a module was here that is closed; or none ever, if all is 0 */
	LOGGED = 2, /* until then whoever meets it logs it as well, ahead of the stack it is in */
	STAYS = 4,
	FLAGS = 7,
};

/* Modules that were met, by hash; entered and left under the lock. */
static struct noted {
	_Atomic uint64_t id;
	struct hw_module_range range;
	const void *map;
} noted[MODULES_MAX];

static struct hw_sys_lock noted_lock;

/* The constructor has seen all that stays. */
static bool all_noted;

static void find_program(const ElfW(Phdr) *headers, unsigned long count)
{
	struct dl_find_object found;

	if (!headers || find_object((void *)(uintptr_t)headers, &found))
		return;
	program.start = UINTPTR_MAX;
	for (const ElfW(Phdr) *header = headers; header < headers + count; header++) {
		uintptr_t start = found.dlfo_link_map->l_addr + header->p_vaddr;

		if (header->p_type != PT_LOAD)
			continue;
		if (start < program.start)
			program.start = start & ~(uintptr_t)(PAGE_BYTES - 1);
		if (start + header->p_memsz > program.end)
			program.end = start + header->p_memsz;
	}
}

void hw_module_init(void)
{
	*(void **)&find_object = dlsym(RTLD_DEFAULT, "_dl_find_object");
	if (find_object)
		find_program((const void *)getauxval(AT_PHDR), getauxval(AT_PHNUM));
}

/* The module of an address, as a whole. */
static bool find(const void *address, struct dl_find_object *ret_found)
{
	if (!find_object || find_object((void *)(uintptr_t)address, ret_found))
		return false;
	if ((uintptr_t)ret_found->dlfo_map_start - program.start < program.end - program.start) {
		ret_found->dlfo_map_start = (void *)program.start;
		ret_found->dlfo_map_end = (void *)program.end;
	}
	return true;
}

void hw_module_forked(void)
{
	atomic_store(&noted_lock.word, 0);
	for (int i = 0; i < MODULES_MAX; i++)
		/* Pages that are not written to stay those of the parent. */
		if (atomic_load_explicit(&noted[i].id, memory_order_relaxed) & LOGGED)
			atomic_fetch_and(&noted[i].id, ~(uint64_t)LOGGED);
}

void hw_module_range_of(const void *address, struct hw_module_range *ret_range)
{
	struct dl_find_object found;

	*ret_range = (struct hw_module_range){ 0, 0 };
	if (find(address, &found)) {
		ret_range->start = (uintptr_t)found.dlfo_map_start;
		ret_range->end = (uintptr_t)found.dlfo_map_end;
	}
}

/* The program headers follow the ELF header, in the first page, with every linker there is. */
static bool headers_of(const struct dl_find_object *found, struct hw_module_headers *ret_headers)
{
	const ElfW(Ehdr) *elf = found->dlfo_map_start;

	if (memcmp(elf->e_ident, ELFMAG, SELFMAG) ||
		elf->e_phoff + elf->e_phnum * sizeof(ElfW(Phdr)) > PAGE_BYTES)
		return false;
	*ret_headers = (struct hw_module_headers){
		.bias = found->dlfo_link_map->l_addr,
		.headers = (const void *)((const char *)elf + elf->e_phoff),
		.count = elf->e_phnum,
		.dynamic = found->dlfo_link_map->l_ld,
		.path = found->dlfo_link_map->l_name,
	};
	return true;
}

bool hw_module_headers_of(const void *address, struct hw_module_headers *ret_headers)
{
	struct dl_find_object found;

	return find(address, &found) && headers_of(&found, ret_headers);
}

static bool take_build_id(const char *note, const char *end,
	struct hw_module_definition *definition)
{
	while (note + sizeof(ElfW(Nhdr)) < end) {
		const ElfW(Nhdr) *header = (const void *)note;
		const char *name = note + sizeof(*header);
		const char *description = name + ((header->n_namesz + 3) & ~3u);

		if (header->n_type == NT_GNU_BUILD_ID && header->n_namesz == 4 &&
			!memcmp(name, "GNU", 4) &&
			header->n_descsz <= sizeof(definition->build_id)) {
			memcpy(definition->build_id, description, header->n_descsz);
			definition->build_id_bytes = header->n_descsz;
			return true;
		}
		note = description + ((header->n_descsz + 3) & ~3u);
	}
	return false;
}

/* The build id is in a note that a program header points to. */
static void read_build_id(const struct dl_find_object *found,
	struct hw_module_definition *definition)
{
	struct hw_module_headers module;

	if (!headers_of(found, &module))
		return;
	for (unsigned i = 0; i < module.count; i++) {
		const char *note = (const char *)(module.bias + module.headers[i].p_vaddr);

		if (module.headers[i].p_type == PT_NOTE &&
			take_build_id(note, note + module.headers[i].p_memsz, definition))
			return;
	}
}

static uint32_t copy_path(const struct link_map *map, char *path, size_t size_bytes)
{
	long length;

	if (map->l_name && map->l_name[0]) {
		length = (long)strnlen(map->l_name, size_bytes);
		memcpy(path, map->l_name, (size_t)length);
	} else {
		length = hw_sys3(SYS_readlink, "/proc/self/exe", path, size_bytes);
	}
	return length < 0 ? 0 : (uint32_t)length;
}

static bool log_module(struct hw_self *self, const struct dl_find_object *found)
{
	struct {
		struct hw_module_definition definition;
		char path[1024];
	} module = { .definition = {
		.start = (uintptr_t)found->dlfo_map_start,
		.end = (uintptr_t)found->dlfo_map_end,
		.bias = found->dlfo_link_map->l_addr,
	} };

	read_build_id(found, &module.definition);
	module.definition.path_bytes =
		copy_path(found->dlfo_link_map, module.path, sizeof(module.path));
	return hw_log_add_payload(self, HW_OP_MODULE, 0, 0, &module,
		(uint32_t)sizeof(module.definition) + module.definition.path_bytes);
}

/* Another library may be loaded where one was closed: which one tells its dynamic section. */
static uint64_t id_of(const struct dl_find_object *found)
{
	uint64_t id = (uintptr_t)found->dlfo_link_map;

	id = (id ^ (uintptr_t)found->dlfo_map_start) * 0x9e3779b97f4a7c15u;
	id = (id ^ (uintptr_t)found->dlfo_link_map->l_ld) * 0x9e3779b97f4a7c15u;
	return (id & ~(uint64_t)FLAGS) | USED;
}

static bool is(uint64_t seen, uint64_t id)
{
	return seen & USED && !((seen ^ id) & ~(uint64_t)FLAGS);
}

/* The place of a module; NULL when it has none, and then one for it, NULL when all are taken. */
static struct noted *find_place(uint64_t id, struct noted **ret_free)
{
	uint64_t at = id >> 32;

	*ret_free = NULL;
	for (int probe = 0; probe < MODULES_MAX; probe++, at++) {
		struct noted *place = &noted[at % MODULES_MAX];
		uint64_t seen = atomic_load_explicit(&place->id, memory_order_acquire);

		if (is(seen, id))
			return place;
		if (!(seen & USED) && !*ret_free)
			*ret_free = place;
		if (!seen)
			break;
	}
	return NULL;
}

static struct noted *enter(const struct dl_find_object *found)
{
	uint64_t id = id_of(found);
	struct noted *place, *free_place;

	hw_sys_lock(&noted_lock);
	place = find_place(id, &free_place);
	if (!place && free_place) {
		place = free_place;
		place->range = (struct hw_module_range){ (uintptr_t)found->dlfo_map_start,
			(uintptr_t)found->dlfo_map_end };
		place->map = found->dlfo_link_map;
		atomic_store_explicit(&place->id, id, memory_order_release);
	}
	hw_sys_unlock(&noted_lock);
	return place;
}

static void note(struct hw_self *self, const struct dl_find_object *found, uint64_t flags)
{
	struct noted *free_place, *place = find_place(id_of(found), &free_place);
	uint64_t wanted = LOGGED | flags, seen;
	struct hw_module_headers headers;

	if (!place)
		place = enter(found);
	/* There are more modules than places: this one is logged each time. */
	seen = place ? atomic_load_explicit(&place->id, memory_order_acquire) : 0;
	if (!(seen & LOGGED)) {
		if (headers_of(found, &headers))
			hw_python_meet(&headers);
		/* One that was dropped is told of when it is met again. */
		if (!log_module(self, found))
			wanted &= ~LOGGED;
	}
	if (place && (seen & wanted) != wanted)
		atomic_fetch_or(&place->id, wanted);
}

void hw_module_note(struct hw_self *self, const void *address)
{
	struct dl_find_object found;

	if (find(address, &found))
		note(self, &found, 0);
}

/* The dynamic linker's list is walked as it is: while constructors run nobody changes it. */
void hw_module_note_all(struct hw_self *self)
{
	const struct link_map *map;
	struct dl_find_object found;

	if (!find((const void *)hw_module_note_all, &found))
		return;
	for (map = found.dlfo_link_map; map->l_prev;)
		map = map->l_prev;
	for (; map; map = map->l_next)
		if ((!map->l_name[0] || strchr(map->l_name, '/')) && find(map->l_ld, &found))
			note(self, &found, STAYS);
	all_noted = true;
}

bool hw_module_stays(const void *address)
{
	struct dl_find_object found;
	struct noted *place, *free_place;

	if (!find(address, &found))
		return false;
	place = find_place(id_of(&found), &free_place);
	return !all_noted || (place && atomic_load(&place->id) & STAYS);
}

bool hw_module_handle_stays(const void *handle)
{
	for (int i = 0; i < MODULES_MAX; i++)
		if (atomic_load_explicit(&noted[i].id, memory_order_relaxed) & STAYS &&
			noted[i].map == handle)
			return true;
	return false;
}

static bool is_there(const struct noted *place)
{
	struct dl_find_object found;

	return find((const void *)place->range.start, &found) &&
		is(atomic_load(&place->id), id_of(&found));
}

static bool leave_closed(struct hw_module_range *ret_range)
{
	for (int i = 0; i < MODULES_MAX; i++) {
		uint64_t id = atomic_load_explicit(&noted[i].id, memory_order_relaxed);

		if (!(id & USED) || id & STAYS || is_there(&noted[i]))
			continue;
		*ret_range = noted[i].range;
		atomic_fetch_and(&noted[i].id, ~(uint64_t)USED);
		return true;
	}
	return false;
}

bool hw_module_find_closed(struct hw_self *self, struct hw_module_range *ret_range)
{
	struct hw_module_definition closed = { .start = 0 };
	bool found;

	hw_sys_lock(&noted_lock);
	found = leave_closed(ret_range);
	hw_sys_unlock(&noted_lock);
	closed.start = ret_range->start;
	closed.end = ret_range->end;
	if (found && self)
		hw_log_add_payload(self, HW_OP_MODULE, HW_MODULE_CLOSED, 0, &closed,
			sizeof(closed));
	return found;
}
