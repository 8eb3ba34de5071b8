/* SPDX-License-Identifier: MIT */
#include "names_cxx.h"

#include <array>
#include <condition_variable>
#include <shared_mutex>

#include "where.h"

namespace bank
{

struct Registry {
	static std::mutex guard;
	static inline std::mutex modern;
	std::mutex slots[3];
};

std::mutex Registry::guard;
Account accounts[3];
std::array<std::recursive_mutex, 4> drawers;

struct Base {
	std::shared_mutex table;
};

struct Derived : Base {
	long number;
	std::mutex extra;
};

Derived derived;

class Channel
{
      public:
	void print();

      private:
	std::mutex guard;
	std::condition_variable filled;
	std::once_flag started;
};

Channel channel;

void Channel::print()
{
	VARIABLE("mutex", guard, channel, "bank::channel", "bank::channel.guard",
		"bank::channel.guard");
	VARIABLE("cond", filled, channel, "bank::channel", "bank::channel.filled",
		"bank::channel.filled");
	VARIABLE("once", started, channel, "bank::channel", "bank::channel.started",
		"bank::channel.started");
}

template <class T> struct Typed {
	static std::mutex guard;
};

template <class T> std::mutex Typed<T>::guard;

namespace
{
std::mutex hidden;
Registry registry;
} // namespace

/* Static objects inside functions: of a free one, a method, a local class and a lambda. */
NOINLINE static void count()
{
	static std::mutex once;

	VARIABLE("mutex", once, once, "-", "bank::count::once", "bank::count::once");
}

struct Counter {
	NOINLINE void count()
	{
		static std::mutex once;

		VARIABLE("mutex", once, once, "-", "bank::Counter::count::once",
			"bank::Counter::count::once");
	}
};

} // namespace bank

using namespace bank;

static void print_variables()
{
	VARIABLE("mutex", Registry::guard, Registry::guard, "bank::Registry::guard",
		"bank::Registry::guard", "bank::Registry::guard");
	VARIABLE("mutex", Registry::modern, Registry::modern, "bank::Registry::modern",
		"bank::Registry::modern", "bank::Registry::modern");
	VARIABLE("mutex", accounts[2].guard, accounts, "bank::accounts", "bank::accounts[2]",
		"bank::accounts[]");
	VARIABLE("mutex", drawers[3], drawers, "bank::drawers", "bank::drawers[3]",
		"bank::drawers[]");
	VARIABLE("rwlock", derived.table, derived, "bank::derived", "bank::derived.table",
		"bank::derived.table");
	VARIABLE("mutex", derived.extra, derived, "bank::derived", "bank::derived.extra",
		"bank::derived.extra");
	VARIABLE("mutex", Typed<int>::guard, Typed<int>::guard, "bank::Typed<int>::guard",
		"bank::Typed<int>::guard", "bank::Typed<int>::guard");
	VARIABLE("mutex", hidden, hidden, "bank::(anonymous namespace)::hidden (names_cxx.cc)",
		"bank::hidden (names_cxx.cc)", "bank::hidden (names_cxx.cc)");
	VARIABLE("mutex", registry.slots[1], registry, "bank::(anonymous namespace)::registry",
		"bank::registry.slots[1]", "bank::registry.slots[]");
	channel.print();
	count();
	Counter().count();
	print_other_unit();
}

namespace shop
{

struct Till {
	NOINLINE void open(volatile int *rounds);
	INLINE_METHOD void ring(int in_open);
};

void Till::ring(int in_open)
{
	WHERE("shop::Till::ring", __LINE__, in_open, "shop::Till::open", 0);
	NOT_THE_LAST;
}

void Till::open(volatile int *rounds)
{
	NOT_THE_LAST;
	ring(__LINE__);
	(*rounds)++;
}

template <class T> NOINLINE void sell(T *things)
{
	WHERE("shop::sell<int volatile>", __LINE__, 0);
	(*things)++;
}

} // namespace shop

struct Goods {
	volatile int *rounds;
	long padding[8];
};

/*
 * More underscores in front than its linker name has. Of a function that only the file knows,
 * compilers make copies under other names: .isra, .constprop, .cold.
 */
NOINLINE static void __weigh(const Goods &goods, int times)
{
	WHERE("__weigh", __LINE__, 0);
	*goods.rounds += times;
	if (*goods.rounds < 0) {
		WHERE_COLD("__weigh", __LINE__, 0);
		*goods.rounds = 0;
	}
}

int main()
{
	volatile int rounds = 0;
	Goods goods = { &rounds, {} };

	print_variables();
	shop::Till().open(&rounds);
	shop::sell(&rounds);
	__weigh(goods, 3);
	rounds = -10;
	__weigh(goods, 3);
	return 0;
}
