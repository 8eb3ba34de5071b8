/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_PYTHON_PEEK_H
#define HW_INTERPOSE_PYTHON_PEEK_H

/* Memory of this process that may not be there, read by the kernel. */

#include <stdbool.h>

#include "interpose/sys.h"

/* Copy; false when some of it is not there, or the address is none of an object. */
static inline bool hw_python_peek(uintptr_t address, void *to, size_t size_bytes)
{
	return address >= 4096 && address % 8 == 0 &&
	       hw_sys_peek((const void *)address, to, size_bytes);
}

#endif
