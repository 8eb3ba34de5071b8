#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Dining philosophers in Python: one lock for each fork.

naive    each takes the left fork, then the right one: sooner or later all wait
polite   each takes the left fork and tries the right one; if it is taken, the left one is
         put back, and the philosopher thinks again
ordered  each takes the fork with the lower number first

It ends when all have eaten, or never: try it with `holdwait run`.
"""
import argparse
import threading


class Fork:
    def __init__(self, number):
        self.number = number
        self.lock = threading.Lock()


class Philosopher(threading.Thread):
    def __init__(self, number, left, right, meals, strategy, table):
        super().__init__(name=f"philosopher {number}")
        self.left, self.right = left, right
        self.meals = meals
        self.eaten = 0
        self.dine = getattr(self, strategy)
        self.table = table

    def naive(self):
        with self.left.lock:
            self.table.wait_until_all_have_one()
            with self.right.lock:
                self.eaten += 1

    def polite(self):
        with self.left.lock:
            if self.right.lock.acquire(blocking=False):
                self.eaten += 1
                self.right.lock.release()

    def ordered(self):
        low, high = sorted((self.left, self.right), key=lambda fork: fork.number)
        with low.lock:
            with high.lock:
                self.eaten += 1

    def run(self):
        while self.eaten < self.meals:
            self.dine()


class Table:
    """With `certain`, nobody takes a second fork before everybody has a first one."""

    def __init__(self, seats, certain):
        self.all_have_one = threading.Barrier(seats) if certain else None

    def wait_until_all_have_one(self):
        if self.all_have_one:
            self.all_have_one.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seats", type=int, default=5, help="philosophers, and forks (5)")
    parser.add_argument("--meals", type=int, default=1, help="for each of them (1)")
    parser.add_argument("--strategy", choices=["naive", "polite", "ordered"], default="naive")
    parser.add_argument("--certain", action="store_true",
                        help="make the naive ones wait for each other for certain")
    arguments = parser.parse_args()
    if arguments.seats < 2 or arguments.meals < 1:
        parser.error("it takes two philosophers and a meal")

    forks = [Fork(number) for number in range(arguments.seats)]
    table = Table(arguments.seats, arguments.certain and arguments.strategy == "naive")
    philosophers = [Philosopher(number, forks[number], forks[(number + 1) % arguments.seats],
                                arguments.meals, arguments.strategy, table)
                    for number in range(arguments.seats)]
    for philosopher in philosophers:
        philosopher.start()
    for philosopher in philosophers:
        philosopher.join()
    print(f"{sum(philosopher.eaten for philosopher in philosophers)} meals were eaten")


if __name__ == "__main__":
    main()
