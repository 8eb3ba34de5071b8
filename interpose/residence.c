/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "interpose/export.h"
#include "interpose/log.h"
#include "interpose/mapping.h"
#include "interpose/real.h"
#include "interpose/sys.h"

/*
 * mlockall: the program's memory is locked, ours is not. The session alone is larger than what
 * an unprivileged program may lock, and would be brought into memory whole. So
 * everything is first locked as it is used (MCL_ONFAULT), which brings in nothing; then
 * ours is unlocked; and then each piece of the program's is locked as was asked.
 */

enum { KNOWN = MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT, PAGE_BYTES = 4096 };

/* The session, with what was reserved around it to align it. */
static bool is_ours(uintptr_t start, uintptr_t end, const char *permissions)
{
	uintptr_t session = (uintptr_t)hw_log_session;

	if (start >= session && end <= session + sizeof(*hw_log_session))
		return true;
	if (start + HW_CHUNK_BYTES >= session &&
		end <= session + sizeof(*hw_log_session) + HW_CHUNK_BYTES)
		return !strncmp(permissions, "---", 3);
	return hw_sys_mapped(start, end);
}

static bool lock_line(const char *line, void *context)
{
	const int *flags = context;
	uintptr_t start, end;
	const char *permissions = hw_mapping_range(line, &start, &end);

	if (is_ours(start, end, permissions))
		hw_sys2(SYS_munlock, start, end - start);
	else
		hw_sys3(SYS_mlock2, start, end - start,
			*flags & MCL_ONFAULT ? MLOCK_ONFAULT : 0);
	return false;
}

/* The kernel compares all that is mapped with what may be locked. */
static bool fits_without_us(void)
{
	struct rlimit limit;
	char text[64];
	long length = hw_sys_read_file("/proc/self/statm", text, sizeof(text));
	uint64_t pages = 0, ours;

	for (long i = 0; i < length && text[i] >= '0' && text[i] <= '9'; i++)
		pages = pages * 10 + (uint64_t)(text[i] - '0');
	ours = sizeof(*hw_log_session) + HW_CHUNK_BYTES + hw_sys_mapped_bytes();
	return length > 0 && !hw_sys2(SYS_getrlimit, RLIMIT_MEMLOCK, &limit) &&
	       pages * PAGE_BYTES - ours <= limit.rlim_cur;
}

/* Sanitizers have a mlockall that does nothing, because their shadow is larger than memory. */
static bool nothing_is_locked(void)
{
	static const char name[] = "\nVmLck:";
	char text[4096];
	long length = hw_sys_read_file("/proc/self/status", text, sizeof(text) - 1);
	const char *value;

	text[length > 0 ? length : 0] = '\0';
	value = strstr(text, name);
	if (!value)
		return false;
	for (value += strlen(name); *value == ' ' || *value == '\t'; value++)
		;
	return *value == '0';
}

static int lock_all(int flags)
{
	int saved_errno = errno;

	if (HW_REAL(mlockall)(MCL_CURRENT | MCL_ONFAULT)) {
		if (errno != ENOMEM || !fits_without_us())
			return -1;
		errno = saved_errno;
	} else if (nothing_is_locked()) {
		return 0;
	}
	if (flags & MCL_FUTURE && HW_REAL(mlockall)(flags & ~MCL_CURRENT))
		return -1;
	hw_sys_note_locking(flags & MCL_FUTURE);
	hw_mapping_walk(lock_line, &flags);
	return 0;
}

HW_EXPORT int mlockall(int flags)
{
	int result;

	if (hw_log_session && flags & MCL_CURRENT && !(flags & ~KNOWN))
		return lock_all(flags);
	result = HW_REAL(mlockall)(flags);
	if (!result && flags & MCL_FUTURE)
		hw_sys_note_locking(true);
	return result;
}

HW_EXPORT int munlockall(void)
{
	hw_sys_note_locking(false);
	return HW_REAL(munlockall)();
}
