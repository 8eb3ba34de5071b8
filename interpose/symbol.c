/* SPDX-License-Identifier: MIT */
#include "interpose/symbol.h"

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct tables {
	uintptr_t bias;
	const ElfW(Sym) *symbols;
	const char *names;
	const uint32_t *gnu_hash;
	const uint32_t *hash;
};

/* The dynamic linker has made addresses of offsets, but not in a module of the kernel's. */
static const void *pointer(const struct hw_module_headers *module, const ElfW(Dyn) *entry)
{
	uintptr_t value = entry->d_un.d_ptr;

	return (const void *)(value < module->bias ? value + module->bias : value);
}

static bool find_tables(const struct hw_module_headers *module, struct tables *ret_tables)
{
	struct tables tables = { .bias = module->bias };

	for (const ElfW(Dyn) *entry = module->dynamic; entry && entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == DT_SYMTAB)
			tables.symbols = pointer(module, entry);
		else if (entry->d_tag == DT_STRTAB)
			tables.names = pointer(module, entry);
		else if (entry->d_tag == DT_GNU_HASH)
			tables.gnu_hash = pointer(module, entry);
		else if (entry->d_tag == DT_HASH)
			tables.hash = pointer(module, entry);
	}
	*ret_tables = tables;
	return tables.symbols && tables.names;
}

static bool is(const struct tables *tables, uint32_t number, const char *name)
{
	const ElfW(Sym) *symbol = &tables->symbols[number];
	unsigned type = ELF64_ST_TYPE(symbol->st_info);

	return symbol->st_shndx != SHN_UNDEF && type != STT_TLS && type != STT_GNU_IFUNC &&
		!strcmp(tables->names + symbol->st_name, name);
}

static uint32_t gnu_hash_of(const char *name)
{
	uint32_t hash = 5381;

	while (*name)
		hash = hash * 33 + (unsigned char)*name++;
	return hash;
}

/* Header: buckets, first symbol, words of the filter, its shift; then filter, buckets, chains. */
static uint32_t find_by_gnu_hash(const struct tables *tables, const char *name)
{
	const uint32_t *header = tables->gnu_hash;
	const uint64_t *filter = (const uint64_t *)(header + 4);
	const uint32_t *buckets = (const uint32_t *)(filter + header[2]);
	const uint32_t *chains = buckets + header[0];
	uint32_t hash = gnu_hash_of(name), number;
	uint64_t bits = 1ull << hash % 64 | 1ull << (hash >> header[3]) % 64;

	if (!header[0] || !header[2] || (filter[hash / 64 % header[2]] & bits) != bits)
		return 0;
	number = buckets[hash % header[0]];
	if (number < header[1])
		return 0;
	for (;; number++) {
		uint32_t entry = chains[number - header[1]];

		if ((entry | 1) == (hash | 1) && is(tables, number, name))
			return number;
		if (entry & 1)
			return 0;
	}
}

/* The older table tells how many symbols there are. */
static uint32_t find_one_by_one(const struct tables *tables, const char *name)
{
	for (uint32_t number = 1; number < tables->hash[1]; number++)
		if (is(tables, number, name))
			return number;
	return 0;
}

void *hw_symbol_find(const struct hw_module_headers *module, const char *name, size_t *ret_bytes)
{
	struct tables tables;
	uint32_t number = 0;

	if (!find_tables(module, &tables))
		return NULL;
	if (tables.gnu_hash)
		number = find_by_gnu_hash(&tables, name);
	else if (tables.hash)
		number = find_one_by_one(&tables, name);
	if (!number)
		return NULL;
	*ret_bytes = tables.symbols[number].st_size;
	return (void *)(tables.bias + tables.symbols[number].st_value);
}
