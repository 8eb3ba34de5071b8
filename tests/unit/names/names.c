/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <semaphore.h>
#include <threads.h>

#include "names.h"
#include "where.h"

typedef pthread_mutex_t gate_t;

struct fork {
	int owner;
	pthread_mutex_t mutex;
};

union either {
	pthread_mutex_t mutex;
	sem_t semaphore;
};

/* A cache line each. */
union padded {
	pthread_mutex_t mutex;
	char bytes[64];
};

struct table {
	long count;
	struct fork forks[5];
	pthread_mutex_t grid[2][3];
	union either either[4];
	struct {
		pthread_mutex_t guard;
		pthread_cond_t filled;
	} queue;
	struct {
		struct fork inner;
		long stamp;
	} wrapped;
	struct {
		int padding;
		union {
			pthread_rwlock_t rwlock;
			sem_t units;
		};
	} anonymous;
	struct {
		union {
			pthread_mutex_t mutex;
			sem_t units;
		};
		pthread_mutex_t other;
	} both;
	struct {
		union either either;
		long stamp;
	} named;
	union padded padded[2];
	pthread_spinlock_t spins[2];
	volatile gate_t gate;
	struct fork one[1];
};

struct table table;
static struct table tables[2];
static pthread_mutex_t lock;
pthread_rwlock_t plain_rwlock;
static const pthread_mutex_t unchanging = PTHREAD_MUTEX_INITIALIZER;
pthread_barrier_t barrier;
pthread_once_t once;
mtx_t c11_mutex;
cnd_t c11_cond;
once_flag c11_once;
sem_t seats;
char arena[4096];
long words[64];
struct {
	int before;
	char storage[64];
} opaque;

static void print_members(void)
{
	VARIABLE("mutex", table.forks[3].mutex, table, "table", "table.forks[3]", "table.forks[]");
	VARIABLE("mutex", table.grid[1][2], table, "table", "table.grid[1][2]", "table.grid[][]");
	VARIABLE("mutex", table.either[2], table, "table", "table.either[2]", "table.either[]");
	VARIABLE("sem", table.either[3], table, "table", "table.either[3]", "table.either[]");
	VARIABLE("mutex", table.queue.guard, table, "table", "table.queue.guard",
		"table.queue.guard");
	VARIABLE("cond", table.queue.filled, table, "table", "table.queue.filled",
		"table.queue.filled");
	VARIABLE("mutex", table.wrapped.inner.mutex, table, "table", "table.wrapped.inner",
		"table.wrapped.inner");
	VARIABLE("rwlock", table.anonymous.rwlock, table, "table", "table.anonymous",
		"table.anonymous");
	VARIABLE("mutex", table.both.mutex, table, "table", "table.both.mutex", "table.both.mutex");
	VARIABLE("sem", table.both.units, table, "table", "table.both.units", "table.both.units");
	VARIABLE("mutex", table.both.other, table, "table", "table.both.other", "table.both.other");
	VARIABLE("sem", table.named.either, table, "table", "table.named", "table.named");
	VARIABLE("mutex", table.padded[1], table, "table", "table.padded[1]", "table.padded[]");
	VARIABLE("spin", table.spins[1], table, "table", "table.spins[1]", "table.spins[]");
	VARIABLE("mutex", table.gate, table, "table", "table.gate", "table.gate");
	VARIABLE("mutex", table.one[0].mutex, table, "table", "table.one[0]", "table.one[]");
	VARIABLE("mutex", tables[1].forks[4].mutex, tables, "tables", "tables[1].forks[4]",
		"tables[].forks[]");
}

static void print_globals(void)
{
	VARIABLE("mutex", lock, lock, "lock (names.c)", "lock (names.c)", "lock (names.c)");
	VARIABLE("rwlock", plain_rwlock, plain_rwlock, "plain_rwlock", "plain_rwlock",
		"plain_rwlock");
	VARIABLE("mutex", unchanging, unchanging, "unchanging", "unchanging", "unchanging");
	VARIABLE("barrier", barrier, barrier, "barrier", "barrier", "barrier");
	VARIABLE("once", once, once, "once", "once", "once");
	VARIABLE("mutex", c11_mutex, c11_mutex, "c11_mutex", "c11_mutex", "c11_mutex");
	VARIABLE("cond", c11_cond, c11_cond, "c11_cond", "c11_cond", "c11_cond");
	VARIABLE("once", c11_once, c11_once, "c11_once", "c11_once", "c11_once");
	VARIABLE("sem", seats, seats, "seats", "seats", "seats");
	VARIABLE("mutex", arena[64], arena, "arena", "arena+0x40", "arena+0x40");
	VARIABLE("mutex", words[3], words, "words", "words+0x18", "words+0x18");
	VARIABLE("mutex", opaque.storage[16], opaque, "opaque", "opaque.storage+0x10",
		"opaque.storage+0x10");
}

NOINLINE static void take_turns(void)
{
	static pthread_mutex_t turn;
	{
		static struct fork inner[2];

		VARIABLE("mutex", inner[1].mutex, inner, "-", "take_turns::inner[1]",
			"take_turns::inner[]");
	}
	VARIABLE("mutex", turn, turn, "-", "take_turns::turn", "take_turns::turn");
}

INLINE void leaf(int in_middle, int in_outer)
{
	WHERE("leaf", __LINE__, in_middle, "middle", in_outer, "outer", 0);
	NOT_THE_LAST;
}

INLINE void middle(int in_outer)
{
	NOT_THE_LAST;
	leaf(__LINE__, in_outer);
	NOT_THE_LAST;
}

NOINLINE void outer(volatile int *rounds)
{
	WHERE("outer", __LINE__, 0);
	while ((*rounds)--)
		middle(__LINE__);
	NOT_THE_LAST;
}

/* Private, and called with one constant only: the compiler may make its own version of it. */
NOINLINE static int specialised(int base, volatile int *rounds)
{
	int sum = 0;

	WHERE("specialised", __LINE__, 0);
	while (sum < *rounds + base)
		sum++;
	return sum;
}

NOINLINE void unlikely(volatile int *rounds)
{
	if (*rounds < 0) {
		WHERE_COLD("unlikely", __LINE__, 0);
		*rounds = 0;
	}
}

NOINLINE void ends_in_a_call(void)
{
	WHERE_LAST("ends_in_a_call", __LINE__, 0);
}

NOINLINE void follows(void)
{
	WHERE("follows", __LINE__, 0);
	NOT_THE_LAST;
}

/* Large, and thrown away by some linkers, which then leave it at address 0 in DWARF. */
void never_called(void);

void never_called(void)
{
	__asm__ volatile(".skip 65536, 0x90");
}

int main(void)
{
	volatile int rounds = 1;

	print_members();
	print_globals();
	take_turns();
	print_other_file();
	outer(&rounds);
	if (specialised(7, &rounds) < 0)
		return 1;
	rounds = -1;
	unlikely(&rounds);
	if (!setjmp(where_return))
		ends_in_a_call();
	follows();
	library_outer(&rounds);
	return 0;
}
