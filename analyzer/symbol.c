/* SPDX-License-Identifier: MIT */
#include "analyzer/symbol.h"

#include <dwarf.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "analyzer/demangle.h"
#include "analyzer/die.h"
#include "analyzer/image.h"
#include "analyzer/path.h"
#include "trace/memory.h"

struct hw_symbols {
	int64_t recorded_at;
	struct hw_image **images;
	size_t image_count, image_capacity;
	char **notes;
	size_t note_count, note_capacity;
};

/*
 * A large program has 300 modules, each of them up to four open files: itself,
 * its debug file, and two sockets of the client of debuginfod that libdwfl
 * makes even when it is told of no server. The usual limit is 1024.
 */
static void allow_many_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

struct hw_symbols *hw_symbol_create(int64_t recorded_at)
{
	struct hw_symbols *symbols = hw_xcalloc(1, sizeof(*symbols));

	allow_many_files();
	symbols->recorded_at = recorded_at;
	return symbols;
}

void hw_symbol_destroy(struct hw_symbols *symbols)
{
	if (!symbols)
		return;
	for (size_t i = 0; i < symbols->image_count; i++)
		hw_image_close(symbols->images[i]);
	for (size_t i = 0; i < symbols->note_count; i++)
		free(symbols->notes[i]);
	free(symbols->images);
	free(symbols->notes);
	free(symbols);
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

struct hw_image *hw_symbol_image(struct hw_symbols *symbols, const char *path, const char *build_id)
{
	struct hw_image *image;

	/* Callers ask module by module, so the newest is the likeliest. */
	for (size_t i = symbols->image_count; i-- > 0;) {
		image = symbols->images[i];
		if (strcmp(image->path, path) == 0 && is_same(image->build_id, build_id))
			return image;
	}
	image = hw_image_open(path, build_id, symbols->recorded_at);
	HW_GROW(symbols->images, symbols->image_count, symbols->image_capacity);
	symbols->images[symbols->image_count++] = image;
	if (image->is_changed) {
		HW_GROW(symbols->notes, symbols->note_count, symbols->note_capacity);
		symbols->notes[symbols->note_count++] =
			hw_xasprintf("'%s' has changed since the recording", path);
	}
	return image;
}

const char *hw_symbol_note(const struct hw_symbols *symbols, size_t index)
{
	return index < symbols->note_count ? symbols->notes[index] : NULL;
}

static char *joined_path(Dwarf_Die *unit, const char *file)
{
	Dwarf_Attribute value;
	const char *directory = NULL;

	if (!file || !*file)
		return NULL;
	if (dwarf_attr(unit, DW_AT_comp_dir, &value))
		directory = dwarf_formstring(&value);
	/* libdw puts the folder before some names itself, which shows when it is a relative one. */
	if (directory && hw_path_below(file, directory) != file)
		directory = NULL;
	return hw_path_join(directory, file);
}

/* The line that holds the address itself. */
static void find_line(struct hw_code_unit *unit, Dwarf_Addr address, struct hw_symbol_frame *frame)
{
	Dwarf_Line *row = dwarf_getsrc_die(&unit->lines, address);

	/* Line 0 means code that no line is responsible for. */
	if (!row || dwarf_lineno(row, &frame->line) != 0 || frame->line <= 0) {
		frame->line = 0;
		return;
	}
	frame->file = joined_path(&unit->lines, dwarf_linesrc(row, NULL, NULL));
}

/* The line that called `inlined`, had it not been inlined. */
static void find_call(struct hw_code_unit *unit, Dwarf_Die *inlined, struct hw_symbol_frame *frame)
{
	Dwarf_Attribute value;
	Dwarf_Word line;

	if (!dwarf_attr(inlined, DW_AT_call_line, &value) || dwarf_formudata(&value, &line) != 0 ||
		!line || line > INT_MAX)
		return;
	frame->line = (int)line;
	frame->file = joined_path(&unit->lines, hw_die_file(inlined, DW_AT_call_file));
}

/* As DWARF names are shown: a linker name would be a stranger among them. */
static char *shown_name(const struct hw_elfname *symbol)
{
	char *linker_name = hw_elfname_copy(symbol), *name = hw_demangle_short(linker_name);

	free(linker_name);
	return name;
}

/*
 * What everybody calls a function whose own name is an internal one: glibc's
 * source has ___pthread_mutex_lock, but it is known, and exported, as
 * pthread_mutex_lock. Takes and returns memory of the caller's.
 */
static char *public_name(struct hw_image *image, char *name, Dwarf_Addr entry)
{
	uint64_t address = entry - image->dwarf_bias;
	const struct hw_elfname *symbol;
	size_t own, others;
	char *exported;

	if (!name || name[0] != '_')
		return name;
	symbol = hw_elfname_function(hw_image_names(image), address);
	if (!symbol || symbol->address != address)
		return name;
	exported = shown_name(symbol);
	own = strspn(name, "_");
	others = strspn(exported, "_");
	if (others > own || (others == own && strlen(exported) >= strlen(name))) {
		free(exported);
		return name;
	}
	free(name);
	return exported;
}

/* Where a function is called. Of one in several parts the first part begins there. */
static bool find_entry(Dwarf_Die *function, Dwarf_Addr *ret_entry)
{
	Dwarf_Addr base, low, high;

	if (dwarf_entrypc(function, ret_entry) == 0)
		return true;
	if (dwarf_ranges(function, 0, &base, &low, &high) <= 0)
		return false;
	*ret_entry = low;
	return true;
}

static void describe_function(
	struct hw_image *image, Dwarf_Die *die, Dwarf_Addr address, struct hw_symbol_frame *frame)
{
	Dwarf_Addr entry;

	frame->function = hw_die_function_name(die);
	if (dwarf_decl_line(die, &frame->function_line) != 0 || frame->function_line < 0)
		frame->function_line = 0;
	if (dwarf_tag(die) != DW_TAG_subprogram || !find_entry(die, &entry))
		return;
	frame->function = public_name(image, frame->function, entry);
	/* A part that was moved away from the busy code may lie before the entry. */
	if (address >= entry)
		frame->function_offset = address - entry;
}

static bool find_in_dwarf(
	struct hw_image *image, uint64_t address, struct hw_symbol_chain *ret_chain)
{
	struct hw_symbol_frame *frames;
	struct hw_code_place place;

	address += image->dwarf_bias;
	if (!hw_code_find(hw_image_code(image), address, &place))
		return false;
	ret_chain->count = place.function_count ? place.function_count : 1;
	frames = ret_chain->frames = hw_xcalloc(ret_chain->count, sizeof(*frames));
	find_line(place.unit, address, &frames[0]);
	for (size_t i = 0; i < place.function_count; i++) {
		if (i > 0)
			find_call(place.unit, &place.functions[i - 1], &frames[i]);
		describe_function(image, &place.functions[i], address, &frames[i]);
	}
	return true;
}

/* Put the ELF symbol's name where the outermost frame has none. */
static void find_in_elf(struct hw_image *image, uint64_t address, struct hw_symbol_chain *chain)
{
	const struct hw_elfname *symbol = hw_elfname_function(hw_image_names(image), address);
	struct hw_symbol_frame *frame;

	if (!symbol)
		return;
	if (!chain->count) {
		chain->frames = hw_xcalloc(1, sizeof(*chain->frames));
		chain->count = 1;
	}
	frame = &chain->frames[chain->count - 1];
	if (frame->function)
		return;
	frame->function = shown_name(symbol);
	frame->function_offset = address - symbol->address;
}

void hw_symbol_find(struct hw_symbols *symbols, const char *path, const char *build_id,
	uint64_t return_address, struct hw_symbol_chain *ret_chain)
{
	struct hw_image *image = hw_symbol_image(symbols, path, build_id);
	uint64_t address = return_address ? return_address - 1 : 0;

	*ret_chain = (struct hw_symbol_chain){ 0 };
	if (!image->module)
		return;
	find_in_dwarf(image, address, ret_chain);
	find_in_elf(image, address, ret_chain);
}

void hw_symbol_finish(struct hw_symbol_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++) {
		free(chain->frames[i].function);
		free(chain->frames[i].file);
	}
	free(chain->frames);
	*chain = (struct hw_symbol_chain){ 0 };
}
