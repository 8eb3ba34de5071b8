/* SPDX-License-Identifier: MIT */
#include "analyzer/variable.h"

#include <dwarf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/demangle.h"
#include "analyzer/die.h"
#include "analyzer/image.h"
#include "analyzer/member.h"
#include "analyzer/path.h"
#include "trace/memory.h"

static bool is_private(Dwarf_Die *die)
{
	return !hw_die_flag(die, DW_AT_external);
}

/* Base name of the file that declares the variable; libdw's memory, NULL when not known. */
static const char *file_of(Dwarf_Die *die)
{
	Dwarf_Die declaration = hw_die_declaration(die);
	const char *file = hw_die_file(die, DW_AT_decl_file);

	if (!file)
		file = hw_die_file(&declaration, DW_AT_decl_file);
	return file ? hw_path_base(file) : NULL;
}

/* Another private variable of the module has the same name, in another file. */
static bool is_ambiguous(
	struct hw_storage *storage, struct hw_storage_variable *variable, const char *full_name)
{
	const char *name = dwarf_diename(&variable->die), *file = file_of(&variable->die);
	bool found = false;

	for (size_t i = 0; i < storage->count && !found; i++) {
		Dwarf_Die *other = &storage->variables[i].die;
		const char *other_name = dwarf_diename(other), *other_file;
		char *other_full_name;

		if (storage->variables[i].address == variable->address || !other_name ||
			strcmp(other_name, name) != 0)
			continue;
		other_file = file_of(other);
		if (file && other_file && strcmp(file, other_file) == 0)
			continue;
		other_full_name = hw_die_qualified_name(other);
		found = other_full_name && strcmp(other_full_name, full_name) == 0;
		free(other_full_name);
	}
	return found;
}

/* "name" + "member", and " (file)" unless that is NULL, in new memory. */
static char *compose(const char *name, const char *member, const char *file)
{
	return file ? hw_xasprintf("%s%s (%s)", name, member, file)
		    : hw_xasprintf("%s%s", name, member);
}

static bool find_in_dwarf(struct hw_image *image, uint64_t address, const char *kind,
	struct hw_variable *ret_variable)
{
	struct hw_storage *storage = hw_image_storage(image);
	struct hw_storage_variable *variable;
	const char *private_file, *shown_file;
	char *name, *member, *class_member;
	Dwarf_Die type;

	address += image->dwarf_bias;
	variable = hw_storage_find(storage, address);
	name = variable ? hw_die_qualified_name(&variable->die) : NULL;
	if (!name || !hw_die_type(&variable->die, &type) ||
		!hw_member_find(hw_image_types(image), &type, address - variable->address, kind,
			&member, &class_member)) {
		free(name);
		return false;
	}
	private_file = is_private(&variable->die) ? file_of(&variable->die) : NULL;
	shown_file = is_ambiguous(storage, variable, name) ? private_file : NULL;
	*ret_variable = (struct hw_variable){
		.name = compose(name, member, shown_file),
		.class_name = compose(name, class_member, shown_file),
		.key = compose(name, class_member, private_file),
	};
	free(name);
	free(member);
	free(class_member);
	return true;
}

static bool find_in_elf(struct hw_image *image, uint64_t address, struct hw_variable *ret_variable)
{
	const struct hw_elfname_table *names = hw_image_names(image);
	const struct hw_elfname *symbol = hw_elfname_data(names, address);
	char *linker_name, *name, *shown;

	if (!symbol)
		return false;
	linker_name = hw_elfname_copy(symbol);
	name = hw_demangle_short(linker_name);
	if (address != symbol->address) {
		char *text = hw_xasprintf("%s+0x%" PRIx64, name, address - symbol->address);

		free(name);
		name = text;
	}
	shown = compose(name, "", hw_elfname_is_ambiguous(names, symbol) ? symbol->file : NULL);
	*ret_variable = (struct hw_variable){
		.name = shown,
		.class_name = hw_xstrdup(shown),
		.key = compose(name, "", symbol->file),
	};
	free(linker_name);
	free(name);
	return true;
}

bool hw_variable_find(struct hw_symbols *symbols, const char *path, const char *build_id,
	uint64_t address, const char *kind, struct hw_variable *ret_variable)
{
	struct hw_image *image = hw_symbol_image(symbols, path, build_id);

	if (!image->module)
		return false;
	return find_in_dwarf(image, address, kind, ret_variable) ||
	       find_in_elf(image, address, ret_variable);
}

void hw_variable_finish(struct hw_variable *variable)
{
	free(variable->name);
	free(variable->class_name);
	free(variable->key);
	*variable = (struct hw_variable){ 0 };
}
