/* SPDX-License-Identifier: MIT */
#include "tests/e2e/outcome.h"

#include <criterion/criterion.h>

/*
 * Every way of locking that people really meet (tests/fixtures/shapes), and what
 * holdwait has to say about it: one row each. A row is
 *
 *   SHAPE(program, shape, outcome)            see outcome.h
 *   SHAPE(program, shape, outcome, because)   and what a ruled-out cycle's reason names
 *   PENDING(today, program, shape, ...)       a SHAPE that does not hold yet, and what is
 *                                             said today
 */
#define SHAPE(program, shape, ...) \
	Test(program, shape) \
	{ \
		hw_outcome_expect(#program, #shape, (struct hw_outcome){ __VA_ARGS__ }); \
	}

#define PENDING(today, program, shape, ...) \
	Test(program, shape) \
	{ \
		hw_outcome_expect_not_yet( \
			today, #program, #shape, (struct hw_outcome){ __VA_ARGS__ }); \
	}

/* Rings of locks. */
SHAPE(rings, abba, "HW001 predicted, 2 threads, 2 objects")
SHAPE(rings, abba_hang, "HW002 deadlock, 2 threads, 2 objects")
SHAPE(rings, ring_3, "HW001 predicted, 3 threads, 3 objects")
SHAPE(rings, ring_4, "HW001 predicted, 4 threads, 4 objects")
SHAPE(rings, ring_10, "HW001 predicted, 10 threads, 10 objects")
SHAPE(rings, ring_100, "HW001 predicted, 100 threads, 100 objects")
SHAPE(rings, short_and_long,
	"HW001 predicted, 2 threads, 2 objects; HW001 predicted, 3 threads, 3 objects")

/* As many locks at once as in a ring of two that is far apart. */
SHAPE(rings, hold_70, "HW001 predicted, 2 threads, 2 objects")
SHAPE(rings, hold_200, "HW001 predicted, 2 threads, 2 objects")
SHAPE(rings, hold_1000, "HW001 predicted, 2 threads, 2 objects")

/* Every kind of lock. */
SHAPE(kinds, two_semaphores, "HW001 predicted, 2 threads, 2 objects")
SHAPE(kinds, two_semaphores_hang, "HW002 deadlock, 2 threads, 2 objects")
SHAPE(kinds, semaphore_and_mutex, "HW001 predicted, 2 threads, 2 objects")
SHAPE(kinds, semaphore_and_mutex_hang, "HW002 deadlock, 2 threads, 2 objects")
SHAPE(kinds, spin, "HW001 predicted, 2 threads, 2 objects")
SHAPE(kinds, spin_hang, "HW002 deadlock, 2 threads, 2 objects")
SHAPE(kinds, rwlock_write, "HW001 predicted, 2 threads, 2 objects")
SHAPE(kinds, rwlock_write_hang, "HW002 deadlock, 2 threads, 2 objects")
SHAPE(kinds, c11, "HW001 predicted, 2 threads, 2 objects")
SHAPE(kinds, c11_hang, "HW002 deadlock, 2 threads, 2 objects")
SHAPE(kinds, recursive, "HW001 predicted, 2 threads, 2 objects")
SHAPE(kinds, recursive_hang, "HW002 deadlock, 2 threads, 2 objects")
SHAPE(protocols, inheriting, "HW001 predicted, 2 threads, 2 objects")
SHAPE(protocols, inheriting_hang, "HW002 deadlock, 2 threads, 2 objects")
SHAPE(cxx, mutex, "HW001 predicted, 2 threads, 2 objects")
SHAPE(cxx, mutex_hang, "HW002 deadlock, 2 threads, 2 objects")
SHAPE(cxx, shared_mutex_write, "HW001 predicted, 2 threads, 2 objects")
SHAPE(cxx, shared_mutex_write_hang, "HW002 deadlock, 2 threads, 2 objects")
SHAPE(cxx, shared_mutex_upgrade, "HW001 predicted, 2 threads, 2 objects")
SHAPE(cxx, shared_mutex_upgrade_hang, "HW002 deadlock, 2 threads, 2 objects")

/* Locks of GLib. */
#ifdef HW_HAVE_GLIB
SHAPE(glib, mutex, "HW001 predicted, 2 threads, 2 objects")
SHAPE(glib, mutex_hang, "HW002 deadlock, 2 threads, 2 objects")
SHAPE(glib, rec_mutex, "HW001 predicted, 2 threads, 2 objects")
SHAPE(glib, rec_mutex_hang, "HW002 deadlock, 2 threads, 2 objects")
SHAPE(glib, rw_lock, "HW001 predicted, 2 threads, 2 objects")
SHAPE(glib, rw_lock_hang, "HW002 deadlock, 2 threads, 2 objects")
SHAPE(glib, rw_lock_readers, "HW001 ruled-out readers, 2 threads, 2 objects")
SHAPE(glib, by_condition, "HW001 ruled-out ordered, 2 threads, 2 objects", "changed")
#endif

/* Several processes. */
SHAPE(processes, over_fork, "HW001 predicted, 2 threads of 2 processes, 2 objects")
SHAPE(processes, over_fork_hang, "HW002 deadlock, 2 threads of 2 processes, 2 objects")
SHAPE(processes, named_semaphores, "HW001 predicted, 2 threads of 2 processes, 2 objects")
SHAPE(processes, named_semaphores_hang, "HW002 deadlock, 2 threads of 2 processes, 2 objects")
SHAPE(processes, unrelated, "HW001 predicted, 2 threads of 2 processes, 2 objects")
SHAPE(processes, unrelated_hang, "HW002 deadlock, 2 threads of 2 processes, 2 objects")

/* Semaphores of System V. */
SHAPE(sysv, abba, "HW001 predicted, 2 threads of 2 processes, 2 objects")
SHAPE(sysv, abba_hang, "HW002 deadlock, 2 threads of 2 processes, 2 objects")
SHAPE(sysv, together, "nothing")
SHAPE(sysv, together_and_apart, "nothing")
SHAPE(sysv, together_inside, "HW001 predicted, 2 threads of 2 processes, 2 objects")
SHAPE(sysv, together_inside_hang, "HW002 deadlock, 2 threads of 2 processes, 2 objects")
SHAPE(sysv, together_later_hang, "HW002 deadlock, 2 threads of 2 processes, 2 objects")
SHAPE(sysv, readers_and_writers, "HW001 predicted, 2 threads of 2 processes, 2 objects")
SHAPE(sysv, readers_and_writers_hang, "HW002 deadlock, 2 threads of 2 processes, 2 objects")
SHAPE(sysv, only_readers, "HW001 ruled-out capacity, 2 threads of 2 processes, 2 objects")
SHAPE(sysv, writers, "nothing")
SHAPE(sysv, from_zero, "HW001 predicted, 2 threads of 2 processes, 2 objects")
SHAPE(sysv, from_zero_hang, "HW002 deadlock, 2 threads of 2 processes, 2 objects")
SHAPE(sysv, await_zero, "nothing")
SHAPE(sysv_ends, signal_to_another, "nothing")
SHAPE(sysv_ends, set_by_another, "nothing")
SHAPE(sysv_ends, undone, "nothing")
SHAPE(sysv_ends, not_undone, "HW012 misuse, 2 threads of 2 processes, 1 object")
SHAPE(sysv_ends, removed, "nothing")
SHAPE(sysv_ends, made_again, "nothing")

/* Waits for something else, with a lock. */
SHAPE(waits, relock_hang, "HW003 deadlock, 1 thread, 1 object")
SHAPE(waits, join_hang, "HW002 deadlock, 2 threads, 2 objects")
SHAPE(waits, wake_up_into_lock, "HW001 predicted, 2 threads, 2 objects")
SHAPE(waits, wake_up_into_both_locks, "HW001 predicted, 2 threads, 2 objects")
SHAPE(waits, condition_inside_lock, "HW008 predicted, 2 threads, 2 objects")
SHAPE(waits, condition_beside_lock, "nothing")
SHAPE(waits, barrier_inside_lock, "HW008 predicted, 2 threads, 2 objects")
SHAPE(waits, barrier_before_lock, "nothing")
SHAPE(waits, parking, "nothing")

/* Waits inside of a lock that others need to end them, and others that they can end. */
SHAPE(insides, join_inside, "HW009 predicted, 2 threads, 2 objects")
SHAPE(insides, join_for_a_moment, "HW009 predicted bounded, 2 threads, 2 objects")
SHAPE(insides, join_inside_another, "nothing")
SHAPE(insides, join_outside, "nothing")
SHAPE(insides, join_who_tries, "nothing")
SHAPE(insides, join_after_post, "nothing")
SHAPE(insides, join_reader_while_reading, "nothing")
SHAPE(insides, join_writer_while_reading, "HW009 predicted, 2 threads, 2 objects")
SHAPE(insides, join_inside_ring, "HW009 predicted, 3 threads, 3 objects")
SHAPE(insides, join_inside_both, "HW009 predicted, 2 threads, 2 objects")
SHAPE(insides, timed_condition_inside, "HW008 predicted bounded, 2 threads, 2 objects")
SHAPE(insides, condition_with_another_waker, "nothing")
SHAPE(insides, condition_woken_again, "nothing")
SHAPE(insides, condition_outside, "nothing")
SHAPE(insides, condition_nobody_wakes, "nothing")
SHAPE(insides, semaphore_inside, "HW008 predicted, 2 threads, 2 objects")
SHAPE(insides, semaphore_outside, "nothing")
SHAPE(insides, semaphore_beside, "nothing")
SHAPE(insides, semaphore_with_own_unit, "nothing")
SHAPE(insides, barrier_for_three, "HW008 predicted, 2 threads, 2 objects")
SHAPE(insides, barrier_twice, "nothing")

/* What nobody may do to a lock, and what is near it. */
SHAPE(misuses, unlock_of_another, "HW005 misuse, 2 threads, 1 object")
SHAPE(misuses, unlock_twice, "HW005 misuse, 1 thread, 1 object")
SHAPE(misuses, unlock_free_spin, "HW005 misuse, 1 thread, 1 object")
SHAPE(misuses, unlock_of_a_writer, "HW005 misuse, 2 threads, 1 object")
SHAPE(misuses, unlock_recursive, "nothing")
SHAPE(misuses, post_of_another, "nothing")
SHAPE(misuses, end_holding, "HW006 misuse, 1 thread, 1 object")
SHAPE(misuses, end_holding_awaited, "HW006 misuse, 2 threads, 1 object")
SHAPE(misuses, exit_holding, "HW006 misuse, 1 thread, 1 object")
SHAPE(misuses, cancelled_holding, "HW006 misuse, 1 thread, 1 object")
SHAPE(misuses, cancelled_cleaning_up, "nothing")
SHAPE(misuses, process_ends_holding, "HW006 misuse, 2 threads of 2 processes, 1 object")
SHAPE(misuses, process_ends_holding_robust, "nothing")
SHAPE(misuses, program_ends_holding, "nothing")
SHAPE(misuses, destroy_held, "HW007 misuse, 1 thread, 1 object")
SHAPE(misuses, destroy_held_by_another, "HW007 misuse, 2 threads, 1 object")
SHAPE(misuses, destroy_left_by_process, "nothing")
SHAPE(misuses, free_held, "HW007 misuse, 1 thread, 1 object")
SHAPE(misuses, free_unlocked, "nothing")
SHAPE(misuses, unmap_shared_held, "nothing")
SHAPE(forks, want_of_another, "HW011 misuse, 2 threads of 2 processes, 1 object")
SHAPE(forks, renew, "nothing")
SHAPE(forks, by_holder, "nothing")
SHAPE(forks, with_handlers, "nothing")
SHAPE(misuses, unit_lost, "HW012 misuse, 1 thread, 1 object")
SHAPE(misuses, unit_handed_on, "nothing")

/* What goes against the order that the program declares, and what is near it. */
SHAPE(declared, as_declared, "nothing")
SHAPE(declared, against, "HW013 misuse, 2 threads, 2 objects")
SHAPE(declared, declared_afterwards, "HW013 misuse, 2 threads, 2 objects")
SHAPE(declared, both_orders,
	"HW001 predicted, 2 threads, 2 objects; HW013 misuse, 2 threads, 2 objects")
SHAPE(declared, first_is_tried, "nothing")
SHAPE(declared, second_was_tried, "HW013 misuse, 2 threads, 2 objects")
SHAPE(declared, first_for_a_moment, "HW013 misuse bounded, 2 threads, 2 objects")
SHAPE(declared, in_two_steps, "HW013 misuse, 2 threads, 3 objects")
SHAPE(declared, of_others, "nothing")
SHAPE(declared, behind_a_gate, "HW013 misuse, 2 threads, 2 objects, 2 instances")
SHAPE(declared, first_again, "nothing")
SHAPE(declared, unit_while_reading, "HW013 misuse, 2 threads, 2 objects")
SHAPE(declared, woken_up_into_first,
	"HW013 misuse, 2 threads, 2 objects; HW001 ruled-out one-thread, 1 thread, 2 objects")
SHAPE(declared, contradiction, "HW013 misuse, 1 thread, 2 objects")
SHAPE(declared, contradiction_in_three_steps, "HW013 misuse, 1 thread, 3 objects")
SHAPE(declared, before_fork, "HW013 misuse, 2 threads of 2 processes, 4 objects")
SHAPE(declared, before_fork_of_heap, "HW013 misuse, 2 threads of 2 processes, 5 objects")
SHAPE(declared, ended_before_fork, "nothing")

/* What a thread takes in a signal handler, and what the handler can interrupt. */
SHAPE(handlers, in_body, "HW010 possible, 1 thread, 1 object")
SHAPE(handlers, in_body_by_signal, "HW010 possible, 1 thread, 1 object")
SHAPE(handlers, own_mask, "HW010 possible, 1 thread, 1 object")
SHAPE(handlers, blocked_around, "nothing")
SHAPE(handlers, blocked_by_process_mask, "nothing")
SHAPE(handlers, another_blocked, "HW010 possible, 1 thread, 1 object")
SHAPE(handlers, blocked_at_first, "HW010 possible, 1 thread, 1 object")
SHAPE(handlers, installed_later, "nothing")
SHAPE(handlers, taken_away, "nothing")
SHAPE(handler_kinds, tried_in_handler, "nothing")
SHAPE(handler_kinds, tried_in_body, "HW010 possible, 1 thread, 1 object")
SHAPE(handler_kinds, timed_in_handler, "HW010 possible bounded, 1 thread, 1 object")
SHAPE(handlers, in_another_thread, "nothing")
SHAPE(handler_kinds, post_in_handler, "nothing")
SHAPE(handler_kinds, semaphore, "HW010 possible, 1 thread, 1 object")
SHAPE(handler_kinds, two_units, "nothing")
SHAPE(handler_kinds, spin, "HW010 possible, 1 thread, 1 object")
SHAPE(handler_kinds, c11, "HW010 possible, 1 thread, 1 object")
SHAPE(handler_kinds, write_in_handler, "HW010 possible, 1 thread, 1 object")
SHAPE(handler_kinds, read_in_handler, "nothing")
SHAPE(handler_kinds, recursive, "nothing")
SHAPE(handler_kinds, fault, "nothing")
SHAPE(handler_kinds, fault_unblocked, "nothing")
SHAPE(handlers, interrupted_hang, "HW003 deadlock, 1 thread, 1 object")
SHAPE(handlers, jumped_out, "HW010 possible, 1 thread, 1 object")
SHAPE(handlers, jumped_out_blocked, "nothing")
SHAPE(handlers, nested, "HW010 possible, 1 thread, 1 object")
SHAPE(handlers, not_nested, "nothing")
SHAPE(handlers, one_handler_for_two, "nothing")
SHAPE(handlers, alternate_stack, "HW010 possible, 1 thread, 1 object")
SHAPE(handlers, small_alternate_stack, "HW010 possible, 1 thread, 1 object")

/* Two orders that cannot be at the same time. */
SHAPE(ordered, one_thread, "HW001 ruled-out one-thread, 1 thread, 2 objects", "thread ")
SHAPE(ordered, by_creation, "HW001 ruled-out ordered, 2 threads, 2 objects", "creat")
SHAPE(ordered, after_join, "HW001 ruled-out ordered, 2 threads, 2 objects", "joins thread 2")
SHAPE(ordered, single_worker, "HW001 ruled-out ordered, 2 threads, 2 objects", "joins thread 2")
SHAPE(ordered, by_semaphore, "HW001 ruled-out ordered, 2 threads, 2 objects", "copied")
SHAPE(ordered, by_condition, "HW001 ruled-out ordered, 2 threads, 2 objects", "changed")
SHAPE(ordered, by_barrier, "HW001 ruled-out ordered, 2 threads, 2 objects", "halfway")
SHAPE(processes, before_fork, "HW001 ruled-out ordered, 2 threads of 2 processes, 2 objects",
	"fork")
SHAPE(processes, after_wait, "HW001 ruled-out ordered, 2 threads of 2 processes, 2 objects",
	"process 2")

/* Something that does not let enough threads in. */
SHAPE(gates, outer_lock, "HW001 ruled-out gate, 2 threads, 2 objects", "house")
SHAPE(gates, outer_semaphore, "HW001 ruled-out gate, 2 threads, 2 objects", "key")
SHAPE(gates, outer_lock_read_by_both, "HW001 predicted, 2 threads, 2 objects")
SHAPE(gates, outer_lock_written_by_one, "HW001 ruled-out gate, 2 threads, 2 objects", "door")
SHAPE(gates, creators_outer_lock, "HW001 ruled-out gate, 2 threads, 2 objects", "house")
SHAPE(gates, creators_outer_lock_too_short, "HW001 predicted, 2 threads, 2 objects")
SHAPE(gates, hand_over_hand, "HW001 ruled-out one-thread, 2 threads, 3 objects", "thread ")
SHAPE(gates, a_seat_too_few, "HW001 ruled-out capacity, 3 threads, 3 objects", "seats")
SHAPE(gates, enough_seats, "HW001 predicted, 3 threads, 3 objects")
SHAPE(gates, a_unit_to_spare, "HW001 ruled-out capacity, 2 threads, 2 objects", "tickets")
SHAPE(gates, a_unit_that_comes_back, "HW001 ruled-out capacity, 2 threads, 2 objects", "tickets")
SHAPE(gates, a_unit_that_comes_back_late, "HW001 ruled-out capacity, 2 threads, 2 objects",
	"tickets")
SHAPE(gates, no_unit_to_spare, "HW001 predicted, 3 threads, 2 objects")
SHAPE(gates, two_units_each, "HW001 predicted, 2 threads, 1 object")
SHAPE(gates, two_units_each_hang, "HW002 deadlock, 2 threads, 1 object")
SHAPE(gates, two_units_of_three, "nothing")
SHAPE(gates, two_units_one_thread, "nothing")
SHAPE(gates, two_units_then_one, "HW001 predicted, 2 threads, 1 object")
SHAPE(gates, no_unit_to_spare_hang, "HW002 deadlock, 3 threads, 2 objects")

/* Tries, and waits for a limited time. */
SHAPE(tries, back_off, "HW001 ruled-out try, 2 threads, 2 objects", "inbox")
SHAPE(tries, try_then_wait, "HW001 predicted, 2 threads, 2 objects")
SHAPE(tries, try_then_wait_semaphore, "HW001 predicted, 2 threads, 2 objects")
SHAPE(tries, timed, "HW001 predicted bounded, 2 threads, 2 objects")
SHAPE(cxx, scoped_lock, "HW001 ruled-out try, 2 threads, 2 objects")
SHAPE(cxx, std_lock, "HW001 ruled-out try, 2 threads, 2 objects")
SHAPE(cxx, std_lock_contended, "HW001 ruled-out try, 2 threads, 2 objects")

/* Readers. */
SHAPE(readers, read_read, "HW001 ruled-out readers, 2 threads, 2 objects", "hosts")
SHAPE(readers, read_read_writers, "HW001 ruled-out readers, 2 threads, 2 objects", "hosts")
SHAPE(readers, read_read_prefer_writer, "HW001 ruled-out readers, 2 threads, 2 objects", "hosts")
SHAPE(readers, read_read_writers_first_without, "HW001 ruled-out readers, 2 threads, 2 objects",
	"hosts")
SHAPE(readers, read_read_one_writer_first, "HW001 ruled-out readers, 2 threads, 2 objects", "hosts")
SHAPE(readers, read_read_writers_first, "HW001 predicted, 4 threads, 2 objects")
SHAPE(readers, read_again, "nothing")
SHAPE(readers, read_again_writer_first, "HW001 predicted, 2 threads, 1 object")
SHAPE(readers, read_again_own_writer_first, "nothing")
SHAPE(readers, read_again_after_writer_first, "HW001 ruled-out ordered, 2 threads, 1 object",
	"joins thread 2")
SHAPE(readers, read_write, "HW001 predicted, 2 threads, 2 objects")
SHAPE(readers, read_write_hang, "HW002 deadlock, 2 threads, 2 objects")
SHAPE(readers, read_again_hang, "HW002 deadlock, 2 threads, 1 object")
SHAPE(cxx, shared_mutex_read, "HW001 ruled-out readers, 2 threads, 2 objects", "data_lock")

/* One lock after another at the same address. */
SHAPE(reuse, heap, "nothing")
SHAPE(reuse, heap_static, "nothing")
SHAPE(reuse, mapping, "nothing")
SHAPE(reuse, mapping_over, "nothing")
SHAPE(reuse, stack, "nothing")
SHAPE(reuse, stack_static, "nothing")
SHAPE(reuse, stack_as_far, "nothing")
SHAPE(reuse, stack_of_thread, "nothing")
SHAPE(cxx, new_mutex, "nothing")

/* Ten thousand locks of one class. */
SHAPE(instances, address_order, "nothing")
SHAPE(instances, parents_first, "nothing")
SHAPE(instances, up_and_down, "HW001 predicted, 2 threads, 2 objects, 10000 instances")
