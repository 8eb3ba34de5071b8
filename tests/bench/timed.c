/* SPDX-License-Identifier: MIT */
/*
 * timed FILE PROGRAM [ARG...]: run a program, and write into FILE how long it took and what it
 * used: seconds, seconds of processor time, KiB of memory at the most. Ends as the program did.
 *
 * So the time of a program is known that another one starts, which has things of its own to do
 * before and after; and its memory, for which the kernel takes that of who started it, when it was
 * more: this program has next to none.
 */
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double seconds_of(struct timeval time)
{
	return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

static void write_cost(const char *path, double seconds, const struct rusage *usage)
{
	double cpu_s = seconds_of(usage->ru_utime) + seconds_of(usage->ru_stime);
	FILE *file = fopen(path, "w");

	if (!file || fprintf(file, "%.6f %.6f %ld\n", seconds, cpu_s, usage->ru_maxrss) < 0 ||
		fclose(file)) {
		perror(path);
		exit(125);
	}
}

int main(int argc, char **argv)
{
	double begin_s = now_s();
	struct rusage usage;
	int code, status;
	pid_t pid;

	if (argc < 3) {
		fputs("usage: timed FILE PROGRAM [ARG...]\n", stderr);
		return 125;
	}
	code = posix_spawnp(&pid, argv[2], NULL, NULL, argv + 2, environ);
	if (code) {
		fprintf(stderr, "%s: %s\n", argv[2], strerror(code));
		return 127;
	}
	if (wait4(pid, &status, 0, &usage) < 0)
		return 125;
	write_cost(argv[1], now_s() - begin_s, &usage);
	if (WIFSIGNALED(status))
		raise(WTERMSIG(status));
	return WEXITSTATUS(status);
}
