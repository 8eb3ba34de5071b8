/* SPDX-License-Identifier: MIT */
#include "trace/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "trace/event_block.h"

enum {
	DEFAULT_DEPTH = 64,
	DEFAULT_PATIENCE_S = 30,
	PATIENCE_S_MAX = 86400,
	ALL_KINDS = (1 << HW_KIND_COUNT) - 1,
};

static const struct {
	const char *name;
	uint32_t kinds;
} event_names[] = {
	{ "mutex", 1u << HW_KIND_MUTEX },
	{ "rwlock", 1u << HW_KIND_RWLOCK },
	{ "sem", 1u << HW_KIND_SEM },
	{ "cond", 1u << HW_KIND_COND },
	{ "spin", 1u << HW_KIND_SPIN },
	{ "barrier", 1u << HW_KIND_BARRIER },
	{ "thread", 1u << HW_KIND_THREAD },
	{ "once", 1u << HW_KIND_ONCE },
};

enum { EVENT_NAMES = sizeof(event_names) / sizeof(event_names[0]) };

static const char *const form_names[] = {
	[HW_EVENT_FORM_AUTO] = "auto",
	[HW_EVENT_FORM_ROWS] = "rows",
	[HW_EVENT_FORM_PACKED] = "packed",
	[HW_EVENT_FORM_ZSTD] = "zstd",
};

enum { FORM_NAMES = sizeof(form_names) / sizeof(form_names[0]) };

void hw_recording_options_init(struct hw_recording_options *options)
{
	*options = (struct hw_recording_options){ .session = {
		.depth = DEFAULT_DEPTH,
		.kinds = ALL_KINDS,
		.follow = HW_FOLLOW_FORK | HW_FOLLOW_EXEC,
		.python = true,
		.patience_s = DEFAULT_PATIENCE_S,
	} };
	strcpy(options->file, "holdwait.db");
}

int hw_recording_options_environment(struct hw_recording_options *options, struct hw_error *error)
{
	const char *file = getenv("HOLDWAIT_FILE"), *text = getenv("HOLDWAIT_OPTIONS");

	if (file && *file)
		snprintf(options->file, sizeof(options->file), "%s", file);
	return text ? hw_recording_options_parse(options, text, error) : 0;
}

static int parse_depth(struct hw_recording_options *options, const char *value,
	struct hw_error *error)
{
	char *end;
	unsigned long depth = strtoul(value, &end, 10);

	if (*end || end == value || depth < 1 || depth > HW_DEPTH_MAX) {
		hw_error_set(error, -EINVAL, "'%s' is not a depth", value);
		hw_error_hint(error, "a stack can have 1 to %d frames", HW_DEPTH_MAX);
		return -EINVAL;
	}
	options->session.depth = (uint32_t)depth;
	return 0;
}

static int parse_events(struct hw_recording_options *options, const char *value,
	struct hw_error *error)
{
	uint32_t kinds = 0;

	while (*value) {
		size_t length = strcspn(value, ","), i = 0;

		while (i < EVENT_NAMES && (strncmp(event_names[i].name, value, length) ||
						  event_names[i].name[length]))
			i++;
		if (i == EVENT_NAMES) {
			hw_error_set(error, -EINVAL, "'%.*s' is no kind of event", (int)length,
				value);
			hw_error_hint(error, "the kinds are mutex, rwlock, sem, cond, spin, "
					     "barrier, thread and once");
			return -EINVAL;
		}
		kinds |= event_names[i].kinds;
		value += length + (value[length] == ',');
	}
	options->session.kinds = kinds ? kinds : ALL_KINDS;
	return 0;
}

static int parse_follow(struct hw_recording_options *options, const char *value,
	struct hw_error *error)
{
	uint32_t follow = 0;

	if (strcmp(value, "none"))
		while (*value) {
			size_t length = strcspn(value, ",");

			if (length == 4 && !strncmp(value, "fork", 4))
				follow |= HW_FOLLOW_FORK;
			else if (length == 4 && !strncmp(value, "exec", 4))
				follow |= HW_FOLLOW_EXEC;
			else
				break;
			value += length + (value[length] == ',');
		}
	else
		value = "";
	if (*value) {
		hw_error_set(error, -EINVAL, "cannot follow '%s'", value);
		hw_error_hint(error, "--follow takes fork, exec, fork,exec or none");
		return -EINVAL;
	}
	options->session.follow = follow;
	return 0;
}

static int parse_form(struct hw_recording_options *options, const char *value,
	struct hw_error *error)
{
	int form = 0;

	while (form < FORM_NAMES && strcmp(value, form_names[form]))
		form++;
	if (form == FORM_NAMES) {
		hw_error_set(error, -EINVAL, "events cannot be stored as '%s'", value);
		hw_error_hint(error, "--store takes auto, rows, packed or zstd");
		return -EINVAL;
	}
	if (form == HW_EVENT_FORM_ZSTD && !hw_event_block_can_compress()) {
		hw_error_set(error, -EINVAL, "this holdwait was built without zstd");
		hw_error_hint(error, "use --store=packed, or build it where libzstd is installed");
		return -EINVAL;
	}
	options->form = (enum hw_event_form)form;
	return 0;
}

static int parse_python(struct hw_recording_options *options, const char *value,
	struct hw_error *error)
{
	if (strcmp(value, "auto") && strcmp(value, "off")) {
		hw_error_set(error, -EINVAL, "'%s' says nothing about Python", value);
		hw_error_hint(error, "--python takes auto or off");
		return -EINVAL;
	}
	options->session.python = !strcmp(value, "auto");
	return 0;
}

static int parse_unwind(struct hw_recording_options *options, const char *value,
	struct hw_error *error)
{
	if (strcmp(value, "auto") && strcmp(value, "fp")) {
		hw_error_set(error, -EINVAL, "call stacks cannot be found by '%s'", value);
		hw_error_hint(error, "--unwind takes auto or fp (frame pointers)");
		return -EINVAL;
	}
	options->session.unwind = strcmp(value, "fp") ? HW_UNWIND_AUTO : HW_UNWIND_FP;
	return 0;
}

static int parse_patience(struct hw_recording_options *options, const char *value,
	struct hw_error *error)
{
	char *end;
	unsigned long seconds = strtoul(value, &end, 10);

	if (*end || end == value || *value == '-' || seconds < 1 || seconds > PATIENCE_S_MAX) {
		hw_error_set(error, -EINVAL, "'%s' is no number of seconds to wait", value);
		hw_error_hint(error, "--patience takes 1 to %d seconds", PATIENCE_S_MAX);
		return -EINVAL;
	}
	options->session.patience_s = (uint32_t)seconds;
	return 0;
}

/* A whole number and a letter; 0 when it is none, or too great. */
static uint64_t bytes_of(const char *text)
{
	static const char units[] = "KMGT";
	char *end;
	unsigned long long number = strtoull(text, &end, 10);
	const char *unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;

	if (*text < '0' || *text > '9' || (*end && (!unit || end[1])) ||
		number > (uint64_t)INT64_MAX >> shift)
		return 0;
	return (uint64_t)number << shift;
}

static int parse_max_size(struct hw_recording_options *options, const char *value,
	struct hw_error *error)
{
	uint64_t bytes = bytes_of(value);

	if (bytes < HW_RECORDING_BYTES_MIN) {
		hw_error_set(error, -EINVAL, "'%s' is no size of a recording", value);
		hw_error_hint(error, "--max-size takes bytes, or a number with K, M, G or T, "
			"and at least %dM", HW_RECORDING_BYTES_MIN >> 20);
		return -EINVAL;
	}
	options->max_bytes = bytes;
	return 0;
}

int hw_recording_options_set(struct hw_recording_options *options, const char *name,
	const char *value, struct hw_error *error)
{
	if (!strcmp(name, "lossy") && !value) {
		options->session.lossy = true;
		return 0;
	}
	if (!strcmp(name, "hide-environment") && !value) {
		options->session.hides = true;
		return 0;
	}
	if (!strcmp(name, "depth") && value)
		return parse_depth(options, value, error);
	if (!strcmp(name, "events") && value)
		return parse_events(options, value, error);
	if (!strcmp(name, "follow") && value)
		return parse_follow(options, value, error);
	if (!strcmp(name, "max-size") && value)
		return parse_max_size(options, value, error);
	if (!strcmp(name, "patience") && value)
		return parse_patience(options, value, error);
	if (!strcmp(name, "python") && value)
		return parse_python(options, value, error);
	if (!strcmp(name, "store") && value)
		return parse_form(options, value, error);
	if (!strcmp(name, "unwind") && value)
		return parse_unwind(options, value, error);
	if (!strcmp(name, "file") && value && *value) {
		snprintf(options->file, sizeof(options->file), "%s", value);
		return 0;
	}
	hw_error_set(error, -EINVAL, "unknown option '%s' in HOLDWAIT_OPTIONS", name);
	hw_error_hint(error, "known are depth=N events=KINDS follow=WHAT python=WHAT unwind=HOW "
		"hide-environment lossy max-size=SIZE patience=SEC store=FORM file=PATH");
	return -EINVAL;
}

int hw_recording_options_parse(struct hw_recording_options *options, const char *text,
	struct hw_error *error)
{
	char word[4200];
	int code = 0;

	while (!code && *(text += strspn(text, " "))) {
		size_t length = strncmp(text, "file=", 5) ? strcspn(text, " ") : strlen(text);
		char *value;

		snprintf(word, sizeof(word), "%.*s", (int)length, text);
		text += length;
		value = strchr(word, '=');
		if (value)
			*value++ = '\0';
		code = hw_recording_options_set(options, word, value, error);
	}
	return code;
}

void hw_recording_options_text(const struct hw_recording_options *options, char *text,
	size_t size_bytes)
{
	const struct hw_session_options *session = &options->session;
	size_t length = (size_t)snprintf(text, size_bytes, "depth=%u events=", session->depth);

	for (size_t i = 0; i < EVENT_NAMES; i++)
		if (session->kinds & event_names[i].kinds)
			length += (size_t)snprintf(text + length, size_bytes - length, "%s,",
				event_names[i].name);
	length += (size_t)snprintf(text + length, size_bytes - length, " follow=%s%s",
		session->follow & HW_FOLLOW_FORK ? "fork," : "",
		session->follow & HW_FOLLOW_EXEC ? "exec," : "");
	length += (size_t)snprintf(text + length, size_bytes - length, "%s%s%s%s",
		session->python ? "" : " python=off", session->lossy ? " lossy" : "",
		session->hides ? " hide-environment" : "",
		session->unwind == HW_UNWIND_FP ? " unwind=fp" : "");
	if (options->max_bytes)
		length += (size_t)snprintf(text + length, size_bytes - length, " max-size=%llu",
			(unsigned long long)options->max_bytes);
	snprintf(text + length, size_bytes - length, " patience=%u store=%s file=%s",
		session->patience_s, form_names[options->form], options->file);
}

int hw_recording_options_expand(struct hw_recording_options *options, pid_t pid,
	const char *program, struct hw_error *error)
{
	char pattern[sizeof(options->file)], host[256] = "", number[32];
	const char *slash = strrchr(program, '/');
	size_t length = 0;

	memcpy(pattern, options->file, sizeof(pattern));
	gethostname(host, sizeof(host) - 1);
	for (const char *at = pattern; *at; at++) {
		const char *insert = NULL;

		if (*at == '%' && at[1]) {
			at++;
			snprintf(number, sizeof(number), "%lld",
				*at == 'p' ? (long long)pid : (long long)time(NULL));
			insert = *at == 'p' || *at == 't' ? number :
				*at == 'e'		  ? (slash ? slash + 1 : program) :
				*at == 'h'		  ? host :
				*at == '%'		  ? "%" :
							    NULL;
			if (!insert)
				return hw_error_set(error, -EINVAL,
					"'%%%c' means nothing in a file name", *at);
		}
		length += (size_t)snprintf(options->file + length, sizeof(options->file) - length,
			"%.*s", insert ? (int)strlen(insert) : 1, insert ? insert : at);
		if (length >= sizeof(options->file))
			return hw_error_set(error, -ENAMETOOLONG, "the file name is too long");
	}
	return 0;
}
