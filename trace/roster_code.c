/* SPDX-License-Identifier: MIT */
#include "trace/roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/memory.h"

/* The part of the roster that knows code: modules, mappings, frames and call stacks. */

enum {
	REFRESH_NS = 1000000000,
	/* So often a library may be closed and opened between two looks at the logs. */
	CLOSED_MAX = 1024,
};

bool hw_module_is_libc(const struct hw_module *module)
{
	const char *slash = strrchr(module->path, '/');

	return !strncmp(slash ? slash + 1 : module->path, "libc.so", strlen("libc.so"));
}

/* Without a build id it is any file of that name. */
static struct hw_module *module_of(struct hw_roster *roster, const char *path, const char *build_id)
{
	struct hw_module *module;

	for (size_t i = 0; i < roster->module_count; i++)
		if (!strcmp(roster->modules[i]->path, path) &&
			(!*build_id || !strcmp(roster->modules[i]->build_id, build_id)))
			return roster->modules[i];
	module = hw_xcalloc(1, sizeof(*module));
	module->path = hw_xstrdup(path);
	snprintf(module->build_id, sizeof(module->build_id), "%s", build_id);
	HW_GROW(roster->modules, roster->module_count, roster->module_capacity);
	roster->modules[roster->module_count++] = module;
	module->id = (uint32_t)roster->module_count;
	return module;
}

static bool overlap(const struct hw_mapping *a, const struct hw_mapping *b)
{
	return a->start < b->end && b->start < a->end;
}

static void remove_mapping(struct hw_process *process, size_t at)
{
	process->mapping_count--;
	memmove(&process->mappings[at], &process->mappings[at + 1],
		(process->mapping_count - at) * sizeof(process->mappings[0]));
}

/* Of the libraries that were at this place before, the oldest is forgotten when they are many. */
static void forget_oldest(struct hw_process *process, const struct hw_mapping *mapping)
{
	size_t oldest = SIZE_MAX, count = 0;

	for (size_t i = process->mapping_count; i-- > 0;)
		if (overlap(&process->mappings[i], mapping)) {
			oldest = i;
			count++;
		}
	if (count > CLOSED_MAX)
		remove_mapping(process, oldest);
}

/* In the order of their times. One that is told of again is the same. */
static void add_mapping(struct hw_process *process, const struct hw_mapping *mapping)
{
	size_t at = process->mapping_count;

	while (at > 0 && process->mappings[at - 1].since > mapping->since)
		at--;
	for (size_t i = at; i-- > 0 && process->mappings[i].since == mapping->since;)
		if (process->mappings[i].start == mapping->start &&
			process->mappings[i].module == mapping->module)
			return;
	HW_GROW(process->mappings, process->mapping_count, process->mapping_capacity);
	memmove(&process->mappings[at + 1], &process->mappings[at],
		(process->mapping_count - at) * sizeof(process->mappings[0]));
	process->mappings[at] = *mapping;
	process->mapping_count++;
	forget_oldest(process, mapping);
}

void hw_roster_map_module(struct hw_roster *roster, struct hw_process *process, uint64_t ticks,
	const struct hw_module_definition *definition, const char *path)
{
	char build_id[49] = "", *copy;
	uint32_t bytes = definition->build_id_bytes;

	for (uint32_t i = 0; i < bytes && i < sizeof(definition->build_id); i++)
		snprintf(build_id + 2 * (size_t)i, 3, "%02x", definition->build_id[i]);
	copy = hw_xasprintf("%.*s", (int)definition->path_bytes, path);
	add_mapping(process,
		&(struct hw_mapping){ .start = definition->start,
			.end = definition->end,
			.bias = definition->bias,
			.since = ticks,
			.module = module_of(roster, copy, build_id) });
	free(copy);
}

void hw_roster_unmap_module(struct hw_process *process, uint64_t ticks,
	const struct hw_module_definition *definition)
{
	add_mapping(process,
		&(struct hw_mapping){ .start = definition->start, .end = definition->end,
			.since = ticks });
}

/* The last one that was there by then. A thread may be a little ahead of who logs the module. */
static const struct hw_mapping *mapping_at(const struct hw_process *process, uint64_t ticks,
	uint64_t address)
{
	const struct hw_mapping *later = NULL;

	for (size_t i = process->mapping_count; i-- > 0;) {
		const struct hw_mapping *mapping = &process->mappings[i];

		if (address - mapping->start >= mapping->end - mapping->start)
			continue;
		if (mapping->since <= ticks)
			return mapping->module ? mapping : later;
		later = mapping->module ? mapping : later;
	}
	return later;
}

static bool is_mapped(const struct hw_process *process, uint64_t start, uint64_t end)
{
	return mapping_at(process, UINT64_MAX, start) || mapping_at(process, UINT64_MAX, end - 1);
}

/*
 * Files mapped executable, for what the log does not tell: all of them, with a libc before
 * 2.35. Such a mapping's
 * bias is where offset 0 of the file would be, right for libraries and PIE as linkers lay them out.
 */
static void read_maps(struct hw_roster *roster, struct hw_process *process)
{
	char path[64], line[4600], file_path[4200];
	uint64_t since = process->mapping_count ?
		process->mappings[process->mapping_count - 1].since :
		0;
	FILE *file;

	process->maps_read = true;
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)process->pid);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		unsigned long long start, end, offset;
		char permissions[5];

		if (sscanf(line, "%llx-%llx %4s %llx %*s %*u %4199[^\n]", &start, &end,
			    permissions, &offset, file_path) == 5 &&
			permissions[2] == 'x' && file_path[0] == '/' &&
			!is_mapped(process, start, end))
			add_mapping(process,
				&(struct hw_mapping){ .start = start,
					.end = end,
					.bias = start - offset,
					.since = since,
					.seen_outside = true,
					.module = module_of(roster, file_path, "") });
	}
	fclose(file);
}

void hw_roster_refresh_maps(struct hw_roster *roster, struct hw_process *process, int64_t now_ns)
{
	if (process->maps_ns && now_ns - process->maps_ns < REFRESH_NS)
		return;
	process->maps_ns = now_ns;
	read_maps(roster, process);
}

const struct hw_mapping *hw_roster_find_mapping(struct hw_roster *roster,
	struct hw_process *process, uint64_t ticks, uint64_t address)
{
	if (!process->maps_read && !process->mapping_count)
		read_maps(roster, process);
	return mapping_at(process, ticks, address);
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	while (*text)
		hash = hw_hash_mix(hash, (unsigned char)*text++);
	return hash;
}

/* A function of a program that is interpreted; the index in the roster. */
static uint64_t code_of(struct hw_roster *roster, const char *file, char *function,
	uint32_t first_line)
{
	struct hw_module *module = module_of(roster, file, "");
	uint64_t key = hash_text(hw_hash_mix(module->id, first_line), function);
	uint64_t *index;
	bool new;

	module->is_source = true;
	for (;; key++) {
		const struct hw_code *known;

		index = hw_table_put(&roster->code_by_place, key, &new);
		if (new)
			break;
		known = &roster->codes[*index - 1];
		if (known->module == module && known->first_line == first_line &&
			!strcmp(known->function, function)) {
			free(function);
			return *index - 1;
		}
	}
	HW_GROW(roster->codes, roster->code_count, roster->code_capacity);
	roster->codes[roster->code_count++] = (struct hw_code){ .module = module,
		.function = function, .first_line = first_line };
	*index = roster->code_count;
	return *index - 1;
}

void hw_roster_define_code(struct hw_roster *roster, struct hw_process *process, uint32_t number,
	const struct hw_code_definition *definition, const char *text)
{
	char *file = hw_xasprintf("%.*s", (int)definition->file_bytes, text);
	char *function = hw_xasprintf("%.*s", (int)definition->name_bytes,
		text + definition->file_bytes);
	bool new;

	*hw_table_put(&process->codes, number, &new) =
		code_of(roster, *file ? file : "?", function, definition->first_line);
	free(file);
}

static bool same_frame(const struct hw_frame *a, const struct hw_frame *b)
{
	return a->module == b->module && a->offset == b->offset && a->signal == b->signal &&
	       a->line == b->line && a->function == b->function;
}

static uint32_t put_frame(struct hw_roster *roster, struct hw_frame frame)
{
	uint64_t where = (uint64_t)frame.signal << 32 | (frame.module ? frame.module->id : 0);
	uint64_t key = hw_hash_mix(where, frame.offset ^ (uint64_t)frame.line << 32);
	uint64_t *id;
	bool new;

	for (;; key++) {
		id = hw_table_put(&roster->frame_by_place, key, &new);
		if (new)
			break;
		if (same_frame(&roster->frames[*id - 1], &frame))
			return (uint32_t)*id;
	}
	HW_GROW(roster->frames, roster->frame_count, roster->frame_capacity);
	*id = roster->frame_count + 1;
	frame.id = (uint32_t)*id;
	roster->frames[roster->frame_count++] = frame;
	return frame.id;
}

static uint32_t signal_of(uint64_t address)
{
	return (uint32_t)(address >> HW_FRAME_SIGNAL_SHIFT);
}

/* Code that nobody defined, as there was too much, has a line and nothing else. */
static struct hw_frame frame_of_code(const struct hw_roster *roster,
	const struct hw_process *process, uint64_t address)
{
	uint64_t without_bit = address & ~(1ull << HW_FRAME_CODE_BIT);
	const uint64_t *index =
		hw_table_find(&process->codes, without_bit >> HW_FRAME_CODE_SHIFT);
	struct hw_frame frame = { .line = without_bit & ((1u << HW_FRAME_CODE_SHIFT) - 1) };

	if (index) {
		frame.module = roster->codes[*index].module;
		frame.function = roster->codes[*index].function;
		frame.offset = roster->codes[*index].first_line;
	}
	return frame;
}

/* Of the entry of a signal handler, only the signal matters. */
static uint32_t frame_of(struct hw_roster *roster, struct hw_process *process, uint64_t ticks,
	uint64_t address)
{
	const struct hw_mapping *mapping;

	if (signal_of(address))
		return put_frame(roster, (struct hw_frame){ .signal = signal_of(address) });
	if (address >> HW_FRAME_CODE_BIT)
		return put_frame(roster, frame_of_code(roster, process, address));
	mapping = hw_roster_find_mapping(roster, process, ticks, address);
	return put_frame(roster,
		(struct hw_frame){ .module = mapping ? mapping->module : NULL,
			.offset = mapping ? address - mapping->bias : address });
}

static uint32_t stack_of(struct hw_roster *roster, uint32_t parent, uint32_t frame,
	uint64_t signals)
{
	uint64_t key = hw_hash_mix((uint64_t)parent << 32 | frame, signals);
	uint64_t *id;
	bool new;

	for (;; key++) {
		const struct hw_stack *known;

		id = hw_table_put(&roster->stack_by_link, key, &new);
		if (new)
			break;
		known = &roster->stacks[*id - 1];
		if (known->parent == parent && known->frame == frame && known->signals == signals)
			return known->id;
	}
	HW_GROW(roster->stacks, roster->stack_count, roster->stack_capacity);
	*id = roster->stack_count + 1;
	roster->stacks[roster->stack_count++] = (struct hw_stack){ .id = (uint32_t)*id,
		.parent = parent, .frame = frame, .signals = signals };
	return (uint32_t)*id;
}

/* What a signal interrupted is no call: as if it were one, the place is made to be behind it. */
static uint64_t return_address(const uint64_t *addresses, size_t at)
{
	bool interrupted = at > 0 && signal_of(addresses[at - 1]) && !signal_of(addresses[at]);

	return addresses[at] + interrupted;
}

uint32_t hw_roster_stack(struct hw_roster *roster, struct hw_process *process, uint64_t ticks,
	uint64_t signals, const uint64_t *addresses, size_t count)
{
	uint32_t id = 0;

	while (count-- > 0) {
		uint64_t address = return_address(addresses, count);

		id = stack_of(roster, id, frame_of(roster, process, ticks, address),
			count ? 0 : signals);
	}
	return id;
}
