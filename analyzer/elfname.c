/* SPDX-License-Identifier: MIT */
#include "analyzer/elfname.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/path.h"
#include "trace/memory.h"

static size_t leading_underscores(const char *name)
{
	/* Mangled names start with one, public or not. */
	if (strncmp(name, "_Z", 2) == 0 || strncmp(name, "_R", 2) == 0)
		return 0;
	return strspn(name, "_");
}

static int binding_rank(unsigned char binding)
{
	switch (binding) {
	case STB_GLOBAL:
	case STB_GNU_UNIQUE:
		return 0;
	case STB_WEAK:
		return 1;
	default:
		return 2;
	}
}

static size_t name_length(const char *name)
{
	return strcspn(name, "@");
}

/* The worst name of an address first, so that its best is added last to the spans and wins. */
static int compare_names(const void *left, const void *right)
{
	const struct hw_elfname *a = left, *b = right;
	size_t a_under = leading_underscores(a->name), b_under = leading_underscores(b->name);
	int a_rank = binding_rank(a->binding), b_rank = binding_rank(b->binding);
	size_t a_length = name_length(a->name), b_length = name_length(b->name);

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (a_under != b_under)
		return a_under > b_under ? -1 : 1;
	if (a_rank != b_rank)
		return b_rank - a_rank;
	if (a_length != b_length)
		return a_length > b_length ? -1 : 1;
	return strcmp(b->name, a->name);
}

static bool is_function(unsigned char type)
{
	return type == STT_FUNC || type == STT_GNU_IFUNC;
}

static bool is_wanted(const GElf_Sym *symbol, const char *name)
{
	unsigned char type = GELF_ST_TYPE(symbol->st_info);

	if (!name || !*name || symbol->st_shndx == SHN_UNDEF || symbol->st_shndx == SHN_ABS)
		return false;
	/* Thread-local symbols hold an offset, not an address. */
	return is_function(type) || type == STT_OBJECT || type == STT_COMMON;
}

static void read_names(struct hw_elfname_table *table, Dwfl_Module *module, uint64_t bias)
{
	int count = dwfl_module_getsymtab(module);
	const char *file = NULL;

	for (int i = 0; i < count; i++) {
		GElf_Sym symbol;
		GElf_Addr address;
		const char *name =
			dwfl_module_getsym_info(module, i, &symbol, &address, NULL, NULL, NULL);

		/* The symbol of a source file stands before all that are local to it. */
		if (name && GELF_ST_TYPE(symbol.st_info) == STT_FILE)
			file = *name ? hw_path_base(name) : NULL;
		if (!is_wanted(&symbol, name))
			continue;
		HW_GROW(table->names, table->count, table->capacity);
		table->names[table->count++] = (struct hw_elfname){
			.address = address - bias,
			.size_bytes = symbol.st_size ? symbol.st_size : 1,
			.name = name,
			.file = GELF_ST_BIND(symbol.st_info) == STB_LOCAL ? file : NULL,
			.type = GELF_ST_TYPE(symbol.st_info),
			.binding = GELF_ST_BIND(symbol.st_info),
		};
	}
}

void hw_elfname_read(struct hw_elfname_table *table, Dwfl_Module *module, uint64_t bias)
{
	read_names(table, module, bias);
	if (table->count)
		qsort(table->names, table->count, sizeof(*table->names), compare_names);
	for (size_t i = 0; i < table->count; i++) {
		const struct hw_elfname *name = &table->names[i];

		hw_span_add(is_function(name->type) ? &table->functions : &table->data,
			name->address, name->address + name->size_bytes, i);
	}
	hw_span_sort(&table->functions);
	hw_span_sort(&table->data);
}

void hw_elfname_finish(struct hw_elfname_table *table)
{
	hw_span_finish(&table->functions);
	hw_span_finish(&table->data);
	free(table->names);
	*table = (struct hw_elfname_table){ 0 };
}

static const struct hw_elfname *find(
	const struct hw_elfname_table *table, const struct hw_span_list *spans, uint64_t address)
{
	const struct hw_span *span = hw_span_find(spans, address);

	return span ? &table->names[span->value] : NULL;
}

const struct hw_elfname *hw_elfname_function(const struct hw_elfname_table *table, uint64_t address)
{
	return find(table, &table->functions, address);
}

const struct hw_elfname *hw_elfname_data(const struct hw_elfname_table *table, uint64_t address)
{
	return find(table, &table->data, address);
}

bool hw_elfname_is_ambiguous(const struct hw_elfname_table *table, const struct hw_elfname *symbol)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct hw_elfname *other = &table->names[i];

		if (other->address != symbol->address && !is_function(other->type) &&
			strcmp(other->name, symbol->name) == 0)
			return true;
	}
	return false;
}

char *hw_elfname_copy(const struct hw_elfname *symbol)
{
	size_t length = name_length(symbol->name);
	char *name = hw_xmalloc(length + 1);

	memcpy(name, symbol->name, length);
	name[length] = '\0';
	return name;
}
