/* SPDX-License-Identifier: MIT */
#include "analyzer/runtime.h"

#include <assert.h>
#include <ctype.h>
#include <regex.h>
#include <stddef.h>
#include <string.h>

#include "analyzer/path.h"

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* "libc.so.6" and "libc-2.31.so" are libc, "libcrypto.so" is not. */
static bool is_library(const char *base, const char *stem)
{
	size_t length = strlen(stem);

	return starts_with(base, stem) &&
	       (starts_with(base + length, ".so") ||
		       (base[length] == '-' && isdigit((unsigned char)base[length + 1])));
}

/* "python3.11", "libpython3.11.so.1.0" */
static bool is_python(const char *base)
{
	if (starts_with(base, "libpython3") || starts_with(base, "_multiprocessing."))
		return true;
	return starts_with(base, "python3") && !base[strspn(base, "python0123456789.")];
}

bool hw_runtime_is_module(const char *path)
{
	static const char *const stems[] = { "libc", "libpthread", "librt", "libstdc++", "libc++",
		"libc++abi", "libgcc_s" };
	const char *base = hw_path_base(path);

	for (size_t i = 0; i < sizeof(stems) / sizeof(*stems); i++)
		if (is_library(base, stems[i]))
			return true;
	return starts_with(base, "ld-linux") || starts_with(base, "ld-musl") || is_python(base);
}

bool hw_runtime_is_script(const char *path)
{
	static const char *const names[] = { "threading.py", "queue.py", "_weakrefset.py",
		"contextlib.py", "concurrent/", "multiprocessing/", "asyncio/", "ctypes/" };
	const char *version = strstr(path, "/python3");
	const char *name = version ? strchr(version + 1, '/') : NULL;

	for (size_t i = 0; name && i < sizeof(names) / sizeof(*names); i++)
		if (starts_with(name + 1, names[i]))
			return true;
	return false;
}

bool hw_runtime_is_random_name(const char *name)
{
	return starts_with(name, "/mp-") && strlen(name) == sizeof("/mp-abcdefgh") - 1;
}

bool hw_runtime_is_holdwait(const char *path)
{
	return is_library(hw_path_base(path), "libholdwait");
}

bool hw_runtime_is_function(const char *function)
{
	static const char *const starts[] = { "std::", "__gnu_cxx::", "__gthread_", "__gthrw_",
		"core::ops::", "core::sync::", "core::cell::", "core::ptr::", "core::option::",
		"core::result::", "core::iter::", "alloc::sync::", "alloc::boxed::",
		"alloc::rc::" };

	/* Rust writes <std::sync::Mutex<T>>::lock. */
	function += *function == '<';
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (starts_with(function, starts[i]))
			return true;
	return strcmp(function, "_start") == 0;
}

bool hw_runtime_is_wrapper(const char *function)
{
#define THING "(mutex|mtx|sem|semaphore|rwlock|spinlock|spin|critical_?section|crit)"
#define TAKE \
	"(lock|enter|acquire|obtain|take|get|wait|down|rd_?lock|wr_?lock|read_?lock|write_?lock)"
#define EXTRA "(_?(timed|timeout|nointr|shared|exclusive|read|write))?"
	static const char pattern[] =
		"(" THING "_?" TAKE "|" TAKE "_?(" THING
		"|lock)|(mutex|lock|lockable|semaphore)::" TAKE
		"|(lock|guard|locker)(<.*>)?::[a-z_]*(lock|guard|locker))" EXTRA "$";
	static regex_t compiled;
	static bool is_compiled;

	if (!is_compiled) {
		int failed = regcomp(&compiled, pattern, REG_EXTENDED | REG_ICASE | REG_NOSUB);

		assert(!failed);
		is_compiled = true;
	}
	return regexec(&compiled, function, 0, NULL, 0) == 0;
}
