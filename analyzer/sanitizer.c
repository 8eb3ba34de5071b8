/* SPDX-License-Identifier: MIT */
#include "analyzer/sanitizer.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace/memory.h"

static bool needs(Elf *elf, Elf_Scn *section, const char *library)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Shdr header;
	GElf_Dyn entry;

	if (!data || !gelf_getshdr(section, &header))
		return false;
	for (int i = 0; gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
		const char *name = entry.d_tag == DT_NEEDED ?
			elf_strptr(elf, header.sh_link, entry.d_un.d_val) : NULL;

		if (name && !strncmp(name, library, strlen(library)))
			return true;
	}
	return false;
}

static bool is_sanitized(Elf *elf)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_DYNAMIC)
			return needs(elf, section, "libasan.so");
	return false;
}

char *hw_sanitizer_options(const char *path)
{
	const char *users = getenv("ASAN_OPTIONS");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool sanitized;
	Elf *elf;

	if (fd < 0)
		return NULL;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	sanitized = elf && is_sanitized(elf);
	elf_end(elf);
	close(fd);
	/* What comes later decides. */
	return sanitized ? hw_xasprintf("verify_asan_link_order=0%s%s", users ? ":" : "",
				   users ? users : "") :
			   NULL;
}
