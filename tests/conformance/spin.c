/* SPDX-License-Identifier: MIT */
#include "tests/conformance/case.h"

/* Spin locks and barriers, private and shared. */

static pthread_barrier_t *barrier;

static void spins(const char *kind, int shared)
{
	pthread_spinlock_t *spin = hw_case_shared(sizeof(*spin));

	SHOW_ERROR(kind, pthread_spin_init, spin, shared);
	SHOW_ERROR(hw_case_join(kind, "free"), pthread_spin_lock, spin);
	SHOW_ERROR(hw_case_join(kind, "held"), pthread_spin_trylock, spin);
	SHOW_ERROR(hw_case_join(kind, "held"), pthread_spin_unlock, spin);
	SHOW_ERROR(hw_case_join(kind, "free"), pthread_spin_trylock, spin);
	SHOW_ERROR(hw_case_join(kind, "held"), pthread_spin_unlock, spin);
	SHOW_ERROR(kind, pthread_spin_destroy, spin);
}

/* What each of three got; which of them is the one who is told does not matter. */
static void *arrive(void *ret_result)
{
	errno = HW_CASE_ERRNO;
	*(int *)ret_result = pthread_barrier_wait(barrier);
	if (errno != HW_CASE_ERRNO)
		*(int *)ret_result = errno;
	return NULL;
}

static void meet(const char *kind)
{
	pthread_t threads[2];
	int results[3], told = 0, others = 0;

	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, arrive, &results[i]);
	arrive(&results[2]);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 3; i++) {
		told += results[i] == PTHREAD_BARRIER_SERIAL_THREAD;
		others += results[i] == 0;
	}
	hw_case_number("pthread_barrier_wait", hw_case_join(kind, "three came, told"), told);
	hw_case_number("pthread_barrier_wait", hw_case_join(kind, "three came, others"), others);
}

static void barriers(const char *kind, int shared)
{
	pthread_barrierattr_t attributes;

	pthread_barrierattr_init(&attributes);
	pthread_barrierattr_setpshared(&attributes, shared);
	barrier = hw_case_shared(sizeof(*barrier));
	SHOW_ERROR(hw_case_join(kind, "for nobody"), pthread_barrier_init, barrier, &attributes, 0);
	SHOW_ERROR(hw_case_join(kind, "for one"), pthread_barrier_init, barrier, &attributes, 1);
	SHOW(hw_case_join(kind, "for one"), pthread_barrier_wait, barrier);
	SHOW_ERROR(hw_case_join(kind, "for one"), pthread_barrier_destroy, barrier);
	SHOW_ERROR(hw_case_join(kind, "for three"), pthread_barrier_init, barrier, &attributes, 3);
	meet(kind);
	meet(kind);
	SHOW_ERROR(hw_case_join(kind, "for three"), pthread_barrier_destroy, barrier);
}

int main(void)
{
	spins("private", PTHREAD_PROCESS_PRIVATE);
	spins("shared", PTHREAD_PROCESS_SHARED);
	barriers("private", PTHREAD_PROCESS_PRIVATE);
	barriers("shared", PTHREAD_PROCESS_SHARED);
	return 0;
}
