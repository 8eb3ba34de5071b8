/* SPDX-License-Identifier: MIT */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conformance/case.h"

/*
 * A program in C that loads a plugin in C++, which throws. `unwinds COUNT` throws so often and
 * prints nothing, to be measured.
 *
 * What throws binds _Unwind_RaiseException to the first library that has it. When that is
 * libunwind, brought in by a preloaded library, each throw costs some twenty times as much. So the
 * plugin looks who it is that unwinds.
 */

/* The library that has an address, without its folder and version. */
static void show_library(const char *function, const void *address)
{
	Dl_info info;
	const char *slash;
	char name[256];

	if (!address || !dladdr(address, &info)) {
		hw_case_text(function, "whose it is", "nobody's");
		return;
	}
	slash = strrchr(info.dli_fname, '/');
	snprintf(name, sizeof(name), "%s", slash ? slash + 1 : info.dli_fname);
	name[strcspn(name, ".")] = '\0';
	hw_case_text(function, "whose it is", name);
}

int main(int count, char **arguments)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	const void **unwinder_seen;
	int (*throw_often)(int);
	void *plugin;

	/* The unwinder of holdwait is there from the first stack on. */
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
	plugin = dlopen(HW_PLUGIN, RTLD_NOW | RTLD_LOCAL);
	throw_often = plugin ? (int (*)(int))dlsym(plugin, "throw_often") : NULL;
	if (!throw_often) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	if (count > 1)
		return throw_often(atoi(arguments[1])) != atoi(arguments[1]);
	hw_case_number("throw", "caught", throw_often(1000));
	unwinder_seen = dlsym(plugin, "unwinder_seen");
	show_library("throw", unwinder_seen ? *unwinder_seen : NULL);
	show_library("backtrace", dlsym(RTLD_DEFAULT, "backtrace"));
	hw_case_text("_Unwind_RaiseException", "seen by the program",
		dlsym(RTLD_DEFAULT, "_Unwind_RaiseException") ? "there" : "not there");
	return 0;
}
