/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_PYTHON_PEEK_H
#define HW_INTERPOSE_PYTHON_PEEK_H

/* Memory of this process that may not be there, read by the kernel. */

#include <stdbool.h>
#include <sys/uio.h>

#include "interpose/sys.h"

/* Copy; false when some of it is not there, or the address is none of an object. */
static inline bool hw_python_peek(uintptr_t address, void *to, size_t size_bytes)
{
	struct iovec local = { to, size_bytes }, remote = { (void *)address, size_bytes };

	if (address < 4096 || address % 8)
		return false;
	return hw_sys6(SYS_process_vm_readv, hw_sys0(SYS_getpid), (long)&local, 1, (long)&remote,
		       1, 0) == (long)size_bytes;
}

#endif
