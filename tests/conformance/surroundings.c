/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/case.h"

/* What a program sees when it looks around: before its first lock, and after some. */

static int errno_in_constructor = -1;

__attribute__((constructor)) static void early(void)
{
	errno_in_constructor = errno;
}

/* Descriptors, or threads; but for the descriptor that the folder itself is read with. */
static int entries(const char *folder, int below, char *ret_list, size_t size_bytes)
{
	DIR *directory = opendir(folder);
	int own = directory ? dirfd(directory) : -1, count = 0;
	const struct dirent *entry;
	bool seen[100] = { false };
	FILE *list = fmemopen(ret_list, size_bytes, "w");

	while (directory && (entry = readdir(directory))) {
		int number = atoi(entry->d_name);

		if (entry->d_name[0] == '.' || number == own)
			continue;
		count++;
		if (number < below)
			seen[number] = true;
	}
	for (int i = 0; i < below; i++)
		if (seen[i])
			fprintf(list, " %d", i);
	fclose(list);
	if (directory)
		closedir(directory);
	return count;
}

static void descriptors(const char *when)
{
	char list[1024] = "";
	int fd;

	entries("/proc/self/fd", 100, list, sizeof(list));
	hw_case_text("/proc/self/fd", when, list);
	fd = open("/dev/null", O_RDONLY);
	hw_case_number("open", when, fd);
	close(fd);
}

static void signals(const char *when)
{
	char wanted[5][64], line[256];
	static const char *const names[5] = { "SigQ", "SigBlk", "SigIgn", "SigCgt", "Threads" };
	FILE *status = fopen("/proc/self/status", "r");

	/* Signals that are queued are those of the user, of any process. */
	while (status && fgets(line, sizeof(line), status))
		for (int i = 1; i < 5; i++)
			if (!strncmp(line, names[i], strlen(names[i]))) {
				snprintf(wanted[i], sizeof(wanted[i]), "%.*s",
					(int)strcspn(line, "\n"), line);
				hw_case_text("/proc/self/status", when, wanted[i]);
			}
	if (status)
		fclose(status);
}

static void children(const char *when)
{
	char list[64];
	siginfo_t info;

	hw_case_number("/proc/self/task", when, entries("/proc/self/task", 0, list, sizeof(list)));
	SHOW(when, wait, NULL);
	SHOW(when, waitpid, -1, NULL, WNOHANG | __WALL);
	SHOW(when, waitpid, -1, NULL, WNOHANG | __WCLONE);
	SHOW(when, waitid, P_ALL, 0, &info, WEXITED | WNOHANG | __WALL);
}

static void limits(void)
{
	for (int resource = 0; resource < RLIMIT_NLIMITS; resource++) {
		struct rlimit limit = { 0 };
		char text[64];

		getrlimit((__rlimit_resource_t)resource, &limit);
		snprintf(text, sizeof(text), "%lx %lx", (long)limit.rlim_cur, (long)limit.rlim_max);
		hw_case_text("getrlimit", "each", text);
	}
	hw_case_number("getpriority", "of the process", getpriority(PRIO_PROCESS, 0));
	hw_case_number("umask", "octal 777 after it", umask(0777));
	hw_case_number("prctl", "dumpable", prctl(PR_GET_DUMPABLE));
	hw_case_number("prctl", "subreaper", prctl(PR_GET_CHILD_SUBREAPER, (int[]){ 0 }));
	hw_case_number("getpgrp", "is its parent's", getpgrp() == getpgid(getppid()));
}

static int by_text(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static bool is_ours(const char *variable)
{
	/* AddressSanitizer would not let anybody be loaded before it. */
	return !strncmp(variable, "LD_PRELOAD=", 11) || !strncmp(variable, "HOLDWAIT_", 9) ||
		(HW_CASE_ASAN && !strncmp(variable, "ASAN_OPTIONS=", 13));
}

static void environment(void)
{
	char folder[PATH_MAX], *sorted[4096];
	size_t count = 0;

	for (char **variable = environ; *variable && count < 4096; variable++)
		if (!is_ours(*variable))
			sorted[count++] = *variable;
	qsort(sorted, count, sizeof(sorted[0]), by_text);
	for (size_t i = 0; i < count; i++)
		hw_case_text("environ", "each", sorted[i]);
	hw_case_text("getcwd", "is", getcwd(folder, sizeof(folder)));
}

static int count_known(struct dl_phdr_info *info, size_t size_bytes, void *counts)
{
	int *known = counts;

	known[0] += !info->dlpi_name[0];
	known[1] += strstr(info->dlpi_name, "libc.so") != NULL;
	known[2] += !info->dlpi_phdr || !info->dlpi_phnum;
	return 0;
}

static void modules(void)
{
	int known[3] = { 0 };
	void *library, *frames[64];
	Dl_info info = { 0 };

	dl_iterate_phdr(count_known, known);
	hw_case_number("dl_iterate_phdr", "the program", known[0]);
	hw_case_number("dl_iterate_phdr", "libc", known[1]);
	hw_case_number("dl_iterate_phdr", "without headers", known[2]);
	hw_case_number("dladdr", "of a function", dladdr((void *)(uintptr_t)modules, &info) != 0);
	hw_case_text("dladdr", "its file", info.dli_fname ? strrchr(info.dli_fname, '/') : "none");
	library = dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL);
	hw_case_text("dlsym", "cos", library && dlsym(library, "cos") ? "found" : "not found");
	hw_case_number("dlclose", "libm", library ? dlclose(library) : -1);
	SHOW("the program", dlclose, dlopen(NULL, RTLD_NOW));
	hw_case_text("dlopen", "not there", dlopen("libnowhere.so", RTLD_NOW) ? "open" : "NULL");
	hw_case_text("dlerror", "not there", dlerror());
	hw_case_text("dlerror", "again", dlerror() ? "something" : "NULL");
	hw_case_text("dlsym", "not there",
		dlsym(RTLD_DEFAULT, "hw_no_such_symbol") ? "something" : "NULL");
	hw_case_text("dlerror", "not there", dlerror() ? "something" : "NULL");
	hw_case_number("backtrace", "frames", backtrace(frames, 64));
}

static void look(const char *when)
{
	descriptors(when);
	signals(when);
	children(when);
}

static void lock_some(void)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	errno = HW_CASE_ERRNO;
	for (int i = 0; i < 100000; i++) {
		pthread_mutex_lock(&mutex);
		pthread_mutex_unlock(&mutex);
	}
	hw_case_text("pthread_mutex_lock", "many times", "done");
}

static void *first_of_thread(void *unused)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	hw_case_number("errno", "in a new thread", errno);
	SHOW_ERROR("first of a thread", pthread_mutex_lock, &mutex);
	SHOW_ERROR("first of a thread", pthread_mutex_unlock, &mutex);
	return NULL;
}

int main(void)
{
	int errno_in_main = errno;
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	hw_case_number("errno", "in a constructor", errno_in_constructor);
	hw_case_number("errno", "in main", errno_in_main);
	SHOW_ERROR("first of all", pthread_mutex_trylock, &mutex);
	SHOW_ERROR("first of all", pthread_mutex_unlock, &mutex);
	look("before");
	hw_case_in_thread(first_of_thread, NULL);
	lock_some();
	look("after");
	limits();
	environment();
	modules();
	return 0;
}
