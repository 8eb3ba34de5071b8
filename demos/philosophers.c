/* SPDX-License-Identifier: MIT */

/*
 * The dining philosophers.
 *
 * Philosophers sit around a table, and between each two of them lies one fork.
 * Whoever wants to eat needs both forks next to him. When everybody takes his
 * left fork at the same time, all of them wait for their right one for ever:
 * philosopher 0 for the fork that 1 holds, 1 for the fork of 2, and so on
 * around the table.
 *
 * Each philosopher is a thread and each fork a mutex or a semaphore. The
 * strategies are four answers to "in which way does one take two forks"; each
 * of them is one function below.
 */

#include "demos/check.h"
#include "demos/clock.h"
#include "demos/cutlery.h"
#include "demos/number.h"

#include <argp.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PHILOSOPHERS = 1000, MOST_ROUNDS = 1000000000, LONGEST_US = 10000000 };

/* Philosopher N has forks[N] at his left, and the fork of his neighbour at his right. */
static struct table {
	union fork forks[MOST_PHILOSOPHERS];
	sem_t seats;			      /* waiter: one fewer than philosophers */
	pthread_barrier_t everybody_sits;     /* nobody begins before */
	pthread_barrier_t everybody_has_left; /* --certain: nobody reaches right before */
} table;

struct philosopher {
	unsigned number;
	pthread_t thread;
	unsigned seed; /* of his own random numbers */
	unsigned meals;
	unsigned gave_way; /* polite: how often he put his left fork back */
};

static struct philosopher philosophers[MOST_PHILOSOPHERS];

struct strategy {
	const char *name;
	void (*take_forks)(struct philosopher *self);
	void (*put_forks_back)(struct philosopher *self);
};

static struct dinner {
	unsigned count;
	unsigned rounds;
	unsigned think_us;
	unsigned eat_us;
	const struct strategy *strategy;
	const struct cutlery *cutlery;
	bool certain;
} dinner;

/* What a philosopher does with his hands. */

static unsigned left_of(const struct philosopher *self)
{
	return self->number;
}

static unsigned right_of(const struct philosopher *self)
{
	return (self->number + 1) % dinner.count;
}

static void take_left_fork(struct philosopher *self)
{
	dinner.cutlery->take(&table.forks[left_of(self)]);
}

static void take_right_fork(struct philosopher *self)
{
	dinner.cutlery->take(&table.forks[right_of(self)]);
}

static bool try_to_take_right_fork(struct philosopher *self)
{
	return dinner.cutlery->try_to_take(&table.forks[right_of(self)]);
}

static void put_left_fork_back(struct philosopher *self)
{
	dinner.cutlery->put_back(&table.forks[left_of(self)]);
}

static void put_right_fork_back(struct philosopher *self)
{
	dinner.cutlery->put_back(&table.forks[right_of(self)]);
}

static void put_both_forks_back(struct philosopher *self)
{
	put_right_fork_back(self);
	put_left_fork_back(self);
}

static void wait_at(pthread_barrier_t *barrier)
{
	int error = pthread_barrier_wait(barrier);

	if (error != PTHREAD_BARRIER_SERIAL_THREAD)
		check(error, "wait for the others");
}

/* For about so long: half of it at least, one and a half of it at most. */
static void pass_time(struct philosopher *self, unsigned about_us)
{
	if (about_us)
		clock_sleep_us(about_us / 2 + (unsigned)rand_r(&self->seed) % (about_us + 1));
}

/* The strategies. */

/* naive: left, then right. When all hold their left fork, nobody ever gets a right one. */
static void take_left_then_right(struct philosopher *self)
{
	take_left_fork(self);
	if (dinner.certain)
		wait_at(&table.everybody_has_left);
	take_right_fork(self);
}

/*
 * ordered: the fork with the lower number first. That is the left one for all
 * but the last philosopher, so whoever holds the highest fork can always eat.
 */
static void take_lower_then_higher(struct philosopher *self)
{
	if (left_of(self) < right_of(self)) {
		take_left_fork(self);
		take_right_fork(self);
	} else {
		take_right_fork(self);
		take_left_fork(self);
	}
}

/* waiter: as naive, but one seat too few: somebody at the table has both forks. */
static void sit_down_and_take(struct philosopher *self)
{
	check_sem_wait(&table.seats, "sit down");
	take_left_fork(self);
	take_right_fork(self);
}

static void put_back_and_stand_up(struct philosopher *self)
{
	put_both_forks_back(self);
	check_errno(sem_post(&table.seats), "stand up");
}

/*
 * polite: nobody holds one fork while he waits for the other. He lets some time
 * pass before he tries again, of a random length, as otherwise all might give
 * way to each other in step for ever.
 */
static void take_left_and_try_right(struct philosopher *self)
{
	take_left_fork(self);
	while (!try_to_take_right_fork(self)) {
		put_left_fork_back(self);
		self->gave_way++;
		pass_time(self, dinner.eat_us);
		sched_yield();
		take_left_fork(self);
	}
}

static const struct strategy strategies[] = {
	{ "naive", take_left_then_right, put_both_forks_back },
	{ "ordered", take_lower_then_higher, put_both_forks_back },
	{ "waiter", sit_down_and_take, put_back_and_stand_up },
	{ "polite", take_left_and_try_right, put_both_forks_back },
	{ NULL },
};

/* The dinner. */

static void *dine(void *argument)
{
	struct philosopher *self = argument;
	char name[32]; /* the kernel keeps 15 characters, enough for "philosopher 999" */

	snprintf(name, sizeof(name), "philosopher %u", self->number);
	check(pthread_setname_np(pthread_self(), name), "name a philosopher");
	wait_at(&table.everybody_sits);

	while (self->meals < dinner.rounds) {
		pass_time(self, dinner.think_us);
		dinner.strategy->take_forks(self);
		pass_time(self, dinner.eat_us);
		dinner.strategy->put_forks_back(self);
		self->meals++;
	}
	return NULL;
}

static void lay_table(void)
{
	for (unsigned i = 0; i < dinner.count; i++)
		dinner.cutlery->lay(&table.forks[i]);
	check_errno(sem_init(&table.seats, 0, dinner.count - 1), "count the seats");
	check(pthread_barrier_init(&table.everybody_sits, NULL, dinner.count), "make a barrier");
	check(pthread_barrier_init(&table.everybody_has_left, NULL, dinner.count),
		"make a barrier");
}

static void have_dinner(void)
{
	for (unsigned i = 0; i < dinner.count; i++) {
		struct philosopher *guest = &philosophers[i];
		int error;

		guest->number = i;
		guest->seed = i + 1;
		error = pthread_create(&guest->thread, NULL, dine, guest);
		if (error)
			die("cannot seat philosopher %u of %u: %s", i, dinner.count,
				strerror(error));
	}
	for (unsigned i = 0; i < dinner.count; i++)
		check(pthread_join(philosophers[i].thread, NULL), "wait for a philosopher");
}

static void print_meals(double seconds)
{
	bool polite = dinner.strategy->take_forks == take_left_and_try_right;
	uint64_t meals = 0, gave_way = 0;

	printf("%-11s  %10s%s\n", "philosopher", "meals", polite ? "    gave way" : "");
	for (unsigned i = 0; i < dinner.count; i++) {
		const struct philosopher *guest = &philosophers[i];

		printf("%11u  %10u", guest->number, guest->meals);
		if (polite)
			printf("  %10u", guest->gave_way);
		putchar('\n');
		meals += guest->meals;
		gave_way += guest->gave_way;
	}
	printf("%11s  %10" PRIu64, "all", meals);
	if (polite)
		printf("  %10" PRIu64, gave_way);
	printf("  in %.3f s\n", seconds);
}

/* The command line. */

static const char what_it_is[] =
	"Let philosophers dine, who need two forks each and share them with their neighbours."
	"\v"
	"Strategies:\n"
	"  naive    left fork, then right: when all hold their left fork, all wait\n"
	"           for ever; unlikely with the default times, but possible\n"
	"  ordered  the fork with the lower number first: never deadlocks\n"
	"  waiter   as naive, but a semaphore lets one philosopher fewer sit down\n"
	"           than there are: never deadlocks\n"
	"  polite   puts the left fork back when the right one is taken, and tries\n"
	"           again: never deadlocks\n"
	"\n"
	"With --certain the naive philosophers wait for each other before they reach for their "
	"right forks: the program hangs by design and prints nothing; end it with Ctrl-C.\n"
	"\n"
	"Exit status: 0 when all have eaten, 1 when a thread or a lock could not be made, 2 for "
	"wrong usage.";

static const struct argp_option options[] = {
	{ "count", 'n', "N", 0, "Philosophers, 2 to 1000 (default 5)", 1 },
	{ "rounds", 'r', "N", 0, "Meals that each of them eats (default 10)", 1 },
	{ "strategy", 's', "NAME", 0, "naive, ordered, waiter or polite (default naive)", 2 },
	{ "with", 'w', "NAME", 0, "What a fork is: mutex or semaphore (default mutex)", 2 },
	{ "certain", 'c', NULL, 0, "Make the deadlock of the naive strategy certain", 2 },
	{ "think-us", 't', "US", 0, "About how long to think before a meal (default 5000)", 3 },
	{ "eat-us", 'e', "US", 0, "About how long a meal takes (default 200)", 3 },
	{ NULL, 'h', NULL, OPTION_HIDDEN, NULL, -1 },
	{ NULL },
};

static const struct strategy *parse_strategy(struct argp_state *state, const char *name)
{
	for (const struct strategy *strategy = strategies; strategy->name; strategy++) {
		if (strcmp(strategy->name, name) == 0)
			return strategy;
	}
	argp_error(state, "--strategy is naive, ordered, waiter or polite, not '%s'", name);
	return NULL;
}

static const struct cutlery *parse_cutlery(struct argp_state *state, const char *name)
{
	const struct cutlery *cutlery = cutlery_find(name);

	if (!cutlery)
		argp_error(state, "--with is mutex or semaphore, not '%s'", name);
	return cutlery;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	switch (key) {
	case 'n':
		dinner.count = number_parse(state, "count", text, 2, MOST_PHILOSOPHERS);
		break;
	case 'r':
		dinner.rounds = number_parse(state, "rounds", text, 1, MOST_ROUNDS);
		break;
	case 's':
		dinner.strategy = parse_strategy(state, text);
		break;
	case 'w':
		dinner.cutlery = parse_cutlery(state, text);
		break;
	case 'c':
		dinner.certain = true;
		break;
	case 't':
		dinner.think_us = number_parse(state, "think-us", text, 0, LONGEST_US);
		break;
	case 'e':
		dinner.eat_us = number_parse(state, "eat-us", text, 0, LONGEST_US);
		break;
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "too many arguments: '%s'", text);
		break;
	case ARGP_KEY_END:
		if (dinner.certain && dinner.strategy->take_forks != take_left_then_right)
			argp_error(state, "--certain is for --strategy naive, '%s' cannot deadlock",
				dinner.strategy->name);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { options, parse_option, NULL, what_it_is };
	double start;

	dinner = (struct dinner){
		.count = 5,
		.rounds = 10,
		.think_us = 5000,
		.eat_us = 200,
		.strategy = &strategies[0],
		.cutlery = cutlery_find("mutex"),
	};
	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);

	lay_table();
	start = clock_now_s();
	have_dinner();
	print_meals(clock_now_s() - start);
	return 0;
}
