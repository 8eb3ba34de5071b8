/* SPDX-License-Identifier: MIT */
#include "analyzer/ownlock.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

/* Libraries that are known by a function they define, whatever their file is called. */
static const struct {
	const char *defines; /* the beginning of its name */
	const char *tells;
} known[] = {
	{ "GOMP_critical_start",
		"has the locks and critical sections of OpenMP, which are not seen; a lock of "
		"pthreads in their place is" },
	{ "_ZN4absl",
		"has absl::Mutex, which is not seen; Abseil built for debugging checks the order "
		"of its locks itself" },
	{ "_ZN11QBasicMutex",
		"has QMutex, which is not seen where it waits; a std::mutex in its place is" },
	{ "_ZN5folly",
		"has the locks of folly, which are not seen; a std::mutex in their place is" },
	{ "g_mutex_lock",
		"takes GLib's locks inside of GLib (GAsyncQueue, GThreadPool, GMainContext), which "
		"is not seen; those that others take are" },
};

/* CPython 3.13.1. */
enum { PYTHON_PARKING = 0x030d0100 };

/* Where calls of other modules' functions go through. */
struct linkage {
	uint64_t starts[4], ends[4];
	unsigned count;
};

/* One pass over the section headers. */
struct sections {
	Elf *elf;
	size_t names; /* the section that has their names */
	struct linkage linkage;
	bool imports_syscall;
	struct hw_ownlock_facts *facts;
};

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static void take_import(struct sections *s, const char *name)
{
	if (!strcmp(name, "syscall"))
		s->imports_syscall = true;
	if (starts_with(name, "_ZNSt28__atomic_futex_unsigned_base19_M_futex_wait"))
		s->facts->waits_for_future = true;
	if (starts_with(name, "_ZSt") || starts_with(name, "_ZNSt") ||
		starts_with(name, "__cxa_throw") || starts_with(name, "__gxx_personality"))
		s->facts->is_cxx = true;
}

/* The interpreter says its version as 0x030d01f0, in a constant. */
static bool is_parking_python(struct sections *s, const GElf_Sym *symbol)
{
	Elf_Scn *section = elf_getscn(s->elf, symbol->st_shndx);
	Elf_Data *data = elf_rawdata(section, NULL);
	GElf_Shdr header;
	uint64_t version, at;

	if (!data || !data->d_buf || !gelf_getshdr(section, &header))
		return false;
	at = symbol->st_value - header.sh_addr;
	if (at > data->d_size || data->d_size - at < sizeof(version))
		return false;
	memcpy(&version, (const char *)data->d_buf + at, sizeof(version));
	return version >= PYTHON_PARKING;
}

static void take_definition(struct sections *s, const char *name, const GElf_Sym *symbol)
{
	if (!strcmp(name, "Py_Version"))
		s->facts->is_parking_python = is_parking_python(s, symbol);
	if (!strcmp(name, "rust_eh_personality"))
		s->facts->is_rust = true;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]) && !s->facts->known; i++)
		if (starts_with(name, known[i].defines))
			s->facts->known = (int)i + 1;
}

static void read_symbols(struct sections *s, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t count = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
	GElf_Sym symbol;

	for (size_t i = 1; data && i < count && gelf_getsym(data, (int)i, &symbol); i++) {
		const char *name = elf_strptr(s->elf, header->sh_link, symbol.st_name);

		if (!name)
			continue;
		if (symbol.st_shndx == SHN_UNDEF)
			take_import(s, name);
		else
			take_definition(s, name, &symbol);
	}
}

static bool contains(Elf_Scn *section, const char *text)
{
	Elf_Data *data = elf_rawdata(section, NULL);

	return data && data->d_buf && memmem(data->d_buf, data->d_size, text, strlen(text));
}

/* rustc leaves its version; where that was stripped, places in its library that panic. */
static void read_section(struct sections *s, Elf_Scn *section, const GElf_Shdr *header)
{
	const char *name = elf_strptr(s->elf, s->names, header->sh_name);

	if (header->sh_type == SHT_DYNSYM || header->sh_type == SHT_SYMTAB)
		read_symbols(s, section, header);
	if (!name)
		return;
	if (!strcmp(name, ".go.buildinfo") || !strcmp(name, ".note.go.buildid"))
		s->facts->is_go = true;
	else if (!strcmp(name, ".comment"))
		s->facts->is_rust |= contains(section, "rustc version");
	else if (!strcmp(name, ".rodata"))
		s->facts->is_rust |= contains(section, "/rustc/") &&
			contains(section, "library/std/src/");
	else if (starts_with(name, ".plt") && s->linkage.count < 4) {
		s->linkage.starts[s->linkage.count] = header->sh_addr;
		s->linkage.ends[s->linkage.count++] = header->sh_addr + header->sh_size;
	}
}

static bool is_linkage(const struct linkage *linkage, uint64_t address)
{
	for (unsigned i = 0; i < linkage->count; i++)
		if (address >= linkage->starts[i] && address < linkage->ends[i])
			return true;
	return false;
}

enum { REACH_BYTES = 64, LOAD_BYTES = 5, CALL_BYTES = 5 };

/* Whether soon after `at` there is a call of another module's function. */
static bool calls_out(const struct linkage *linkage, const unsigned char *at,
	const unsigned char *end, uint64_t address)
{
	for (const unsigned char *p = at; p + CALL_BYTES < end && p < at + REACH_BYTES; p++) {
		int32_t distance;

		if (p[0] == 0xff && p[1] == 0x15) /* call *entry(%rip) */
			return true;
		memcpy(&distance, p + 1, sizeof(distance));
		if ((p[0] == 0xe8 || p[0] == 0xe9) && /* call, jmp */
			is_linkage(linkage, address + (uint64_t)(p - at) + CALL_BYTES +
					(uint64_t)(int64_t)distance))
			return true;
	}
	return false;
}

static bool enters_kernel(const unsigned char *at, const unsigned char *end)
{
	size_t reach = (size_t)(end - at) < REACH_BYTES ? (size_t)(end - at) : REACH_BYTES;

	return memmem(at, reach, "\x0f\x05", 2);
}

/* Code loads the number of futex(2) as the first argument of a call, or for a system call. */
static bool asks_for_futex(const struct sections *s, const Elf_Data *data, uint64_t address)
{
	static const unsigned char argument[LOAD_BYTES] = { 0xbf, SYS_futex };
	static const unsigned char number[LOAD_BYTES] = { 0xb8, SYS_futex };
	const unsigned char *start = data->d_buf, *end = start + data->d_size, *at = start;

	while (s->imports_syscall &&
		(at = memmem(at, (size_t)(end - at), argument, LOAD_BYTES))) {
		at += LOAD_BYTES;
		if (calls_out(&s->linkage, at, end, address + (uint64_t)(at - start)))
			return true;
	}
	at = start;
	while ((at = memmem(at, (size_t)(end - at), number, LOAD_BYTES))) {
		at += LOAD_BYTES;
		if (enters_kernel(at, end))
			return true;
	}
	return false;
}

static void read_code(struct sections *s, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Data *data;

	if (s->facts->calls_futex || header->sh_type != SHT_PROGBITS ||
		!(header->sh_flags & SHF_EXECINSTR))
		return;
	data = elf_rawdata(section, NULL);
	if (data && data->d_buf)
		s->facts->calls_futex = asks_for_futex(s, data, header->sh_addr);
}

void hw_ownlock_read(Elf *elf, struct hw_ownlock_facts *ret_facts)
{
	struct sections s = { .elf = elf, .facts = ret_facts };
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	GElf_Ehdr file;

	*ret_facts = (struct hw_ownlock_facts){ 0 };
	if (!elf || !gelf_getehdr(elf, &file) || file.e_machine != EM_X86_64 ||
		elf_getshdrstrndx(elf, &s.names))
		return;
	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header))
			read_section(&s, section, &header);
	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header))
			read_code(&s, section, &header);
}

const char *hw_ownlock_tell(const struct hw_ownlock_facts *facts)
{
	if (facts->is_parking_python)
		return "is CPython 3.13.1 or later, whose locks are not seen; those of 3.13.0 and "
		       "before are";
	if (facts->is_go)
		return "has code in Go, whose locks and channels are not seen; the package "
		       "go-deadlock checks the order of Go's locks";
	if (facts->calls_futex && facts->known)
		return known[facts->known - 1].tells;
	if (facts->calls_futex && facts->is_rust)
		return "has code in Rust, whose std::sync locks are not seen; the library "
		       "tracing-mutex checks the order of Rust's locks";
	if (facts->calls_futex && facts->is_cxx)
		return "has C++ code with futexes of its own, which are not seen, as those of "
		       "std::counting_semaphore, latch, barrier and atomic::wait; with "
		       "-D_GLIBCXX_USE_POSIX_SEMAPHORE the semaphores are";
	if (facts->calls_futex)
		return "has futexes of its own, which are not seen; a lock of pthreads in their "
		       "place is, and what the program tells of by holdwait(3)";
	if (facts->waits_for_future)
		return "waits for std::future, which is not seen; a std::condition_variable in "
		       "its place is";
	return NULL;
}
