/* SPDX-License-Identifier: MIT */
#include "analyzer/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/program.h"
#include "analyzer/recording.h"
#include "analyzer/report.h"
#include "analyzer/resolve.h"
#include "trace/memory.h"

static void say(const struct hw_supervised *run, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(const struct hw_supervised *run, const char *format, ...)
{
	va_list arguments;

	if (run->options->common.quiet)
		return;
	fputs("holdwait: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

/* Nothing found wrong is no reason to stop: the program comes first. */
static void act_on_deadlock(struct hw_supervised *run)
{
	switch (run->options->on_deadlock) {
	case HW_ON_DEADLOCK_REPORT:
		say(run, "the program hangs; end it with Ctrl-C, or use --on-deadlock=exit");
		break;
	case HW_ON_DEADLOCK_ABORT:
		hw_launch_kill(&run->launch, SIGABRT);
		break;
	case HW_ON_DEADLOCK_EXIT:
		run->ended_by_us = true;
		hw_launch_kill(&run->launch, SIGKILL);
		break;
	case HW_ON_DEADLOCK_KILL:
		hw_launch_kill(&run->launch, SIGKILL);
		break;
	}
}

/* False when the recording could not be read, which is told only the first time in a row. */
static bool look(struct hw_supervised *run, bool again)
{
	struct hw_error error;
	int news = hw_live_look(&run->live, hw_launch_now_ns(&run->launch), &error);

	if (news < 0 && !again)
		hw_error_print(&error);
	else if (news > 0)
		act_on_deadlock(run);
	return news >= 0;
}

static void tell_state(struct hw_supervised *run)
{
	struct hw_error error;
	int told;

	if (run->cut) {
		say(run, "recording has ended; what the program waits for is not known");
		return;
	}
	told = hw_live_tell(&run->live, hw_launch_now_ns(&run->launch), &error);

	if (told < 0)
		hw_error_print(&error);
	else if (!told)
		say(run, "no thread waits for a lock");
}

/* What the last state says of the program is true no longer. */
static void tell_end_of_recording(struct hw_supervised *run)
{
	run->cut = true;
	run->live.due_ns = INT64_MAX;
	switch (atomic_load(&run->launch.map.session->early_end)) {
	case HW_EARLY_END_FULL:
		say(run, "'%s' has the size that --max-size allows: recording ended, the program "
			 "goes on", run->file);
		break;
	case HW_EARLY_END_DISK:
		say(run, "there is no more room for '%s': recording ended, the program goes on",
			run->file);
		break;
	case HW_EARLY_END_ALONE:
		say(run, "the program waited for the collector in vain: recording ended, the "
			 "program goes on");
		break;
	default:
		if (run->launch.collector_failed && !run->launch.collector_told)
			say(run, "the collector ended; the program goes on, and '%s' has what was "
				 "recorded until now", run->file);
		break;
	}
}

/*
 * A program that hangs never changes its state again: what failed has to be tried again, and
 * what is blocked for too long is so without a new state.
 */
static void watch(struct hw_supervised *run)
{
	bool failed = false;

	for (;;) {
		uint32_t seen = run->launch.states_seen;
		bool may_stall = run->live.due_ns != INT64_MAX;

		switch (hw_launch_wait(&run->launch, failed || may_stall)) {
		case HW_LAUNCH_ENDED:
			return;
		case HW_LAUNCH_QUIT_PRESSED:
			tell_state(run);
			break;
		case HW_LAUNCH_STATE:
			if (failed || run->launch.states_seen != seen ||
				hw_launch_now_ns(&run->launch) >= run->live.due_ns)
				failed = !look(run, failed);
			break;
		case HW_LAUNCH_COLLECTOR_GONE:
			tell_end_of_recording(run);
			failed = false;
			break;
		}
	}
}

/* What the collector had no time to bring onto the disk, whole. */
static void secure(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	fdatasync(fd);
	close(fd);
}

/* Names while the modules are what they were; without write access the reader looks them up. */
static void complete(const struct hw_supervised *run)
{
	bool secured = atomic_load(&run->launch.map.session->recording_secured);
	const char *waits = secured ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=OFF";
	struct hw_error error;
	sqlite3 *db = NULL;

	if (sqlite3_open_v2(run->file, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
		sqlite3_exec(db, waits, NULL, NULL, NULL) != SQLITE_OK)
		hw_error_set(&error, -EIO, "cannot open '%s': %s", run->file, sqlite3_errmsg(db));
	else if (!hw_resolve_recording(db, &error))
		error.message[0] = '\0';
	sqlite3_close(db);
	if (!secured)
		secure(run->file);
	if (error.message[0])
		hw_error_print(&error);
}

void hw_supervise_keep_findings(const char *file, const struct hw_analysis *analysis)
{
	static const char sql[] = "INSERT OR REPLACE INTO finding VALUES(?,?,?,?,?)";
	sqlite3 *db = NULL;
	sqlite3_stmt *row = NULL;

	if (sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
		sqlite3_prepare_v2(db, sql, -1, &row, NULL);
	for (uint32_t i = 0; row && i < analysis->finding_count; i++) {
		const struct hw_finding *finding = &analysis->findings[i];
		char *detail = hw_report_json_finding(analysis->model, finding);

		sqlite3_bind_text(row, 1, finding->id, -1, SQLITE_STATIC);
		sqlite3_bind_text(row, 2, hw_finding_rule_name(finding->rule), -1, SQLITE_STATIC);
		sqlite3_bind_text(row, 3, hw_finding_verdict_name(finding->verdict), -1,
			SQLITE_STATIC);
		sqlite3_bind_text(row, 4, finding->title, -1, SQLITE_STATIC);
		sqlite3_bind_text(row, 5, detail, -1, SQLITE_TRANSIENT);
		sqlite3_step(row);
		sqlite3_reset(row);
		free(detail);
	}
	sqlite3_finalize(row);
	sqlite3_close(db);
}

static bool all_told(const struct hw_supervised *run, const struct hw_analysis *analysis)
{
	return run->live.told_count && analysis->finding_count <= run->live.told_count;
}

static void write_report(const struct hw_supervised *run, const struct hw_analysis *analysis)
{
	const struct hw_options *common = &run->options->common;
	struct hw_report report = { .out = stderr, .analysis = analysis, .model = analysis->model,
		.file = run->file, .verbose = common->verbose, .quiet = common->quiet,
		.term = hw_term_of(stderr, common->color) };

	/* What hung was told when it was seen; then only the summary is left to say. */
	report.told = all_told(run, analysis);
	hw_report_write(&hw_report_text, &report);
	if (!common->quiet && analysis->finding_count)
		say(run, "see also 'holdwait graph -T svg -o graph.svg %s'", run->file);
}

/* How many findings there are. */
static uint32_t conclude(const struct hw_supervised *run, bool report)
{
	struct hw_recording recording;
	struct hw_model model = { 0 };
	struct hw_analysis analysis;
	struct hw_error error;
	uint32_t count = 0;
	int code = hw_recording_open(run->file, HW_RECORDING_WITH_NAMES, &recording, &error);

	if (code) {
		hw_error_print(&error);
		return 0;
	}
	code = hw_model_load(recording.db, run->file, &model, &error);
	if (code) {
		hw_error_print(&error);
		hw_recording_close(&recording);
		return 0;
	}
	hw_analysis_run(&model, recording.db, &run->options->analysis, &analysis);
	hw_recording_close(&recording);
	count = analysis.finding_count;
	if (run->closed && count)
		hw_supervise_keep_findings(run->file, &analysis);
	if (report) {
		write_report(run, &analysis);
	} else {
		if (model.meta.cut && !run->cut)
			say(run, "%s", model.meta.notes[0]);
		say(run, "recorded %lld events of %u threads in '%s', %lld lost",
			(long long)model.meta.events, model.thread_count, run->file,
			(long long)model.meta.lost);
	}
	hw_analysis_finish(&analysis);
	hw_model_finish(&model);
	return count;
}

static int exit_status(const struct hw_supervised *run, uint32_t findings)
{
	if (run->ended_by_us)
		return HW_EXIT_HUNG;
	if (findings && run->options->error_exitcode)
		return run->options->error_exitcode;
	hw_launch_exit_alike(&run->launch);
}

static void tell_unrecorded(const struct hw_supervised *run)
{
	unsigned count = atomic_load(&run->launch.map.session->unrecorded_processes);

	if (count)
		say(run, "%u program%s with too little address space (ulimit -v) %s not recorded",
			count, count == 1 ? "" : "s", count == 1 ? "was" : "were");
}

static void supervise(struct hw_supervised *run)
{
	watch(run);
	tell_unrecorded(run);
	run->closed = hw_launch_finish(&run->launch);
	if (run->launch.collector_stopped)
		say(run, "the collector is stopped; '%s' has what was recorded before that",
			run->file);
	else if (!run->closed)
		say(run, "%u of its processes still run and are recorded in '%s'",
			hw_launch_running(&run->launch), run->file);
	else
		complete(run);
}

int hw_supervise_record(const struct hw_run_options *options, struct hw_supervised *ret_run)
{
	struct hw_run_options copy = *options;
	struct hw_supervised run = { .options = options };
	struct hw_error error;
	char *path = NULL;
	int status = hw_program_find(options->command[0], &path, &error);

	if (!status)
		status = hw_program_check(path, &error);
	if (!status && hw_recording_options_expand(&copy.recording, getpid(), path, &error))
		status = HW_EXIT_FAILED;
	run.file = hw_xstrdup(copy.recording.file);
	run.live = (struct hw_live){ .file = run.file, .color = options->common.color,
		.verbose = options->common.verbose, .quiet = options->common.quiet,
		.silent = options->silent, .stall_ns = options->analysis.stall_ns,
		.due_ns = INT64_MAX };
	if (!status)
		status = hw_launch_start(&run.launch, &copy.recording, path, options->command,
			&error);
	free(path);
	if (!status) {
		supervise(&run);
		*ret_run = run;
		return 0;
	}
	free(run.file);
	if (error.message[0])
		hw_error_print(&error);
	return status;
}

void hw_supervise_finish(struct hw_supervised *run)
{
	hw_live_finish(&run->live);
	free(run->file);
}

int hw_supervise(const struct hw_run_options *options, bool report)
{
	struct hw_supervised run;
	int status = hw_supervise_record(options, &run);

	if (status)
		return status;
	status = exit_status(&run, conclude(&run, report));
	hw_supervise_finish(&run);
	return status;
}
