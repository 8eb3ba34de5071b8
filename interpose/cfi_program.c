/* SPDX-License-Identifier: MIT */
#include "interpose/cfi_program.h"

/* DWARF's numbers of registers (System V ABI, AMD64 supplement, figure 3.36). */
enum { REGISTER_BASE = 6, REGISTER_STACK = 7, REGISTER_RETURN = 16, NO_REGISTER = 255 };

/* Rules of the return address. */
enum back { BACK_USUAL, BACK_UNDEFINED, BACK_ELSEWHERE };

/* rbp was saved where the rules that are kept cannot tell; who needs it finds no rule. */
enum { BASE_LOST = HW_BASE_AT_BASE + 1 };

struct row {
	struct hw_rule rule;
	int base; /* enum hw_rule_base or BASE_LOST; goes into the rule at the end */
	enum back back;
};

enum { STATES_MAX = 8 };

struct machine {
	const struct hw_cfi_entry *entry;
	struct hw_cfi_reader reader;
	uintptr_t at; /* the row holds from here on */
	struct row row;
	struct row first; /* when the function's own program begins */
	struct row states[STATES_MAX];
	unsigned state_count;
	bool failed;
};

static void set_frame_offset(struct machine *machine, int64_t offset)
{
	machine->row.rule.frame_offset = (int32_t)offset;
	machine->failed |= offset != machine->row.rule.frame_offset;
}

static void set_frame_register(struct machine *machine, uint64_t number)
{
	machine->row.rule.kind = number == REGISTER_STACK ? HW_RULE_STACK :
		number == REGISTER_BASE                   ? HW_RULE_BASE :
							    HW_RULE_UNKNOWN;
}

static void set_saved(struct machine *machine, uint64_t number, int base, int64_t offset)
{
	if (number == REGISTER_RETURN) {
		machine->row.back = base == HW_BASE_AT_FRAME && offset == -8 ? BACK_USUAL :
									      BACK_ELSEWHERE;
	} else if (number == REGISTER_BASE) {
		machine->row.base = base;
		machine->row.rule.base_offset = (int32_t)offset;
		machine->failed |= offset != machine->row.rule.base_offset;
	}
}

static void set_kept(struct machine *machine, uint64_t number)
{
	set_saved(machine, number, HW_BASE_KEPT, 0);
}

static void set_lost(struct machine *machine, uint64_t number)
{
	set_saved(machine, number, BASE_LOST, 0);
}

static void set_undefined(struct machine *machine, uint64_t number)
{
	set_lost(machine, number);
	if (number == REGISTER_RETURN)
		machine->row.back = BACK_UNDEFINED;
}

static void set_as_at_first(struct machine *machine, uint64_t number)
{
	if (number == REGISTER_RETURN) {
		machine->row.back = machine->first.back;
	} else if (number == REGISTER_BASE) {
		machine->row.base = machine->first.base;
		machine->row.rule.base_offset = machine->first.rule.base_offset;
	}
}

enum { OPERATION_BASE = 0x70 + REGISTER_BASE, OPERATION_DEREF = 0x06 };

/* Of expressions: rbp + offset, or the word that is there. */
static bool read_expression(struct machine *machine, bool is_pointed, int64_t *ret_offset)
{
	uint64_t bytes = hw_cfi_read_unsigned(&machine->reader);
	struct hw_cfi_reader inner = machine->reader;
	bool is_known;

	hw_cfi_skip(&machine->reader, bytes);
	inner.end = machine->reader.at;
	is_known = hw_cfi_read(&inner, 1) == OPERATION_BASE;
	*ret_offset = hw_cfi_read_signed(&inner);
	if (is_pointed)
		is_known &= hw_cfi_read(&inner, 1) == OPERATION_DEREF;
	return is_known && !inner.overrun && inner.at == inner.end;
}

static void read_frame_expression(struct machine *machine)
{
	int64_t offset;
	bool is_known = read_expression(machine, true, &offset);

	machine->row.rule.kind = is_known ? HW_RULE_BASE_POINTED : HW_RULE_UNKNOWN;
	if (is_known)
		set_frame_offset(machine, offset);
}

static void read_saved_expression(struct machine *machine)
{
	uint64_t number = hw_cfi_read_unsigned(&machine->reader);
	int64_t offset;

	if (read_expression(machine, false, &offset))
		set_saved(machine, number, HW_BASE_AT_BASE, offset);
	else
		set_lost(machine, number);
}

static void remember_state(struct machine *machine)
{
	if (machine->state_count == STATES_MAX)
		machine->failed = true;
	else
		machine->states[machine->state_count++] = machine->row;
}

static void restore_state(struct machine *machine)
{
	if (!machine->state_count)
		machine->failed = true;
	else
		machine->row = machine->states[--machine->state_count];
}

/* The instructions (DWARF 5, 7.24), and those of GNU. */
enum {
	CFA_ADVANCE = 0x40, /* these three with an operand in the lower six bits */
	CFA_OFFSET = 0x80,
	CFA_RESTORE = 0xc0,
	CFA_NOP = 0x00,
	CFA_SET_LOC = 0x01,
	CFA_ADVANCE_1 = 0x02,
	CFA_ADVANCE_2 = 0x03,
	CFA_ADVANCE_4 = 0x04,
	CFA_OFFSET_EXTENDED = 0x05,
	CFA_RESTORE_EXTENDED = 0x06,
	CFA_UNDEFINED = 0x07,
	CFA_SAME_VALUE = 0x08,
	CFA_REGISTER = 0x09,
	CFA_REMEMBER_STATE = 0x0a,
	CFA_RESTORE_STATE = 0x0b,
	CFA_FRAME = 0x0c,
	CFA_FRAME_REGISTER = 0x0d,
	CFA_FRAME_OFFSET = 0x0e,
	CFA_FRAME_EXPRESSION = 0x0f,
	CFA_EXPRESSION = 0x10,
	CFA_OFFSET_EXTENDED_SF = 0x11,
	CFA_FRAME_SF = 0x12,
	CFA_FRAME_OFFSET_SF = 0x13,
	CFA_GNU_ARGS_SIZE = 0x2e,
};

static void advance(struct machine *machine, uint64_t units)
{
	machine->at += units * machine->entry->code_factor;
}

/* Of where the row begins to hold. False when it is another instruction. */
static bool move(struct machine *machine, uint8_t code)
{
	struct hw_cfi_reader *reader = &machine->reader;

	switch (code) {
	case CFA_SET_LOC:
		machine->at = hw_cfi_read_pointer(reader, machine->entry->encoding);
		return true;
	case CFA_ADVANCE_1:
		advance(machine, hw_cfi_read(reader, 1));
		return true;
	case CFA_ADVANCE_2:
		advance(machine, hw_cfi_read(reader, 2));
		return true;
	case CFA_ADVANCE_4:
		advance(machine, hw_cfi_read(reader, 4));
		return true;
	default:
		if ((code & 0xc0) != CFA_ADVANCE)
			return false;
		advance(machine, code & 0x3f);
		return true;
	}
}

/* Of how the CFA is found. False when it is another instruction. */
static bool define_frame(struct machine *machine, uint8_t code)
{
	struct hw_cfi_reader *reader = &machine->reader;
	int64_t factor = machine->entry->data_factor;

	switch (code) {
	case CFA_FRAME:
		set_frame_register(machine, hw_cfi_read_unsigned(reader));
		set_frame_offset(machine, (int64_t)hw_cfi_read_unsigned(reader));
		return true;
	case CFA_FRAME_SF:
		set_frame_register(machine, hw_cfi_read_unsigned(reader));
		set_frame_offset(machine, hw_cfi_read_signed(reader) * factor);
		return true;
	case CFA_FRAME_REGISTER:
		set_frame_register(machine, hw_cfi_read_unsigned(reader));
		return true;
	case CFA_FRAME_OFFSET:
		set_frame_offset(machine, (int64_t)hw_cfi_read_unsigned(reader));
		return true;
	case CFA_FRAME_OFFSET_SF:
		set_frame_offset(machine, hw_cfi_read_signed(reader) * factor);
		return true;
	case CFA_FRAME_EXPRESSION:
		read_frame_expression(machine);
		return true;
	default:
		return false;
	}
}

/* Of where a register is saved. False when it is another instruction. */
static bool save_register(struct machine *machine, uint8_t code)
{
	struct hw_cfi_reader *reader = &machine->reader;
	int64_t factor = machine->entry->data_factor;
	uint64_t number;

	switch (code) {
	case CFA_OFFSET_EXTENDED:
		number = hw_cfi_read_unsigned(reader);
		set_saved(machine, number, HW_BASE_AT_FRAME,
			(int64_t)hw_cfi_read_unsigned(reader) * factor);
		return true;
	case CFA_OFFSET_EXTENDED_SF:
		number = hw_cfi_read_unsigned(reader);
		set_saved(machine, number, HW_BASE_AT_FRAME, hw_cfi_read_signed(reader) * factor);
		return true;
	case CFA_EXPRESSION:
		read_saved_expression(machine);
		return true;
	case CFA_UNDEFINED:
		set_undefined(machine, hw_cfi_read_unsigned(reader));
		return true;
	case CFA_SAME_VALUE:
		set_kept(machine, hw_cfi_read_unsigned(reader));
		return true;
	case CFA_REGISTER:
		set_lost(machine, hw_cfi_read_unsigned(reader));
		hw_cfi_read_unsigned(reader);
		return true;
	default:
		if ((code & 0xc0) != CFA_OFFSET)
			return false;
		set_saved(machine, code & 0x3f, HW_BASE_AT_FRAME,
			(int64_t)hw_cfi_read_unsigned(reader) * factor);
		return true;
	}
}

/* Of what it was before. False when it is another instruction. */
static bool restore(struct machine *machine, uint8_t code)
{
	switch (code) {
	case CFA_REMEMBER_STATE:
		remember_state(machine);
		return true;
	case CFA_RESTORE_STATE:
		restore_state(machine);
		return true;
	case CFA_RESTORE_EXTENDED:
		set_as_at_first(machine, hw_cfi_read_unsigned(&machine->reader));
		return true;
	default:
		if ((code & 0xc0) != CFA_RESTORE)
			return false;
		set_as_at_first(machine, code & 0x3f);
		return true;
	}
}

/* Until the row holds for an address past the one that is asked for, or the program ends. */
static void run(struct machine *machine, struct hw_cfi_reader program, uintptr_t address)
{
	machine->reader = program;
	while (machine->reader.at < machine->reader.end && !machine->failed) {
		struct row before = machine->row;
		uint8_t code = (uint8_t)hw_cfi_read(&machine->reader, 1);

		if (move(machine, code)) {
			if (machine->at <= address)
				continue;
			machine->row = before;
			break;
		}
		if (code == CFA_GNU_ARGS_SIZE)
			hw_cfi_read_unsigned(&machine->reader);
		else if (code != CFA_NOP && !define_frame(machine, code) &&
			!save_register(machine, code) && !restore(machine, code))
			machine->failed = true;
	}
	machine->failed |= machine->reader.overrun;
}

static struct hw_rule rule_of(const struct row *row)
{
	static const struct hw_rule unknown = { .kind = HW_RULE_UNKNOWN };
	static const struct hw_rule end = { .kind = HW_RULE_END };
	struct hw_rule rule = row->rule;

	if (row->back == BACK_UNDEFINED)
		return end;
	if (row->back == BACK_ELSEWHERE || row->base == BASE_LOST)
		return unknown;
	rule.base = (enum hw_rule_base)row->base;
	return rule;
}

struct hw_rule hw_cfi_run(const struct hw_cfi_entry *entry, uintptr_t address)
{
	static const struct hw_rule unknown = { .kind = HW_RULE_UNKNOWN };
	struct machine machine = { .entry = entry, .at = entry->begin,
		.row = { .base = HW_BASE_KEPT, .back = BACK_ELSEWHERE } };

	if (entry->is_signal)
		return unknown;
	run(&machine, entry->first, address);
	machine.first = machine.row;
	run(&machine, entry->program, address);
	return machine.failed ? unknown : rule_of(&machine.row);
}
