/* SPDX-License-Identifier: MIT */
#include "analyzer/obstacle.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* A script may name another script; the kernel follows as many. */
enum { INTERPRETERS_MAX = 4 };

struct hw_obstacle_caller hw_obstacle_myself(void)
{
	return (struct hw_obstacle_caller){ .user = getuid(), .group = getgid() };
}

static bool is(struct hw_obstacle *obstacle, const char *why, const char *hint)
{
	obstacle->why = why;
	obstacle->hint = hint;
	return true;
}

/* What the file asks for as its dynamic linker; false when it asks for none. */
static bool find_linker(Elf *elf, int fd, char *text, size_t size_bytes)
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

static bool has_section(Elf *elf, const char *wanted)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return false;
	while ((section = elf_nextscn(elf, section))) {
		const char *name = gelf_getshdr(section, &header) ?
			elf_strptr(elf, names, header.sh_name) :
			NULL;

		if (name && !strcmp(name, wanted))
			return true;
	}
	return false;
}

/* Whether the kernel lets files of this file system give privilege to this process. */
static bool may_gain(int fd)
{
	struct statvfs system;

	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 &&
		(fstatvfs(fd, &system) || !(system.f_flag & ST_NOSUID));
}

static bool gains_privilege(int fd, struct hw_obstacle_caller caller, struct hw_obstacle *obstacle)
{
	struct stat status;

	if (fstat(fd, &status) || !may_gain(fd))
		return false;
	if ((status.st_mode & S_ISUID && status.st_uid != caller.user) ||
		(status.st_mode & S_ISGID && status.st_mode & S_IXGRP &&
			status.st_gid != caller.group))
		return is(obstacle, "is a set-user-ID or set-group-ID program",
			"the system ignores preloading for it: record a copy without that bit, or "
			"run holdwait as its owner");
	if (caller.user != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0)
		return is(obstacle, "has capabilities",
			"the system ignores preloading for it: record a copy, which has none, or "
			"run holdwait as root");
	return false;
}

static bool look_into(Elf *elf, int fd, struct hw_obstacle_caller caller,
	struct hw_obstacle *obstacle)
{
	char linker[256] = "";
	GElf_Ehdr header;

	if (!gelf_getehdr(elf, &header))
		return false;
	if (header.e_machine != EM_X86_64 || header.e_ident[EI_CLASS] != ELFCLASS64)
		return is(obstacle, "is not a 64-bit x86 program",
			"holdwait records programs of the machine it was built for: build the "
			"program for that");
	if (!find_linker(elf, fd, linker, sizeof(linker)))
		return has_section(elf, ".go.buildinfo") ?
			is(obstacle, "is statically linked, by Go",
				"nothing can be preloaded into it, and Go's own locks are not "
				"libc's: its race detector and go-deadlock check them") :
			is(obstacle, "is statically linked",
				"nothing can be preloaded into it: link it dynamically to record "
				"it");
	if (strstr(linker, "ld-musl"))
		return is(obstacle, "is linked with musl libc",
			"holdwait is built for glibc: link the program with glibc to record it");
	return gains_privilege(fd, caller, obstacle);
}

/* The program that a script's first line names; empty when it is no script. */
static void read_interpreter(int fd, char *path, size_t size_bytes)
{
	char line[256];
	ssize_t length = pread(fd, line, sizeof(line) - 1, 0);
	size_t from = 2, to;

	*path = '\0';
	line[length < 0 ? 0 : length] = '\0';
	if (length < 3 || line[0] != '#' || line[1] != '!')
		return;
	from += strspn(line + from, " \t");
	to = from + strcspn(line + from, " \t\r\n");
	if (to - from < size_bytes)
		snprintf(path, size_bytes, "%.*s", (int)(to - from), line + from);
}

static bool look_at(const char *path, struct hw_obstacle_caller caller,
	struct hw_obstacle *obstacle, char *interpreter, size_t size_bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool found = false;
	Elf *elf;

	*interpreter = '\0';
	/* What cannot be read can still be executed. */
	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		found = look_into(elf, fd, caller, obstacle);
	else
		read_interpreter(fd, interpreter, size_bytes);
	elf_end(elf);
	close(fd);
	return found;
}

bool hw_obstacle_find(const char *path, struct hw_obstacle_caller caller,
	struct hw_obstacle *ret_obstacle)
{
	struct hw_obstacle obstacle = { 0 };
	char interpreter[sizeof(obstacle.interpreter)];

	for (int i = 0; i <= INTERPRETERS_MAX; i++) {
		if (look_at(i ? obstacle.interpreter : path, caller, &obstacle, interpreter,
			    sizeof(interpreter))) {
			*ret_obstacle = obstacle;
			return true;
		}
		if (!*interpreter)
			return false;
		memcpy(obstacle.interpreter, interpreter, sizeof(interpreter));
	}
	return false;
}
