/* SPDX-License-Identifier: MIT */
#include <sys/resource.h>
#include <sys/wait.h>

#include "interpose/export.h"
#include "interpose/log.h"
#include "interpose/real.h"
#include "interpose/stack.h"

/*
 * Waiting for the end of a child: what the child did comes before what its parent does
 * from then on. Only ends are logged, not stops, and not looks that leave the child there.
 */

static void log_reap(pid_t child, const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);
	uint64_t pid = (uint64_t)child;

	if (self)
		hw_log_add_payload(self, HW_OP_REAP, HW_NO_OBJECT, hw_stack_capture(self, call),
			&pid, sizeof(pid));
}

/* Nothing was written to `status`, which may be nowhere, unless there was a child. */
static pid_t reaped(pid_t child, const int *status, const struct hw_call *call)
{
	if (child > 0 && (WIFEXITED(*status) || WIFSIGNALED(*status)))
		log_reap(child, call);
	return child;
}

HW_EXPORT pid_t wait(int *status)
{
	int own;

	status = status ? status : &own;
	return reaped(HW_REAL(wait)(status), status, HW_CALL);
}

HW_EXPORT pid_t waitpid(pid_t pid, int *status, int options)
{
	int own;

	status = status ? status : &own;
	return reaped(HW_REAL(waitpid)(pid, status, options), status, HW_CALL);
}

HW_ALIAS(pid_t, __wait, (int *), wait)
HW_ALIAS(pid_t, __waitpid, (pid_t, int *, int), waitpid)

HW_EXPORT pid_t wait3(int *status, int options, struct rusage *usage)
{
	int own;

	status = status ? status : &own;
	return reaped(HW_REAL(wait3)(status, options, usage), status, HW_CALL);
}

HW_EXPORT pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	int own;

	status = status ? status : &own;
	return reaped(HW_REAL(wait4)(pid, status, options, usage), status, HW_CALL);
}

static bool has_ended(const siginfo_t *info)
{
	return info->si_pid && (info->si_code == CLD_EXITED || info->si_code == CLD_KILLED ||
				       info->si_code == CLD_DUMPED);
}

HW_EXPORT int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	siginfo_t own = { .si_pid = 0 };
	int result;

	info = info ? info : &own;
	result = HW_REAL(waitid)(type, id, info, options);
	if (!result && !(options & WNOWAIT) && has_ended(info))
		log_reap(info->si_pid, HW_CALL);
	return result;
}
