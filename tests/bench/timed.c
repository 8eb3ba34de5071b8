/* SPDX-License-Identifier: MIT */
/*
 * timed FILE PROGRAM [ARG...]: run a program, and write into FILE how many seconds it took. Ends
 * as the program did. So the time of a program is known that another one starts, which has things
 * of its own to do before and after.
 */
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void write_seconds(const char *path, double seconds)
{
	FILE *file = fopen(path, "w");

	if (!file || fprintf(file, "%.6f\n", seconds) < 0 || fclose(file)) {
		perror(path);
		exit(125);
	}
}

int main(int argc, char **argv)
{
	double begin_s = now_s();
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
	if (waitpid(pid, &status, 0) < 0)
		return 125;
	write_seconds(argv[1], now_s() - begin_s);
	if (WIFSIGNALED(status))
		raise(WTERMSIG(status));
	return WEXITSTATUS(status);
}
