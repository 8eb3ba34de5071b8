/* SPDX-License-Identifier: MIT */
#include "analyzer/obstacle.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Programs are made of this test itself: what matters of them is changed in the copy. */
static char folder[] = "/tmp/holdwait-obstacle-XXXXXX";
static char path[sizeof(folder) + 16];
static unsigned char *image;
static size_t image_bytes;

static void write_file(const char *name, const void *bytes, size_t size_bytes)
{
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	cr_assert_eq(write(fd, bytes, size_bytes), (ssize_t)size_bytes);
	close(fd);
}

static void begin(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat status;

	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(fstat(fd, &status), 0);
	image_bytes = (size_t)status.st_size;
	image = malloc(image_bytes);
	cr_assert_eq(read(fd, image, image_bytes), (ssize_t)image_bytes);
	close(fd);
}

static void end(void)
{
	static const char *const names[] = { "program", "script", "outer" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
	free(image);
}

TestSuite(obstacle, .init = begin, .fini = end);

static Elf64_Phdr *interpreter_header(void)
{
	Elf64_Ehdr *header = (void *)image;
	Elf64_Phdr *segment = (void *)(image + header->e_phoff);

	while (segment->p_type != PT_INTERP)
		segment++;
	return segment;
}

/* What is said of the program as it was changed; NULL when nothing is. */
static const char *why_not(void)
{
	static struct hw_obstacle obstacle;

	write_file("program", image, image_bytes);
	return hw_obstacle_find(path, hw_obstacle_myself(), &obstacle) ? obstacle.why : NULL;
}

Test(obstacle, finds_none_in_an_ordinary_program)
{
	cr_assert_null(why_not());
	snprintf(path, sizeof(path), "%s/missing", folder);
	cr_assert_not(hw_obstacle_find(path, hw_obstacle_myself(), &(struct hw_obstacle){ 0 }));
}

Test(obstacle, is_a_program_without_a_dynamic_linker)
{
	interpreter_header()->p_type = PT_NULL;
	cr_assert_str_eq(why_not(), "is statically linked");
}

Test(obstacle, is_a_program_for_musl)
{
	strcpy((char *)image + interpreter_header()->p_offset, "/lib/ld-musl-x86_64.so.1");
	cr_assert_str_eq(why_not(), "is linked with musl libc");
}

Test(obstacle, is_a_program_for_another_machine)
{
	((Elf64_Ehdr *)(void *)image)->e_machine = EM_AARCH64;
	cr_assert_str_eq(why_not(), "is not a 64-bit x86 program");
}

static bool gives_no_privilege(void)
{
	struct statvfs system;

	return statvfs(folder, &system) || system.f_flag & ST_NOSUID;
}

/* Whether it gains anything depends on who runs it. */
Test(obstacle, is_a_program_that_becomes_another_user)
{
	struct hw_obstacle_caller somebody = { .user = getuid() + 1, .group = getgid() };
	struct hw_obstacle obstacle;

	if (gives_no_privilege())
		cr_skip_test("mounted without set-user-ID");
	cr_assert_null(why_not());
	chmod(path, 04755);
	cr_assert_not(hw_obstacle_find(path, hw_obstacle_myself(), &obstacle));
	cr_assert(hw_obstacle_find(path, somebody, &obstacle));
	cr_assert_str_eq(obstacle.why, "is a set-user-ID or set-group-ID program");
	somebody = (struct hw_obstacle_caller){ .user = getuid(), .group = getgid() + 1 };
	cr_assert_not(hw_obstacle_find(path, somebody, &obstacle));
	chmod(path, 02755);
	cr_assert(hw_obstacle_find(path, somebody, &obstacle));
	/* Without execution by the group it means something else. */
	chmod(path, 02745);
	cr_assert_not(hw_obstacle_find(path, somebody, &obstacle));
}

Test(obstacle, is_a_program_with_capabilities)
{
	/* Version 2, effective; CAP_NET_RAW permitted. */
	static const uint32_t capabilities[] = { 0x02000001, 1 << 13, 0, 0, 0 };
	struct hw_obstacle obstacle;

	if (gives_no_privilege())
		cr_skip_test("mounted without capabilities");
	cr_assert_null(why_not());
	if (setxattr(path, "security.capability", capabilities, sizeof(capabilities), 0))
		cr_skip_test("may not set capabilities here");
	cr_assert(hw_obstacle_find(path, (struct hw_obstacle_caller){ .user = 1000 }, &obstacle));
	cr_assert_str_eq(obstacle.why, "has capabilities");
	cr_assert_not(hw_obstacle_find(path, (struct hw_obstacle_caller){ 0 }, &obstacle));
}

static void write_script(const char *name, const char *interpreter)
{
	char text[256];

	snprintf(text, sizeof(text), "#! %s -x\ntrue\n", interpreter);
	write_file(name, text, strlen(text));
}

Test(obstacle, is_that_of_a_scripts_interpreter)
{
	struct hw_obstacle obstacle;
	char program[sizeof(path)], script[sizeof(path)];

	cr_assert_null(why_not());
	strcpy(program, path);
	write_script("script", program);
	cr_assert_not(hw_obstacle_find(path, hw_obstacle_myself(), &obstacle));
	strcpy(script, path);
	interpreter_header()->p_type = PT_NULL;
	cr_assert_not_null(why_not());
	cr_assert(hw_obstacle_find(script, hw_obstacle_myself(), &obstacle));
	cr_assert_str_eq(obstacle.why, "is statically linked");
	cr_assert_str_eq(obstacle.interpreter, program);
	write_script("outer", script);
	cr_assert(hw_obstacle_find(path, hw_obstacle_myself(), &obstacle));
	cr_assert_str_eq(obstacle.interpreter, program);
}

Test(obstacle, does_not_follow_scripts_in_a_circle)
{
	char program[sizeof(path)];

	snprintf(program, sizeof(program), "%s/script", folder);
	write_script("script", program);
	cr_assert_not(hw_obstacle_find(path, hw_obstacle_myself(), &(struct hw_obstacle){ 0 }));
}
