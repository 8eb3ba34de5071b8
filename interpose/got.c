/* SPDX-License-Identifier: MIT */
#include "interpose/got.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "interpose/sys.h"

enum { PAGE_BYTES = 4096 };

struct relocations {
	const ElfW(Rela) *first;
	size_t bytes;
};

/* What the dynamic section says, as the dynamic linker left it: addresses, not offsets. */
struct dynamic {
	const ElfW(Sym) *symbols;
	const char *names;
	struct relocations all, of_calls;
};

static void read_dynamic(const ElfW(Dyn) *entry, struct dynamic *ret_dynamic)
{
	struct dynamic dynamic = { 0 };

	for (; entry->d_tag != DT_NULL; entry++) {
		switch (entry->d_tag) {
		case DT_SYMTAB:
			dynamic.symbols = (const void *)entry->d_un.d_ptr;
			break;
		case DT_STRTAB:
			dynamic.names = (const void *)entry->d_un.d_ptr;
			break;
		case DT_RELA:
			dynamic.all.first = (const void *)entry->d_un.d_ptr;
			break;
		case DT_RELASZ:
			dynamic.all.bytes = entry->d_un.d_val;
			break;
		case DT_JMPREL:
			dynamic.of_calls.first = (const void *)entry->d_un.d_ptr;
			break;
		case DT_PLTRELSZ:
			dynamic.of_calls.bytes = entry->d_un.d_val;
			break;
		default:
			break;
		}
	}
	*ret_dynamic = dynamic;
}

/* Whether the page was made read-only after relocation. */
static bool read_only(const struct hw_module_headers *module, uintptr_t address)
{
	for (unsigned i = 0; i < module->count; i++) {
		uintptr_t start = module->bias + module->headers[i].p_vaddr;
		uintptr_t end = (start + module->headers[i].p_memsz) & -(uintptr_t)PAGE_BYTES;

		if (module->headers[i].p_type == PT_GNU_RELRO && address >= start && address < end)
			return true;
	}
	return false;
}

static void replace(const struct hw_module_headers *module, void **entry,
	const struct hw_got_replacement *with)
{
	uintptr_t page = (uintptr_t)entry & -(uintptr_t)PAGE_BYTES;
	bool protected = read_only(module, (uintptr_t)entry);

	if (protected && hw_sys3(SYS_mprotect, page, PAGE_BYTES, PROT_READ | PROT_WRITE))
		return;
	if (with->ret_own)
		*with->ret_own = *entry;
	*entry = with->function;
	if (protected)
		hw_sys3(SYS_mprotect, page, PAGE_BYTES, PROT_READ);
}

static void replace_in(const struct hw_module_headers *module, const struct dynamic *dynamic,
	const struct relocations *relocations, const struct hw_got_replacement *with)
{
	size_t count = relocations->bytes / sizeof(*relocations->first);

	for (size_t i = 0; i < count; i++) {
		const ElfW(Rela) *at = &relocations->first[i];
		const ElfW(Sym) *symbol = &dynamic->symbols[ELF64_R_SYM(at->r_info)];

		if (ELF64_R_TYPE(at->r_info) != R_X86_64_JUMP_SLOT &&
			ELF64_R_TYPE(at->r_info) != R_X86_64_GLOB_DAT)
			continue;
		if (!strcmp(dynamic->names + symbol->st_name, with->name))
			replace(module, (void **)(module->bias + at->r_offset), with);
	}
}

void hw_got_replace(const struct hw_module_headers *module,
	const struct hw_got_replacement *replacements, size_t count)
{
	struct dynamic dynamic;

	read_dynamic(module->dynamic, &dynamic);
	if (!dynamic.symbols || !dynamic.names)
		return;
	for (size_t i = 0; i < count; i++) {
		replace_in(module, &dynamic, &dynamic.of_calls, &replacements[i]);
		replace_in(module, &dynamic, &dynamic.all, &replacements[i]);
	}
}
