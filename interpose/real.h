/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_REAL_H
#define HW_INTERPOSE_REAL_H

/*
 * The functions of libc that ours stand in front of.
 *
 * They are looked up with dlsym(RTLD_NEXT), all at once, by whichever hook runs
 * first: the constructors of other libraries call us before our own has run.
 * A function this libc does not have stays NULL; only a program that could not
 * have started without us could call it, and its hook answers ENOSYS.
 *
 * pthread_cond_* exist twice in libc, with two layouts of pthread_cond_t; version
 * GLIBC_2.3.2 is asked for by name, as older dynamic linkers give the other one. Whatever another
 * library has in front of libc's (a sanitizer, a profiler) is called by ours.
 */

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>

#include "interpose/export.h"

/* X(return type, name, (parameters), version or NULL) */
#define HW_REAL_MUTEX(X) \
	X(int, pthread_mutex_lock, (pthread_mutex_t *), NULL) \
	X(int, pthread_mutex_unlock, (pthread_mutex_t *), NULL) \
	X(int, pthread_mutex_trylock, (pthread_mutex_t *), NULL) \
	X(int, pthread_mutex_timedlock, (pthread_mutex_t *, const struct timespec *), NULL) \
	X(int, pthread_mutex_clocklock, (pthread_mutex_t *, clockid_t, const struct timespec *), \
		NULL) \
	X(int, pthread_mutex_init, (pthread_mutex_t *, const pthread_mutexattr_t *), NULL) \
	X(int, pthread_mutex_destroy, (pthread_mutex_t *), NULL) \
	X(int, pthread_mutex_consistent, (pthread_mutex_t *), NULL)

#define HW_REAL_RWLOCK(X) \
	X(int, pthread_rwlock_rdlock, (pthread_rwlock_t *), NULL) \
	X(int, pthread_rwlock_wrlock, (pthread_rwlock_t *), NULL) \
	X(int, pthread_rwlock_tryrdlock, (pthread_rwlock_t *), NULL) \
	X(int, pthread_rwlock_trywrlock, (pthread_rwlock_t *), NULL) \
	X(int, pthread_rwlock_timedrdlock, (pthread_rwlock_t *, const struct timespec *), NULL) \
	X(int, pthread_rwlock_timedwrlock, (pthread_rwlock_t *, const struct timespec *), NULL) \
	X(int, pthread_rwlock_clockrdlock, \
		(pthread_rwlock_t *, clockid_t, const struct timespec *), NULL) \
	X(int, pthread_rwlock_clockwrlock, \
		(pthread_rwlock_t *, clockid_t, const struct timespec *), NULL) \
	X(int, pthread_rwlock_unlock, (pthread_rwlock_t *), NULL) \
	X(int, pthread_rwlock_init, (pthread_rwlock_t *, const pthread_rwlockattr_t *), NULL) \
	X(int, pthread_rwlock_destroy, (pthread_rwlock_t *), NULL)

#define HW_REAL_SPIN(X) \
	X(int, pthread_spin_init, (pthread_spinlock_t *, int), NULL) \
	X(int, pthread_spin_destroy, (pthread_spinlock_t *), NULL) \
	X(int, pthread_spin_lock, (pthread_spinlock_t *), NULL) \
	X(int, pthread_spin_trylock, (pthread_spinlock_t *), NULL) \
	X(int, pthread_spin_unlock, (pthread_spinlock_t *), NULL)

#define HW_REAL_COND(X) \
	X(int, pthread_cond_init, (pthread_cond_t *, const pthread_condattr_t *), "GLIBC_2.3.2") \
	X(int, pthread_cond_destroy, (pthread_cond_t *), "GLIBC_2.3.2") \
	X(int, pthread_cond_wait, (pthread_cond_t *, pthread_mutex_t *), "GLIBC_2.3.2") \
	X(int, pthread_cond_timedwait, \
		(pthread_cond_t *, pthread_mutex_t *, const struct timespec *), "GLIBC_2.3.2") \
	X(int, pthread_cond_clockwait, \
		(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *), NULL) \
	X(int, pthread_cond_signal, (pthread_cond_t *), "GLIBC_2.3.2") \
	X(int, pthread_cond_broadcast, (pthread_cond_t *), "GLIBC_2.3.2")

#define HW_REAL_BARRIER(X) \
	X(int, pthread_barrier_init, \
		(pthread_barrier_t *, const pthread_barrierattr_t *, unsigned int), NULL) \
	X(int, pthread_barrier_destroy, (pthread_barrier_t *), NULL) \
	X(int, pthread_barrier_wait, (pthread_barrier_t *), NULL)

#define HW_REAL_SEM(X) \
	X(int, sem_init, (sem_t *, int, unsigned int), NULL) \
	X(int, sem_destroy, (sem_t *), NULL) \
	X(sem_t *, sem_open, (const char *, int, ...), NULL) \
	X(int, sem_close, (sem_t *), NULL) \
	X(int, sem_wait, (sem_t *), NULL) \
	X(int, sem_trywait, (sem_t *), NULL) \
	X(int, sem_timedwait, (sem_t *, const struct timespec *), NULL) \
	X(int, sem_clockwait, (sem_t *, clockid_t, const struct timespec *), NULL) \
	X(int, sem_post, (sem_t *), NULL)

#define HW_REAL_SYSV(X) \
	X(int, semget, (key_t, int, int), NULL) \
	X(int, semctl, (int, int, int, ...), NULL) \
	X(int, semop, (int, struct sembuf *, size_t), NULL) \
	X(int, semtimedop, (int, struct sembuf *, size_t, const struct timespec *), NULL)

#define HW_REAL_THREAD(X) \
	X(int, pthread_create, \
		(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *), NULL) \
	X(int, pthread_join, (pthread_t, void **), NULL) \
	X(int, pthread_tryjoin_np, (pthread_t, void **), NULL) \
	X(int, pthread_timedjoin_np, (pthread_t, void **, const struct timespec *), NULL) \
	X(int, pthread_clockjoin_np, (pthread_t, void **, clockid_t, const struct timespec *), \
		NULL) \
	X(int, pthread_detach, (pthread_t), NULL) \
	X(int, pthread_attr_getsigmask_np, (const pthread_attr_t *, sigset_t *), NULL) \
	X(int, pthread_setname_np, (pthread_t, const char *), NULL) \
	X(int, prctl, (int, ...), NULL) \
	X(int, pthread_once, (pthread_once_t *, void (*)(void)), NULL)

#define HW_REAL_C11(X) \
	X(int, mtx_init, (mtx_t *, int), NULL) \
	X(void, mtx_destroy, (mtx_t *), NULL) \
	X(int, mtx_lock, (mtx_t *), NULL) \
	X(int, mtx_trylock, (mtx_t *), NULL) \
	X(int, mtx_timedlock, (mtx_t *, const struct timespec *), NULL) \
	X(int, mtx_unlock, (mtx_t *), NULL) \
	X(int, cnd_init, (cnd_t *), NULL) \
	X(void, cnd_destroy, (cnd_t *), NULL) \
	X(int, cnd_wait, (cnd_t *, mtx_t *), NULL) \
	X(int, cnd_timedwait, (cnd_t *, mtx_t *, const struct timespec *), NULL) \
	X(int, cnd_signal, (cnd_t *), NULL) \
	X(int, cnd_broadcast, (cnd_t *), NULL) \
	X(int, thrd_create, (thrd_t *, thrd_start_t, void *), NULL) \
	X(int, thrd_join, (thrd_t, int *), NULL) \
	X(int, thrd_detach, (thrd_t), NULL) \
	X(void, call_once, (once_flag *, void (*)(void)), NULL)

#define HW_REAL_PROCESS(X) \
	X(int, execve, (const char *, char *const[], char *const[]), NULL) \
	X(int, execv, (const char *, char *const[]), NULL) \
	X(int, execvp, (const char *, char *const[]), NULL) \
	X(int, execvpe, (const char *, char *const[], char *const[]), NULL) \
	X(int, fexecve, (int, char *const[], char *const[]), NULL) \
	X(int, execveat, (int, const char *, char *const[], char *const[], int), NULL) \
	X(int, posix_spawn, \
		(pid_t *, const char *, const posix_spawn_file_actions_t *, \
			const posix_spawnattr_t *, char *const[], char *const[]), NULL) \
	X(int, posix_spawnp, \
		(pid_t *, const char *, const posix_spawn_file_actions_t *, \
			const posix_spawnattr_t *, char *const[], char *const[]), NULL) \
	X(pid_t, wait, (int *), NULL) \
	X(pid_t, waitpid, (pid_t, int *, int), NULL) \
	X(pid_t, wait3, (int *, int, struct rusage *), NULL) \
	X(pid_t, wait4, (pid_t, int *, int, struct rusage *), NULL) \
	X(int, waitid, (idtype_t, id_t, siginfo_t *, int), NULL)

#define HW_REAL_MEMORY(X) \
	X(void, free, (void *), NULL) \
	X(void *, realloc, (void *, size_t), NULL) \
	X(size_t, malloc_usable_size, (void *), NULL) \
	X(void *, mmap, (void *, size_t, int, int, int, off_t), NULL) \
	X(int, mlockall, (int), NULL) \
	X(int, munlockall, (void), NULL) \
	X(int, munmap, (void *, size_t), NULL) \
	X(void *, mremap, (void *, size_t, size_t, int, ...), NULL) \
	X(void *, shmat, (int, const void *, int), NULL) \
	X(int, shmdt, (const void *), NULL)

#define HW_REAL_MODULE(X) \
	X(int, dlclose, (void *), NULL)

#define HW_REAL_SIGNAL(X) \
	X(int, pthread_sigmask, (int, const sigset_t *, sigset_t *), NULL) \
	X(int, sigprocmask, (int, const sigset_t *, sigset_t *), NULL) \
	X(int, sigaction, (int, const struct sigaction *, struct sigaction *), NULL) \
	X(sighandler_t, signal, (int, sighandler_t), NULL) \
	X(int, sigaltstack, (const stack_t *, stack_t *), NULL)

/*
 * What programs linked long ago get: conditions of the first layout, and a posix_spawn that gives
 * what is no program to the shell.
 * X(return type, member, (parameters), name, version): only that version will do.
 */
#define HW_REAL_OLD(X) \
	X(int, old_cond_init, (pthread_cond_t *, const pthread_condattr_t *), \
		pthread_cond_init, "GLIBC_2.2.5") \
	X(int, old_cond_destroy, (pthread_cond_t *), pthread_cond_destroy, "GLIBC_2.2.5") \
	X(int, old_cond_wait, (pthread_cond_t *, pthread_mutex_t *), \
		pthread_cond_wait, "GLIBC_2.2.5") \
	X(int, old_cond_timedwait, \
		(pthread_cond_t *, pthread_mutex_t *, const struct timespec *), \
		pthread_cond_timedwait, "GLIBC_2.2.5") \
	X(int, old_cond_signal, (pthread_cond_t *), pthread_cond_signal, "GLIBC_2.2.5") \
	X(int, old_cond_broadcast, (pthread_cond_t *), pthread_cond_broadcast, "GLIBC_2.2.5") \
	X(int, old_posix_spawn, \
		(pid_t *, const char *, const posix_spawn_file_actions_t *, \
			const posix_spawnattr_t *, char *const[], char *const[]), \
		posix_spawn, "GLIBC_2.2.5") \
	X(int, old_posix_spawnp, \
		(pid_t *, const char *, const posix_spawn_file_actions_t *, \
			const posix_spawnattr_t *, char *const[], char *const[]), \
		posix_spawnp, "GLIBC_2.2.5")

#define HW_REAL_ALL(X) \
	HW_REAL_MUTEX(X) \
	HW_REAL_MEMORY(X) \
	HW_REAL_RWLOCK(X) \
	HW_REAL_SPIN(X) \
	HW_REAL_COND(X) \
	HW_REAL_BARRIER(X) \
	HW_REAL_SEM(X) \
	HW_REAL_SYSV(X) \
	HW_REAL_THREAD(X) \
	HW_REAL_C11(X) \
	HW_REAL_PROCESS(X) \
	HW_REAL_MODULE(X) \
	HW_REAL_SIGNAL(X)

struct hw_real_functions {
#define HW_REAL_MEMBER(result, name, parameters, version) result(*name) parameters;
	HW_REAL_ALL(HW_REAL_MEMBER)
#undef HW_REAL_MEMBER
#define HW_REAL_MEMBER(result, member, parameters, name, version) result(*member) parameters;
	HW_REAL_OLD(HW_REAL_MEMBER)
#undef HW_REAL_MEMBER
};

extern HW_HIDDEN struct hw_real_functions hw_real_functions;

/*
 * vfork is a system call in our own; but when another library has one in front of libc's, as
 * sanitizers do, it is this one. Else NULL. Both its names: vfork and __vfork.
 */
extern HW_HIDDEN void *hw_real_other_vforks[2];

/* Look all of them up. Any thread, any time; doing it twice does no harm. */
void hw_real_resolve(void);

/* The function of libc behind ours; looked up at the first use. */
#define HW_REAL(name) \
	(*(__builtin_expect(!hw_real_functions.name, 0) \
			? (hw_real_resolve(), hw_real_functions.name) \
			: hw_real_functions.name))

/* The same where the thread is known to be recorded: all were looked up before. */
#define HW_REAL_KNOWN(name) (*hw_real_functions.name)

/* Whether this libc has it. */
#define HW_REAL_HAS(name) (hw_real_resolve_once(), hw_real_functions.name != NULL)

/* False while this thread is looking them up: it was called from there. */
bool hw_real_resolve_once(void);

#endif
