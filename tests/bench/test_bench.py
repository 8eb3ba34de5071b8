# SPDX-License-Identifier: MIT
"""What is made of the numbers, once they are there, must be right: nobody can see it otherwise."""

import contextlib
import io
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import bench
import drained
import figures
import goals
import instructions
import rounds
import run
import svg
import table
import watch
from catalogue import WORKLOADS
from costs import COSTS
from figures import Sample
from tools import TOOLS

PAIR = goals.GOALS[0]
FLOOR = goals.Goal("floor", "a rate", "throughput", ("redis", "holdwait"), 93, "%", at_least=True)


def of(goal, *results):
    return figures.of_goal(goal, results)


class Figures(unittest.TestCase):
    def test_the_median_of_the_rounds_and_how_far_they_are_apart(self):
        results = [{PAIR.of: Sample(10, tool)} for tool in (45, 20, 400)]
        self.assertEqual(of(PAIR, *results), (4.5, 2, 40, 3))

    def test_each_round_has_its_own_native_run(self):
        self.assertEqual(of(PAIR, {PAIR.of: Sample(10, 40)}, {PAIR.of: Sample(100, 400)}).most, 4)

    def test_two_tools_by_their_slowdowns(self):
        goal = next(goal for goal in goals.GOALS if goal.id == "pair-tsan")
        results = {goal.of: Sample(10, 40), goal.against: Sample(20, 400)}
        self.assertAlmostEqual(of(goal, results).median, 0.2)

    def test_what_is_added_counts_without_what_was_there(self):
        goal = next(goal for goal in goals.GOALS if goal.id == "sem")
        results = {goal.of: Sample(30, 60), goal.against: Sample(10, 30)}
        self.assertAlmostEqual(of(goal, results).median, 1.5)

    def test_a_rate_of_which_more_is_better(self):
        figure = of(FLOOR, {FLOOR.of: Sample(1000, 900)})
        self.assertAlmostEqual(figure.median, 90)
        self.assertFalse(FLOOR.is_met_by(figure.median))
        self.assertTrue(FLOOR.is_met_by(93))

    def test_a_goal_is_met_at_its_limit(self):
        self.assertTrue(PAIR.is_met_by(PAIR.limit))
        self.assertFalse(PAIR.is_met_by(PAIR.limit + 0.01))

    def test_rounds_that_lack_it_do_not_count(self):
        self.assertEqual(of(PAIR, {}, {PAIR.of: Sample(1, 3)}).rounds, 1)
        self.assertIsNone(of(PAIR, {}, {}))


class Goals(unittest.TestCase):
    def test_every_goal_names_what_there_is(self):
        for goal in goals.GOALS:
            self.assertIn(goal.figure, figures.FIGURES)
            for workload, tool in filter(None, (goal.of, goal.against)):
                if workload in COSTS:
                    continue
                self.assertIn(workload, WORKLOADS)
                self.assertIn(tool, TOOLS)

    def test_every_peer_is_a_tool(self):
        for workload in WORKLOADS.values():
            self.assertLessEqual(set(workload.peers), set(TOOLS))

    def test_no_two_have_one_id(self):
        self.assertEqual(len({goal.id for goal in goals.GOALS}), len(goals.GOALS))
        self.assertLessEqual(goals.QUICK, {goal.id for goal in goals.GOALS})

    def test_chosen_by_id_or_beginning(self):
        self.assertEqual([goal.id for goal in goals.chosen(["collector"])],
                         ["collector-packed", "collector-nested", "collector-rows"])
        self.assertEqual([goal.id for goal in goals.chosen(["life"])], ["life"])
        self.assertEqual(len(goals.chosen([])), len(goals.GOALS))
        with self.assertRaises(KeyError):
            goals.chosen(["no-such-goal"])


class Families(unittest.TestCase):
    def families(self, names, with_peers=lambda workload, tool: False):
        return rounds.families(goals.chosen(names), with_peers)

    def test_goals_of_one_workload_share_its_rounds(self):
        family, = self.families(["pair-tsan", "pair-depth-1"])
        self.assertEqual(family.pairings, [("mutex", "tsan-clang"), ("mutex", "holdwait"),
                                           ("mutex", "holdwait-depth-1")])

    def test_what_it_is_compared_with_is_in_the_same_round(self):
        family, = self.families(["sem"])
        self.assertEqual(family.pairings, [("mutex", "holdwait"), ("sem", "holdwait")])

    def test_peers_come_last_and_once(self):
        family, = self.families(["pair-tsan"], lambda workload, tool: tool.startswith("tsan"))
        self.assertEqual(family.pairings[2:], [("mutex", "tsan-gcc")])

    def test_figures_of_one_measurement_are_measured_once(self):
        family, = self.families(["report", "report-plain"])
        self.assertTrue(family.is_cost)
        self.assertEqual(len(family.goals), 2)


class Instructions(unittest.TestCase):
    def grown(self, **figures_now):
        return instructions.compare(figures_now, {"mutex": 100.0, "sem": 200.0})[1]

    def test_five_percent_are_let_pass(self):
        self.assertEqual(self.grown(mutex=105.0, sem=150.0), [])

    def test_more_is_not(self):
        self.assertEqual(self.grown(mutex=105.2, sem=200.0), ["mutex"])

    def test_nor_what_was_never_counted(self):
        self.assertEqual(self.grown(mutex=90.0, spin=1.0), ["spin"])

    def test_every_committed_compiler_has_every_figure(self):
        self.assertTrue(instructions.committed())
        for name, known in instructions.committed().items():
            counted = drained.SHAPES if name.startswith("collector, ") else instructions.COUNTED
            self.assertEqual(set(known), set(counted))


class Runs(unittest.TestCase):
    def test_says_why_a_program_failed(self):
        with self.assertRaisesRegex(run.RunError, "'sh' ended with 3: so it is"):
            run.run(["sh", "-c", "echo so it is >&2; exit 3"])
        with self.assertRaises(run.RunError):
            run.run(["/no/such/program"])

    def test_a_program_that_goes_on_is_ended(self):
        with self.assertRaisesRegex(run.RunError, "ran longer"):
            run.run(["sh", "-c", "sleep 600 & wait"], timeout_s=0.1)

    def test_a_program_is_left_out_and_the_others_go_on(self):
        runner = rounds.Runner(None, lambda text: None, FakeWatch([]))
        family = rounds.Family("mutex", [], [("mutex", "holdwait"), ("mutex", "tsan-gcc")])
        runner.sample = lambda workload, tool: self.fail_for(tool)
        self.assertEqual(runner.one_round(family), {("mutex", "holdwait"): Sample(1, 2)})
        self.assertEqual(family.pairings, [("mutex", "holdwait")])
        self.assertEqual(runner.left_out, {("mutex", "tsan-gcc"): "it failed"})

    @staticmethod
    def fail_for(tool):
        if tool == "tsan-gcc":
            raise run.RunError("it failed")
        return Sample(1, 2)


class FakeWatch(watch.Watch):
    """Of processors that have so much room, one round after the other."""
    def __init__(self, rooms):
        self.most, self.least, self.lines_ns = 4.0, None, [50.0]
        self.rooms = iter(rooms)

    def look(self):
        pass

    def begin(self):
        self.least = next(self.rooms, 4.0)


class Watching(unittest.TestCase):
    def rounds(self, count, rooms):
        runner = rounds.Runner(None, lambda text, passing=False: None, FakeWatch(rooms))
        runner.begin = lambda family: None
        numbers = iter(range(100))
        runner.sample = lambda workload, tool: next(numbers)
        family = rounds.Family("mutex", [], [PAIR.of])
        made = [results[PAIR.of] for results in runner.rounds(family, count)]
        return made, runner.tally.summary(runner.watch)

    def test_rounds_that_were_disturbed_are_made_again(self):
        made, watched = self.rounds(3, [4, 2, 3.9, 2, 3.8])
        self.assertEqual(made, [0, 2, 4])
        self.assertEqual((watched["rounds"], watched["disturbed"], watched["counted"]), (5, 2, 0))

    def test_not_for_ever_and_then_the_best_count(self):
        made, watched = self.rounds(2, [2, 4, 1, 3])
        self.assertEqual(made, [1, 3])
        self.assertEqual((watched["rounds"], watched["disturbed"], watched["counted"]), (4, 3, 1))

    def test_undisturbed_ones_are_enough(self):
        self.assertEqual(self.rounds(3, [])[0], [0, 1, 2])

    def test_one_line_where_nothing_can_be_looked_at(self):
        with self.assertRaisesRegex(SystemExit, "cannot look at the processors: .*ended with 1"):
            watch.Watch("false")
        with self.assertRaisesRegex(SystemExit, "cannot look at the processors: .*nowhere"):
            watch.Watch("/nowhere")

    def test_it_is_said(self):
        words = " ".join(watch.in_words(some_results()["machine"]["watched"]))
        self.assertIn("takes 50 to 90 ns", words)
        self.assertIn("in 4 of 9 rounds somebody else was at work", words)


def some_results():
    rounds_of_pair = [{PAIR.of: Sample(10, 30)}, {PAIR.of: Sample(10, 50)}]
    family = rounds.Family("mutex", [PAIR], [PAIR.of])
    return {
        "machine": {"holdwait": "holdwait 1", "system": "a <system>", "processors": 2,
                    "processor": "A & B", "date": "today", "kernel": "6", "load": 0, "tools": {},
                    "watched": {"rounds": 9, "disturbed": 4, "counted": 1, "line_ns": [50, 90]}},
        "goals": [bench.goal_row(PAIR, rounds_of_pair, {}),
                  bench.goal_row(FLOOR, [], {"redis": "'redis' is not installed"})],
        "pairings": list(bench.pairing_rows(family, rounds_of_pair)),
        "instructions": {"mutex": 1234.5},
        "left_out": {"mutrace": "'mutrace' is not installed"},
    }


class Results(unittest.TestCase):
    def test_as_text(self):
        text = table.text(some_results())
        self.assertRegex(text, r"pair +lock \+ unlock.*<= 4\.5 x +4\.00 +3\.00 +5\.00  met")
        self.assertIn("not measured: 'redis' is not installed", text)
        self.assertRegex(text, r"mutex +10\.0 ns +4\.00")
        self.assertRegex(text, r"mutex +1,234")
        self.assertTrue(text.endswith("1 of 1 goals met"))

    def test_a_rate_is_as_many_times_slower_as_it_is_less(self):
        family = rounds.Family("redis", [], [FLOOR.of])
        row, = bench.pairing_rows(family, [{FLOOR.of: Sample(1000, rate)}
                                           for rate in (500, 250, 1000)])
        self.assertEqual((row["slowdown"], row["least"], row["most"]), (2, 1, 4))

    def test_as_a_picture(self):
        picture = xml.fromstring(svg.picture(some_results()))
        words = "".join(picture.itertext())
        self.assertIn(PAIR.what, words)
        self.assertIn("A & B", words)
        self.assertIn("in 4 of 9 rounds", words)

    def test_a_scale_has_room_for_what_is_on_it(self):
        scale = svg.Scale([0.02, 300])
        self.assertLess(svg.LEFT, scale.x(0.02))
        self.assertLess(scale.x(0.02), scale.x(1))
        self.assertLess(scale.x(300), svg.WIDTH - svg.RIGHT)
        self.assertEqual(list(scale.ticks()), [0.1, 1, 10, 100])

    def test_written_to_a_folder(self):
        with TemporaryDirectory() as name, contextlib.redirect_stdout(io.StringIO()) as out:
            bench.show(some_results(), Path(name) / "new")
            self.assertTrue((Path(name) / "new/bench.json").stat().st_size)
        self.assertIn("bench.svg", out.getvalue())

    def test_what_fails_in_one_round_has_no_figure(self):
        row = bench.goal_row(PAIR, [{PAIR.of: Sample(10, 30)}], {PAIR.of: "1 event was lost"})
        self.assertEqual(row["why"], "1 event was lost")
        self.assertNotIn("met", row)


class Interrupted(unittest.TestCase):
    """By Ctrl-C, in some family of goals."""

    def measure(self, interrupted):
        runner = rounds.Runner(SimpleNamespace(holdwait="echo"),
                               lambda text, passing=False: None, FakeWatch([]))
        runner.begin = lambda family: None
        runner.sample = lambda workload, tool: self.sample(workload == interrupted)
        with contextlib.redirect_stderr(io.StringIO()):
            return bench.measure(runner, bench.parse(
                ["--no-peers", "build", "instructions", "life", "sqlite", "xz"]))

    @staticmethod
    def sample(is_interrupted):
        if is_interrupted:
            raise KeyboardInterrupt
        return Sample(1, 2)

    def test_what_was_measured_until_then_is_there(self):
        results = self.measure("sqlite")
        self.assertEqual([(row["id"], row["median"]) for row in results["goals"]], [("life", 2)])
        self.assertEqual(results["instructions"], {})
        self.assertEqual(table.text(results).splitlines()[-1], "0 of 1 goals met")

    def test_there_is_nothing_to_show(self):
        with self.assertRaises(KeyboardInterrupt):
            self.measure("life")


class CommandLine(unittest.TestCase):
    def choose(self, *arguments):
        chosen, counting = bench.choose(bench.parse([*arguments]))
        return [goal.id for goal in chosen], counting

    def test_all_or_what_is_named(self):
        self.assertEqual(self.choose("build", "life"), (["life"], False))
        self.assertEqual(self.choose("build", "instructions"), ([], True))
        self.assertEqual(len(self.choose("build")[0]), len(goals.GOALS))

    def test_quick(self):
        self.assertEqual(set(self.choose("--quick", "build")[0]), goals.QUICK)
        self.assertEqual(self.choose("build", "--quick", "sqlite"), (["sqlite"], False))

    def test_a_goal_that_is_not_there(self):
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertEqual(bench.main(["build", "no-such-goal"]), 2)
        self.assertIn("'no-such-goal'", said.getvalue())


if __name__ == "__main__":
    unittest.main()
