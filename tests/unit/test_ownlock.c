/* SPDX-License-Identifier: MIT */
#include "analyzer/ownlock.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static struct hw_ownlock_facts facts_of(const char *path)
{
	struct hw_ownlock_facts facts;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ, NULL);
	hw_ownlock_read(elf, &facts);
	elf_end(elf);
	close(fd);
	return facts;
}

Test(ownlock, knows_nothing_of_what_is_no_program)
{
	struct hw_ownlock_facts facts = facts_of("/dev/null");

	cr_assert_null(hw_ownlock_tell(&facts));
	facts = facts_of("/nonexistent");
	cr_assert_null(hw_ownlock_tell(&facts));
}

/* This test calls pthread functions only, if any. */
Test(ownlock, does_not_accuse_a_program_without_futexes)
{
	struct hw_ownlock_facts facts = facts_of("/proc/self/exe");

	cr_assert_not(facts.calls_futex);
	cr_assert_not(facts.is_go);
	cr_assert_null(hw_ownlock_tell(&facts));
}

static void expect_words(struct hw_ownlock_facts facts, const char *words)
{
	const char *told = hw_ownlock_tell(&facts);

	cr_expect(told && strstr(told, words), "'%s' is not in '%s'", words, told);
}

/* A language or library in the file matters only with code that waits; Go always has it. */
Test(ownlock, tells_the_most_particular_thing)
{
	expect_words((struct hw_ownlock_facts){ .is_parking_python = true,
			     .calls_futex = true }, "CPython");
	expect_words((struct hw_ownlock_facts){ .is_go = true }, "Go");
	expect_words((struct hw_ownlock_facts){ .calls_futex = true, .is_rust = true,
			     .is_cxx = true }, "Rust");
	expect_words((struct hw_ownlock_facts){ .calls_futex = true, .is_cxx = true,
			     .waits_for_future = true }, "std::counting_semaphore");
	expect_words((struct hw_ownlock_facts){ .calls_futex = true }, "futexes of its own");
	expect_words((struct hw_ownlock_facts){ .is_cxx = true, .waits_for_future = true },
		"std::future");
	cr_assert_null(hw_ownlock_tell(&(struct hw_ownlock_facts){ .is_rust = true,
		.is_cxx = true, .known = 1 }));
}
