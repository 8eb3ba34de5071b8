/* SPDX-License-Identifier: MIT */
/* What programs tell by holdwait(3): nothing of it may be seen by them, nor need it make sense. */
#include <holdwait.h>
#include <stddef.h>

#include "tests/conformance/case.h"

enum { NO_SUCH_BITS = ~7 };

static int lock, unknown, unused;

static void show_exclusive(void)
{
	SHOW_VOID("free", holdwait_acquired, &lock, HOLDWAIT_EXCLUSIVE);
	SHOW_VOID("held by itself", holdwait_acquiring, &lock, HOLDWAIT_EXCLUSIVE);
	SHOW_VOID("waited for", holdwait_failed, &lock);
	SHOW_VOID("held", holdwait_releasing, &lock);
	SHOW_VOID("not held", holdwait_releasing, &lock);
	SHOW_VOID("not waited for", holdwait_failed, &lock);
}

static void show_shared(void)
{
	SHOW_VOID("timed", holdwait_acquiring, &lock, HOLDWAIT_SHARED | HOLDWAIT_TIMED);
	SHOW_VOID("timed", holdwait_acquired, &lock, HOLDWAIT_SHARED | HOLDWAIT_TIMED);
	SHOW_VOID("shared, again by a try", holdwait_acquired, &lock,
		HOLDWAIT_SHARED | HOLDWAIT_TRY);
	SHOW_VOID("shared twice", holdwait_releasing, &lock);
	SHOW_VOID("shared once", holdwait_releasing, &lock);
}

static void show_names(void)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	SHOW_VOID("not used yet", holdwait_name, &mutex, "mutex");
	SHOW_ERROR("named", pthread_mutex_lock, &mutex);
	SHOW_VOID("held", holdwait_name, &mutex, "another name");
	SHOW_VOID("held", holdwait_ignore, &mutex);
	SHOW_ERROR("ignored", pthread_mutex_unlock, &mutex);
	SHOW_VOID("ignored", holdwait_ignore, &mutex);
	SHOW_VOID("ignored", holdwait_name, &mutex, "name of what is ignored");
	SHOW_ERROR("ignored", pthread_mutex_destroy, &mutex);
	SHOW_VOID("empty name", holdwait_name, &unknown, "");
	SHOW_VOID("no name", holdwait_name, &unknown, NULL);
	SHOW_VOID("never used", holdwait_ignore, &unused);
}

static void show_orders(void)
{
	static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER;
	static pthread_mutex_t second = PTHREAD_MUTEX_INITIALIZER;

	SHOW_VOID("not used yet", holdwait_order, &first, &second);
	SHOW_ERROR("declared second", pthread_mutex_lock, &second);
	SHOW_VOID("held", holdwait_order, &first, &second);
	SHOW_ERROR("declared first", pthread_mutex_lock, &first);
	SHOW_VOID("the other way round", holdwait_order, &second, &first);
	SHOW_VOID("before itself", holdwait_order, &first, &first);
	SHOW_ERROR("declared first", pthread_mutex_unlock, &first);
	SHOW_ERROR("declared second", pthread_mutex_unlock, &second);
	SHOW_VOID("never used", holdwait_order, &unknown, &lock);
	SHOW_VOID("ignored", holdwait_order, &unused, &first);
}

static void show_nonsense(void)
{
	SHOW_VOID("other bits", holdwait_acquiring, &lock, NO_SUCH_BITS);
	SHOW_VOID("other bits", holdwait_acquired, &lock, NO_SUCH_BITS);
	SHOW_VOID("no address", holdwait_acquired, NULL, HOLDWAIT_EXCLUSIVE);
	SHOW_VOID("no address", holdwait_releasing, NULL);
	SHOW_VOID("no address", holdwait_name, NULL, "nothing");
	SHOW_VOID("no address", holdwait_ignore, NULL);
	SHOW_VOID("no address", holdwait_order, NULL, &lock);
	SHOW_VOID("no address", holdwait_order, &lock, NULL);
	SHOW_VOID("address of nothing", holdwait_acquired, (void *)-8, HOLDWAIT_SHARED);
	SHOW_VOID("address of nothing", holdwait_releasing, (void *)-8);
}

int main(void)
{
	show_exclusive();
	show_shared();
	show_names();
	show_orders();
	show_nonsense();
	return 0;
}
