/* SPDX-License-Identifier: MIT */
#include "trace/bypass.h"

#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "trace/collector.h"
#include "trace/memory.h"

enum {
	INTERVAL_NS = 200000000,
	COST_SHARE = 50, /* looking may take one part in so many of the time */
	HEADERS_MAX = 32,
	DYNAMIC_MAX = 128,
	RELOCATIONS_MAX = 16384,
	SYMBOLS_MAX = 1 << 18,
	NAMES_BYTES_MAX = 1 << 24,
};

/* A module in the memory of another process. */
struct remote {
	struct hw_roster *roster;
	struct hw_process *process;
	uint64_t bias, symbols, names, names_bytes;
	char *name_copy;
	bool may_wait; /* it imports a function that waits */
};

struct table {
	uint64_t address, size_bytes;
};

static bool fetch(const struct remote *remote, uint64_t address, void *to, size_t size_bytes)
{
	struct iovec here = { .iov_base = to, .iov_len = size_bytes };
	struct iovec there = { .iov_base = (void *)(uintptr_t)address, .iov_len = size_bytes };

	return process_vm_readv(remote->process->pid, &here, 1, &there, 1, 0) ==
		(ssize_t)size_bytes;
}

/*
 * To be freed, with a 0 behind it; NULL when it cannot be had. A table is copied as a whole, for
 * each look into another process is a system call, and programs open hundreds of libraries.
 */
static void *copy(const struct remote *remote, uint64_t address, size_t size_bytes)
{
	char *to = hw_xcalloc(1, size_bytes + 1);

	if (fetch(remote, address, to, size_bytes))
		return to;
	free(to);
	return NULL;
}

/* The dynamic linker makes addresses of what the file has as offsets, mostly. */
static uint64_t absolute(const struct remote *remote, uint64_t value)
{
	return value < remote->bias ? value + remote->bias : value;
}

static bool find_dynamic(const struct remote *remote, struct table *ret_dynamic)
{
	Elf64_Phdr headers[HEADERS_MAX];
	Elf64_Ehdr file;

	if (!fetch(remote, remote->bias, &file, sizeof(file)) ||
		memcmp(file.e_ident, ELFMAG, SELFMAG) || file.e_phnum > HEADERS_MAX ||
		!fetch(remote, remote->bias + file.e_phoff, headers,
			file.e_phnum * sizeof(headers[0])))
		return false;
	for (int i = 0; i < file.e_phnum; i++)
		if (headers[i].p_type == PT_DYNAMIC) {
			*ret_dynamic = (struct table){ remote->bias + headers[i].p_vaddr,
				headers[i].p_memsz };
			return true;
		}
	return false;
}

static bool read_dynamic(struct remote *remote, struct table *ret_calls, struct table *ret_all)
{
	Elf64_Dyn entries[DYNAMIC_MAX];
	struct table dynamic;
	size_t count;

	if (!find_dynamic(remote, &dynamic))
		return false;
	count = dynamic.size_bytes / sizeof(entries[0]);
	count = count < DYNAMIC_MAX ? count : DYNAMIC_MAX;
	if (!fetch(remote, dynamic.address, entries, count * sizeof(entries[0])))
		return false;
	for (size_t i = 0; i < count && entries[i].d_tag != DT_NULL; i++) {
		uint64_t value = entries[i].d_un.d_val;

		if (entries[i].d_tag == DT_SYMTAB)
			remote->symbols = absolute(remote, value);
		else if (entries[i].d_tag == DT_STRTAB)
			remote->names = absolute(remote, value);
		else if (entries[i].d_tag == DT_STRSZ)
			remote->names_bytes = value;
		else if (entries[i].d_tag == DT_JMPREL)
			ret_calls->address = absolute(remote, value);
		else if (entries[i].d_tag == DT_PLTRELSZ)
			ret_calls->size_bytes = value;
		else if (entries[i].d_tag == DT_RELA)
			ret_all->address = absolute(remote, value);
		else if (entries[i].d_tag == DT_RELASZ)
			ret_all->size_bytes = value;
	}
	if (!remote->symbols || !remote->names || remote->names_bytes > NAMES_BYTES_MAX)
		return false;
	remote->name_copy = copy(remote, remote->names, remote->names_bytes);
	return remote->name_copy;
}

static bool waits(const char *name)
{
	static const char *const names[] = { "pthread_mutex_lock", "pthread_mutex_trylock",
		"pthread_rwlock_rdlock", "pthread_rwlock_wrlock", "pthread_cond_wait",
		"pthread_spin_lock", "sem_wait", "mtx_lock", "semop" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static bool is_import(const Elf64_Rela *relocation)
{
	uint64_t type = ELF64_R_TYPE(relocation->r_info);

	return type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT;
}

/* Whether an entry of the global offset table is a waiting function's, and leads into a libc. */
static bool leads_past_us(struct remote *remote, const Elf64_Rela *relocation,
	const Elf64_Sym *symbol)
{
	const struct hw_mapping *mapping;
	uint64_t target;

	if (symbol->st_name >= remote->names_bytes || !waits(remote->name_copy + symbol->st_name))
		return false;
	remote->may_wait = true;
	if (!fetch(remote, remote->bias + relocation->r_offset, &target, sizeof(target)))
		return false;
	mapping = hw_roster_find_mapping(remote->roster, remote->process, UINT64_MAX, target);
	return mapping && hw_module_is_libc(mapping->module);
}

/* Imports come first in a table of symbols, so this is little of it. */
static Elf64_Sym *copy_symbols(const struct remote *remote, const Elf64_Rela *relocations,
	size_t count)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++)
		if (is_import(&relocations[i]) && ELF64_R_SYM(relocations[i].r_info) >= used)
			used = ELF64_R_SYM(relocations[i].r_info) + 1;
	return used && used <= SYMBOLS_MAX ?
		copy(remote, remote->symbols, used * sizeof(Elf64_Sym)) : NULL;
}

static bool any_leads_past_us(struct remote *remote, const struct table *table)
{
	size_t count = table->size_bytes / sizeof(Elf64_Rela);
	Elf64_Rela *relocations;
	Elf64_Sym *symbols;
	bool found = false;

	if (!table->address || !count || count > RELOCATIONS_MAX)
		return false;
	relocations = copy(remote, table->address, count * sizeof(*relocations));
	symbols = relocations ? copy_symbols(remote, relocations, count) : NULL;
	for (size_t i = 0; symbols && i < count && !found; i++)
		found = is_import(&relocations[i]) &&
			leads_past_us(remote, &relocations[i],
				&symbols[ELF64_R_SYM(relocations[i].r_info)]);
	free(relocations);
	free(symbols);
	return found;
}

static void add(struct hw_bypass *bypass, const struct hw_module *module)
{
	for (size_t i = 0; i < bypass->count; i++)
		if (bypass->modules[i] == module)
			return;
	HW_GROW(bypass->modules, bypass->count, bypass->capacity);
	bypass->modules[bypass->count++] = module;
}

static void look_into(struct hw_collector *collector, struct hw_process *process,
	struct hw_mapping *mapping)
{
	struct remote remote = { .roster = &collector->roster, .process = process,
		.bias = mapping->bias };
	struct table calls = { 0 }, all = { 0 };

	if (hw_module_is_libc(mapping->module)) {
		collector->bypass.second_libc = mapping->module;
		mapping->judged = true;
	} else if (!read_dynamic(&remote, &calls, &all)) {
		mapping->judged = true;
	} else if (any_leads_past_us(&remote, &calls) || any_leads_past_us(&remote, &all)) {
		add(&collector->bypass, mapping->module);
		mapping->judged = true;
	} else {
		mapping->judged = !remote.may_wait;
	}
	free(remote.name_copy);
}

/* With a libc that cannot tell (before 2.35) all is seen from outside: then nothing stands out. */
static bool tells_modules(const struct hw_process *process)
{
	for (size_t i = 0; i < process->mapping_count; i++)
		if (!process->mappings[i].seen_outside)
			return true;
	return false;
}

static void look_at(struct hw_collector *collector, struct hw_process *process, int64_t now_ns)
{
	if (!tells_modules(process))
		return;
	hw_roster_refresh_maps(&collector->roster, process, now_ns);
	for (size_t i = 0; i < process->mapping_count; i++)
		if (process->mappings[i].seen_outside && !process->mappings[i].judged)
			look_into(collector, process, &process->mappings[i]);
}

void hw_bypass_look(struct hw_collector *collector)
{
	int64_t now_ns = hw_collector_now_ns(collector), cost_ns;

	if (now_ns < collector->bypass.due_ns)
		return;
	for (size_t i = 0; i < collector->watched_count; i++) {
		const struct hw_watched *watched = &collector->watched[i];

		/* What a forked child inherited, its own log does not tell. */
		if (!watched->ended && !watched->foreign &&
			watched->process->origin != HW_ORIGIN_FORK)
			look_at(collector, watched->process, now_ns);
	}
	cost_ns = (hw_collector_now_ns(collector) - now_ns) * COST_SHARE;
	collector->bypass.due_ns = now_ns + (cost_ns > INTERVAL_NS ? cost_ns : INTERVAL_NS);
}

void hw_bypass_store(struct hw_collector *collector)
{
	const struct hw_bypass *bypass = &collector->bypass;
	char key[48];

	for (size_t i = 0; i < bypass->count; i++) {
		snprintf(key, sizeof(key), "bypass.%zu", i + 1);
		hw_store_meta_text(collector->store, key, bypass->modules[i]->path);
	}
	if (bypass->second_libc)
		hw_store_meta_text(collector->store, "second_libc", bypass->second_libc->path);
}

void hw_bypass_finish(struct hw_bypass *bypass)
{
	free(bypass->modules);
	*bypass = (struct hw_bypass){ 0 };
}
