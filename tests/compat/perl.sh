#!/bin/sh
# SPDX-License-Identifier: MIT
# Perl's threads with shared variables and queues.
. "$(dirname "$0")/common.sh"
packages perl
need perl

cat > work.pl <<'END'
use strict; use warnings; use threads; use threads::shared; use Thread::Queue;
my $total :shared = 0;
my @adders = map { threads->create(sub { for (1 .. 500) { lock($total); $total++; } }) } 1 .. 4;
$_->join for @adders;
my ($source, $sink) = (Thread::Queue->new, Thread::Queue->new);
my @servers = map {
	threads->create(sub { while (defined(my $n = $source->dequeue)) { $sink->enqueue($n * $n); } })
} 1 .. 3;
$source->enqueue($_) for 1 .. 300;
$source->end;
$_->join for @servers;
my $sum = 0;
$sum += $sink->dequeue for 1 .. 300;
print "$total $sum\n";
END
work() {
	traced perl ../work.pl
}
both_ways
expect mutex 2000
expect thread 8
finish
