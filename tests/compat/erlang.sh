#!/bin/sh
# SPDX-License-Identifier: MIT
# Erlang's schedulers, four threads, pass messages round a ring of a hundred processes.
. "$(dirname "$0")/common.sh"
packages erlang-base
need erl

cat > work.erl <<'END'
-module(work).
-export([main/0]).
pass(Next) ->
	receive
		0 -> Next ! 0;
		N -> Next ! N - 1, pass(Next)
	end.
main() ->
	Me = self(),
	First = lists:foldl(fun(_, Next) -> spawn(fun() -> pass(Next) end) end, Me, lists:seq(1, 100)),
	First ! 100,
	receive N -> io:format("~p~n", [N]) end,
	Last = spawn(fun() -> pass(Me) end),
	Last ! 7,
	receive M -> io:format("~p~n", [M]) end,
	io:format("~p~n", [erlang:system_info(schedulers)]),
	halt(0).
END
work() {
	traced sh -c 'erlc ../work.erl && erl +S 4 -noinput -s work main'
}
both_ways
expect mutex 100
expect thread 8
finish
