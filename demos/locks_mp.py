#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Two processes move money between two accounts, each of which has a lock.

The first takes the lock of the account it takes from, then that of the other; the second does
so in the other direction. With --certain each waits until the other has its first lock; with
--ordered both take the locks in the order of the accounts.
"""
import argparse
import multiprocessing
import os


class Account:
    def __init__(self, number, balance):
        self.number = number
        self.lock = multiprocessing.Lock()
        self.balance = multiprocessing.Value("i", balance, lock=False)


def transfer(source, target, amount, ordered, meeting, closing):
    first, second = source, target
    if ordered:
        first, second = sorted((source, target), key=lambda account: account.number)
    with first.lock:
        if meeting:
            meeting.wait()
        with second.lock:
            source.balance.value -= amount
            target.balance.value += amount
    # Whoever went home before the other came would never be in the other's way.
    os.read(closing, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--certain", action="store_true", help="make them wait for each other")
    parser.add_argument("--ordered", action="store_true", help="take locks in one order")
    arguments = parser.parse_args()
    if arguments.certain and arguments.ordered:
        parser.error("in one order nobody waits for ever")

    savings, wallet = Account(1, 100), Account(2, 10)
    meeting = multiprocessing.Barrier(2) if arguments.certain else None
    closing, close = os.pipe()
    clerks = [multiprocessing.Process(target=transfer, name=f"clerk {number}",
                                      args=(source, target, 5, arguments.ordered, meeting,
                                            closing))
              for number, source, target in ((1, savings, wallet), (2, wallet, savings))]
    for clerk in clerks:
        clerk.start()
    os.write(close, bytes(len(clerks)))
    for clerk in clerks:
        clerk.join()
    print(f"savings {savings.balance.value}, wallet {wallet.balance.value}")


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    main()
