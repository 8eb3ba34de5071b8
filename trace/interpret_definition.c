/* SPDX-License-Identifier: MIT */
/* What the records define: objects and their names, modules, functions of interpreted programs. */
#include <stdlib.h>
#include <string.h>

#include "trace/interpret.h"
#include "trace/memory.h"

static size_t payload_bytes(const struct hw_defined *defined)
{
	return hw_record_payload(&defined->record) * sizeof(defined->record);
}

bool hw_interpret_definition(void *context, struct hw_reader *reader,
	struct hw_record record, uint64_t ticks, const struct hw_record *payload)
{
	struct hw_interpreter *interpreter = context;
	enum hw_op op = hw_record_op(&record);

	if (op != HW_OP_OBJECT && op != HW_OP_MODULE && op != HW_OP_CODE && op != HW_OP_NAME)
		return true;
	HW_GROW(interpreter->defined, interpreter->defined_count, interpreter->defined_capacity);
	interpreter->defined[interpreter->defined_count] = (struct hw_defined){ .ticks = ticks,
		.sequence = interpreter->defined_count, .process = reader->thread->process,
		.record = record, .payload = payload };
	interpreter->defined_count++;
	return true;
}

static int compare_times(const void *a, const void *b)
{
	const struct hw_defined *left = a, *right = b;

	if (left->ticks != right->ticks)
		return left->ticks < right->ticks ? -1 : 1;
	return left->sequence < right->sequence ? -1 : 1;
}

/* A home-made lock is a mutex until it is acquired in shared mode. */
static void correct_object(struct hw_object *object, const struct hw_object_definition *definition)
{
	if (object->type & definition->type & HW_TYPE_ANNOTATED &&
		object->kind == HW_KIND_MUTEX && definition->kind == HW_KIND_RWLOCK) {
		object->kind = HW_KIND_RWLOCK;
		object->dirty = true;
	}
}

static void define_object(struct hw_interpreter *interpreter, const struct hw_defined *defined)
{
	uint32_t number = hw_what_object(defined->record.what);
	struct hw_object *known = hw_roster_object(defined->process, number);
	struct hw_object_definition definition = { .address = 0 };
	size_t bytes = payload_bytes(defined);

	if (bytes < offsetof(struct hw_object_definition, device) || !number)
		return;
	memcpy(&definition, defined->payload,
		bytes < sizeof(definition) ? bytes : sizeof(definition));
	if (known && known->kind != HW_KIND_NONE) {
		correct_object(known, &definition);
		return;
	}
	definition.name[sizeof(definition.name) - 1] = '\0';
	hw_roster_define(interpreter->roster, defined->process,
		hw_record_time(&defined->record), number, &definition);
}

static void define_module(struct hw_interpreter *interpreter, const struct hw_defined *defined)
{
	size_t bytes = payload_bytes(defined);
	struct hw_module_definition definition;

	if (bytes < sizeof(definition))
		return;
	memcpy(&definition, defined->payload, sizeof(definition));
	if (hw_what_object(defined->record.what) == HW_MODULE_CLOSED)
		hw_roster_unmap_module(defined->process, hw_record_time(&defined->record),
			&definition);
	else if (definition.path_bytes <= bytes - sizeof(definition))
		hw_roster_map_module(interpreter->roster, defined->process,
			hw_record_time(&defined->record), &definition,
			(const char *)defined->payload + sizeof(definition));
}

static void define_code(struct hw_interpreter *interpreter, const struct hw_defined *defined)
{
	size_t bytes = payload_bytes(defined);
	struct hw_code_definition definition;

	if (bytes < sizeof(definition))
		return;
	memcpy(&definition, defined->payload, sizeof(definition));
	if ((uint64_t)definition.file_bytes + definition.name_bytes <= bytes - sizeof(definition))
		hw_roster_define_code(interpreter->roster, defined->process,
			hw_what_object(defined->record.what), &definition,
			(const char *)defined->payload + sizeof(definition));
}

void hw_interpret_define(struct hw_interpreter *interpreter, const struct hw_defined *defined)
{
	switch (hw_record_op(&defined->record)) {
	case HW_OP_OBJECT:
		define_object(interpreter, defined);
		break;
	case HW_OP_CODE:
		define_code(interpreter, defined);
		break;
	case HW_OP_NAME:
		hw_roster_name(interpreter->roster, defined->process,
			hw_what_object(defined->record.what), (const char *)defined->payload,
			payload_bytes(defined));
		break;
	default:
		define_module(interpreter, defined);
	}
}

void hw_interpret_definitions(struct hw_interpreter *interpreter)
{
	qsort(interpreter->defined, interpreter->defined_count, sizeof(*interpreter->defined),
		compare_times);
	for (size_t i = 0; i < interpreter->defined_count; i++)
		hw_interpret_define(interpreter, &interpreter->defined[i]);
	interpreter->defined_count = 0;
}
