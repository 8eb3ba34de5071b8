#!/bin/sh
# SPDX-License-Identifier: MIT
# SWI-Prolog (linked with tcmalloc): threads that send each other messages, and a mutex.
. "$(dirname "$0")/common.sh"
packages swi-prolog-nox
need swipl

cat > work.pl <<'END'
:- initialization(main).
:- dynamic total/1.
total(0).
add(0) :- !.
add(N) :- with_mutex(adding, (retract(total(T)), T1 is T + 1, assertz(total(T1)))),
	M is N - 1, add(M).
serve(Sink) :- thread_get_message(N),
	( N == end -> true ; S is N * N, thread_send_message(Sink, S), serve(Sink) ).
main :- length(Adders, 4), maplist([T]>>thread_create(add(500), T), Adders),
	maplist(thread_join, Adders), total(Total),
	thread_self(Me), thread_create(serve(Me), Server),
	numlist(1, 200, Numbers),
	forall(member(N, Numbers), thread_send_message(Server, N)),
	thread_send_message(Server, end),
	findall(S, (member(_, Numbers), thread_get_message(S)), Squares),
	thread_join(Server), sum_list(Squares, Sum), writeln(Total-Sum), halt.
END
work() {
	traced swipl -q ../work.pl
}
both_ways
expect mutex 2000
expect thread 6
finish
