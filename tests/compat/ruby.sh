#!/bin/sh
# SPDX-License-Identifier: MIT
# Ruby's threads, mutexes, queues and condition variables, and a child that is forked.
. "$(dirname "$0")/common.sh"
packages ruby
need ruby
owned_by ruby

cat > work.rb <<'END'
lock, total = Mutex.new, 0
4.times.map { Thread.new { 500.times { lock.synchronize { total += 1 } } } }.each(&:join)
queue, squares = SizedQueue.new(4), Queue.new
servers = 3.times.map { Thread.new { while (n = queue.pop) != :end do squares << n * n end } }
300.times { |n| queue << n }
servers.each { queue << :end }
servers.each(&:join)
ready, condition = false, ConditionVariable.new
waiter = Thread.new { lock.synchronize { condition.wait(lock) until ready } }
lock.synchronize { ready = true; condition.broadcast }
waiter.join
puts total, 300.times.sum { squares.pop }
child = fork { Thread.new { exit 3 }.join }
Process.wait(child)
puts $?.exitstatus
END
work() {
	traced ruby ../work.rb
}
both_ways
expect mutex 1000
expect thread 6
finish
