/* SPDX-License-Identifier: MIT */
#include "tests/e2e/process.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void become(const char *const arguments[], const struct hw_process *process)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(process->output, STDOUT_FILENO);
	dup2(process->errors, STDERR_FILENO);
	execvp(arguments[0], (char *const *)arguments);
	dprintf(STDERR_FILENO, "cannot execute '%s': %s\n", arguments[0], strerror(errno));
	_exit(127);
}

void hw_process_start(struct hw_process *process, const char *const arguments[])
{
	*process = (struct hw_process){
		.output = memfd_create("stdout", MFD_CLOEXEC),
		.errors = memfd_create("stderr", MFD_CLOEXEC),
		.status = -1,
	};
	cr_assert(process->output >= 0 && process->errors >= 0, "no file in memory");
	/* Of several processes that write at once, none is to write over what another wrote. */
	fcntl(process->output, F_SETFL, O_APPEND);
	fcntl(process->errors, F_SETFL, O_APPEND);
	process->pid = fork();
	cr_assert(process->pid >= 0, "cannot fork: %s", strerror(errno));
	if (process->pid == 0)
		become(arguments, process);
}

bool hw_process_wait(struct hw_process *process, unsigned seconds)
{
	struct pollfd end = { .events = POLLIN };
	int status, ready;

	end.fd = (int)syscall(SYS_pidfd_open, process->pid, 0);
	cr_assert(end.fd >= 0, "cannot watch process %d: %s", process->pid, strerror(errno));
	do {
		ready = poll(&end, 1, (int)seconds * 1000);
	} while (ready == -1 && errno == EINTR);
	close(end.fd);
	if (ready != 1)
		return false;
	cr_assert_eq(waitpid(process->pid, &status, 0), process->pid);
	process->pid = 0;
	process->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return true;
}

void hw_process_run(struct hw_process *process, const char *const arguments[])
{
	hw_process_start(process, arguments);
	if (hw_process_wait(process, HW_PROCESS_PATIENCE_S))
		return;
	hw_process_finish(process);
	cr_assert_fail("'%s' does not end", arguments[0]);
}

static char *text_of(int file)
{
	struct stat status;
	char *text;
	ssize_t length;

	cr_assert_eq(fstat(file, &status), 0);
	text = malloc((size_t)status.st_size + 1);
	cr_assert(text);
	length = pread(file, text, (size_t)status.st_size, 0);
	cr_assert(length >= 0);
	text[length] = '\0';
	return text;
}

char *hw_process_text(int status, const char *const arguments[])
{
	struct hw_process process;
	char *text;

	hw_process_run(&process, arguments);
	text = hw_process_output(&process);
	cr_assert_eq(process.status, status, "status %d, %s", process.status,
		hw_process_errors(&process));
	hw_process_finish(&process);
	return text;
}

char *hw_process_output(const struct hw_process *process)
{
	return text_of(process->output);
}

char *hw_process_errors(const struct hw_process *process)
{
	return text_of(process->errors);
}

static void expect_part(char *text, const char *part)
{
	if (part[0])
		cr_expect(strstr(text, part), "no '%s' in '%s'", part, text);
	else
		cr_expect_str_empty(text, "unexpected '%s'", text);
	free(text);
}

void hw_process_expect_output(const struct hw_process *process, const char *part)
{
	expect_part(hw_process_output(process), part);
}

void hw_process_expect_errors(const struct hw_process *process, const char *part)
{
	expect_part(hw_process_errors(process), part);
}

void hw_process_finish(struct hw_process *process)
{
	if (process->pid) {
		kill(process->pid, SIGKILL);
		waitpid(process->pid, NULL, 0);
		process->pid = 0;
	}
	close(process->output);
	close(process->errors);
}

void hw_process_adopt_orphans(void)
{
	cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
}

static void kill_children(void)
{
	FILE *children = fopen("/proc/thread-self/children", "re");
	int pid;

	cr_assert(children, "cannot list the children: %s", strerror(errno));
	while (fscanf(children, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	fclose(children);
}

bool hw_process_no_orphans(unsigned seconds)
{
	const struct timespec pause = { .tv_nsec = 5000000 };

	for (unsigned left = seconds * 200 + 1; left > 0; left--) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid == -1 && errno == ECHILD)
			return true;
		if (pid == 0)
			nanosleep(&pause, NULL);
	}
	kill_children();
	return false;
}
