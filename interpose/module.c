/* SPDX-License-Identifier: MIT */
#include "interpose/module.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>

#include "interpose/log.h"
#include "interpose/sys.h"

enum { MODULES_MAX = 4096, PAGE_BYTES = 4096 };

static int (*find_object)(void *, struct dl_find_object *);
/* Modules already logged; slot by hash, a race logs one twice, which does no harm. */
static _Atomic uint64_t noted[MODULES_MAX];

void hw_module_init(void)
{
	*(void **)&find_object = dlsym(RTLD_DEFAULT, "_dl_find_object");
}

void hw_module_forked(void)
{
	for (int i = 0; i < MODULES_MAX; i++)
		atomic_store_explicit(&noted[i], 0, memory_order_relaxed);
}

void hw_module_range_of(const void *address, struct hw_module_range *ret_range)
{
	struct dl_find_object found;

	*ret_range = (struct hw_module_range){ 0, 0 };
	if (find_object && !find_object((void *)(uintptr_t)address, &found)) {
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

	return find_object && !find_object((void *)(uintptr_t)address, &found) &&
		headers_of(&found, ret_headers);
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

static void log_module(struct hw_self *self, const struct dl_find_object *found)
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
	hw_log_add_payload(self, HW_OP_MODULE, 0, 0, &module,
		(uint32_t)sizeof(module.definition) + module.definition.path_bytes);
}

/* Another library may be loaded where one was closed: which one tells its dynamic section. */
static uint64_t id_of(const struct dl_find_object *found)
{
	uint64_t id = (uintptr_t)found->dlfo_link_map;

	id = (id ^ (uintptr_t)found->dlfo_map_start) * 0x9e3779b97f4a7c15u;
	id = (id ^ (uintptr_t)found->dlfo_link_map->l_ld) * 0x9e3779b97f4a7c15u;
	return id | 1; /* 0 is an empty place */
}

void hw_module_note(struct hw_self *self, const void *address)
{
	struct dl_find_object found;
	uint64_t id, at;

	if (!find_object || find_object((void *)(uintptr_t)address, &found))
		return;
	id = id_of(&found);
	at = id >> 32;
	for (int probe = 0; probe < MODULES_MAX; probe++, at++) {
		_Atomic uint64_t *place = &noted[at % MODULES_MAX];
		uint64_t seen = atomic_load_explicit(place, memory_order_relaxed);

		if (!seen && atomic_compare_exchange_strong(place, &seen, id)) {
			log_module(self, &found);
			return;
		}
		if (seen == id)
			return;
	}
}

/* The dynamic linker's list is walked as it is: while constructors run nobody changes it. */
void hw_module_note_all(struct hw_self *self)
{
	const struct link_map *map;
	struct dl_find_object found;

	if (!find_object || find_object((void *)(uintptr_t)hw_module_note_all, &found))
		return;
	for (map = found.dlfo_link_map; map->l_prev;)
		map = map->l_prev;
	for (; map; map = map->l_next)
		if (!map->l_name[0] || strchr(map->l_name, '/'))
			hw_module_note(self, map->l_ld);
}
