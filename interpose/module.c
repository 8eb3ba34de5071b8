/* SPDX-License-Identifier: MIT */
#include "interpose/module.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>

#include "interpose/log.h"
#include "interpose/sys.h"

enum { MODULES_MAX = 4096 };

static int (*find_object)(void *, struct dl_find_object *);
/* Link maps already logged; slot by hash, a race logs one twice, which does no harm. */
static _Atomic(struct link_map *) noted[MODULES_MAX];

void hw_module_init(void)
{
	*(void **)&find_object = dlsym(RTLD_DEFAULT, "_dl_find_object");
}

void hw_module_forked(void)
{
	for (int i = 0; i < MODULES_MAX; i++)
		atomic_store_explicit(&noted[i], NULL, memory_order_relaxed);
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

/* The build id is in a note that a program header points to; the headers are in the first page. */
static void read_build_id(const struct dl_find_object *found, struct hw_module_definition *definition)
{
	const ElfW(Ehdr) *elf = found->dlfo_map_start;
	uintptr_t bias = found->dlfo_link_map->l_addr;
	const ElfW(Phdr) *headers;

	if (memcmp(elf->e_ident, ELFMAG, SELFMAG) || elf->e_phoff + elf->e_phnum *
			sizeof(*headers) > 4096)
		return;
	headers = (const void *)((const char *)elf + elf->e_phoff);
	for (int i = 0; i < elf->e_phnum; i++) {
		const char *note = (const char *)(bias + headers[i].p_vaddr);
		const char *end = note + headers[i].p_memsz;

		if (headers[i].p_type != PT_NOTE)
			continue;
		while (note + sizeof(ElfW(Nhdr)) < end) {
			const ElfW(Nhdr) *header = (const void *)note;
			const char *name = note + sizeof(*header);
			const char *description = name + ((header->n_namesz + 3) & ~3u);

			if (header->n_type == NT_GNU_BUILD_ID && header->n_namesz == 4 &&
				!memcmp(name, "GNU", 4) &&
				header->n_descsz <= sizeof(definition->build_id)) {
				memcpy(definition->build_id, description, header->n_descsz);
				definition->build_id_bytes = header->n_descsz;
				return;
			}
			note = description + ((header->n_descsz + 3) & ~3u);
		}
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

void hw_module_note(struct hw_self *self, const void *address)
{
	struct dl_find_object found;
	uint64_t at;

	if (!find_object || find_object((void *)(uintptr_t)address, &found))
		return;
	at = ((uintptr_t)found.dlfo_link_map >> 4) * 0x9e3779b97f4a7c15u >> 32;
	for (int probe = 0; probe < MODULES_MAX; probe++, at++) {
		struct link_map *seen = NULL;
		_Atomic(struct link_map *) *place = &noted[at % MODULES_MAX];

		if (atomic_load_explicit(place, memory_order_relaxed) == found.dlfo_link_map)
			return;
		if (atomic_compare_exchange_strong(place, &seen, found.dlfo_link_map)) {
			log_module(self, &found);
			return;
		}
		if (seen == found.dlfo_link_map)
			return;
	}
}
