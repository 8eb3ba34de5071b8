/* SPDX-License-Identifier: MIT */
#include "analyzer/program.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/memory.h"

static bool is_file(const char *path)
{
	struct stat status;

	return !stat(path, &status) && S_ISREG(status.st_mode);
}

static char *search_path(const char *name, int *ret_errno)
{
	const char *folders = getenv("PATH");

	*ret_errno = ENOENT;
	for (folders = folders ? folders : "/usr/bin:/bin"; *folders;) {
		size_t length = strcspn(folders, ":");
		char *path = hw_xasprintf("%.*s/%s", length ? (int)length : 1,
			length ? folders : ".", name);

		if (is_file(path)) {
			if (!access(path, X_OK))
				return path;
			*ret_errno = EACCES;
		}
		free(path);
		folders += length + (folders[length] == ':');
	}
	return NULL;
}

int hw_program_find(const char *name, char **ret_path, struct hw_error *error)
{
	char *path = NULL;
	int code = 0;

	if (!strchr(name, '/'))
		path = search_path(name, &code);
	else if (access(name, F_OK))
		code = errno;
	else if (!is_file(name) || access(name, X_OK))
		code = EACCES;
	else
		path = hw_xstrdup(name);
	if (path) {
		*ret_path = path;
		return 0;
	}
	if (code == ENOENT || code == ENOTDIR) {
		hw_error_set(error, -ENOENT, "cannot find the program '%s'", name);
		hw_error_hint(error, strchr(name, '/') ?
				"check the path" :
				"it is not in PATH; for a program in this folder write './%s'",
			name);
		return HW_EXIT_NOT_FOUND;
	}
	hw_error_set(error, -EACCES, "cannot execute '%s': %s", name,
		is_file(name) || !strchr(name, '/') ? "permission denied" : "not a file");
	hw_error_hint(error, "'chmod +x' makes a file executable; scripts can be given to their "
			     "interpreter");
	return HW_EXIT_NOT_EXECUTABLE;
}

static int cannot_trace(struct hw_error *error, const char *path, const char *why, const char *hint)
{
	hw_error_set(error, -ENOTSUP, "cannot record '%s': %s", path, why);
	hw_error_hint(error, "%s", hint);
	return HW_EXIT_FAILED;
}

/* What the file asks for as its dynamic linker; false when it is statically linked. */
static bool find_interpreter(Elf *elf, int fd, char *text, size_t size_bytes)
{
	size_t count = 0;

	elf_getphdrnum(elf, &count);
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr header;
		ssize_t length;

		if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_INTERP)
			continue;
		length = pread(fd, text,
			header.p_filesz < size_bytes ? header.p_filesz : size_bytes - 1,
			(off_t)header.p_offset);
		text[length < 0 ? 0 : length] = '\0';
		return true;
	}
	return false;
}

static bool gains_privilege(const struct stat *status)
{
	return (status->st_mode & S_ISUID && status->st_uid != geteuid()) ||
		(status->st_mode & S_ISGID && status->st_gid != getegid());
}

static int check_elf(const char *path, Elf *elf, int fd, struct hw_error *error)
{
	char interpreter[256] = "";
	struct stat status;
	GElf_Ehdr header;

	if (!gelf_getehdr(elf, &header))
		return 0;
	if (header.e_machine != EM_X86_64 || header.e_ident[EI_CLASS] != ELFCLASS64)
		return cannot_trace(error, path, "it is not a 64-bit x86 program",
			"holdwait records programs of the machine it was built for");
	if (!find_interpreter(elf, fd, interpreter, sizeof(interpreter)))
		return cannot_trace(error, path, "it is statically linked",
			"nothing can be preloaded into it: link it dynamically to record it");
	if (strstr(interpreter, "ld-musl"))
		return cannot_trace(error, path, "it is linked with musl libc",
			"holdwait is built for glibc: link the program with glibc to record it");
	if (!fstat(fd, &status) && gains_privilege(&status))
		return cannot_trace(error, path, "it is a set-user-ID or set-group-ID program",
			"the system ignores preloading for it: record a copy without that "
			"bit, or run holdwait as its owner");
	return 0;
}

int hw_program_check(const char *path, struct hw_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), code = 0;
	Elf *elf;

	/* What cannot be read can still be executed; a script is no ELF file. */
	if (fd < 0)
		return 0;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		code = check_elf(path, elf, fd, error);
	elf_end(elf);
	close(fd);
	return code;
}
