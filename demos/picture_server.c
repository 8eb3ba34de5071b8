/* SPDX-License-Identifier: MIT */

/*
 * A small web server of generated pictures, for the download demos and their
 * tests: it listens on the loopback address only, prints where, and can be told
 * to be slow, to refuse, or to break off in the middle of a picture.
 *
 * libmicrohttpd gives every connection its own thread, so a delay holds up
 * nobody else. The main thread only waits for the signal to end.
 */

#include "demos/check.h"
#include "demos/clock.h"
#include "demos/number.h"
#include "demos/picture.h"

#include <argp.h>
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST_DELAY_MS = 60000, IDLE_SECONDS = 30 };

static const char picture_path[] = "/picture/";

static struct settings {
	unsigned port;
	unsigned delay_ms;
	unsigned fail_every;  /* 0: never */
	unsigned short_every; /* 0: never */
	pid_t parent;	      /* 0: whoever it is */
} settings;

/* Tells pictures that are still being waited for that there is no point any more. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool begun;
} ending = { .lock = PTHREAD_MUTEX_INITIALIZER };

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status, const char *type,
	struct MHD_Response *response)
{
	enum MHD_Result result;

	if (!response)
		return MHD_NO; /* no memory: closes the connection */
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result reply_text(
	struct MHD_Connection *connection, unsigned status, const char *type, const char *text)
{
	return reply(connection, status, type,
		MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY));
}

static enum MHD_Result reply_error(
	struct MHD_Connection *connection, unsigned status, const char *text)
{
	return reply_text(connection, status, "text/plain", text);
}

/* A picture of which only the first half will be sent. */
struct half {
	unsigned char *bytes;
	size_t size;
};

static ssize_t read_half(void *of, uint64_t position, char *buffer, size_t room)
{
	const struct half *half = of;
	size_t left = half->size / 2 - (size_t)position;
	size_t length = left < room ? left : room;

	if (left == 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	memcpy(buffer, half->bytes + position, length);
	return (ssize_t)length;
}

static void free_half(void *of)
{
	struct half *half = of;

	free(half->bytes);
	free(half);
}

/* Announces the whole picture, then closes the connection half-way. */
static struct MHD_Response *respond_short(unsigned char *bytes, size_t size)
{
	struct half *half = malloc(sizeof(*half));
	struct MHD_Response *response = NULL;

	if (half) {
		*half = (struct half){ bytes, size };
		response =
			MHD_create_response_from_callback(size, 4096, read_half, half, free_half);
	}
	if (!response) {
		free(half);
		free(bytes);
	}
	return response;
}

static struct MHD_Response *respond_whole(unsigned char *bytes, size_t size)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(size, bytes, MHD_RESPMEM_MUST_FREE);

	if (!response)
		free(bytes);
	return response;
}

/*
 * Wait as long as a picture takes: from a half to one and a half of what was
 * asked for, as on a real network not all take equally long, but each picture
 * always the same time. False when the server ends meanwhile.
 */
static bool wait_for_network(unsigned number)
{
	unsigned delay_us = settings.delay_ms * 1000;
	struct timespec until =
		clock_deadline(delay_us / 2 + number * 2654435761u % (delay_us + 1));
	int error = 0;
	bool ends;

	check(pthread_mutex_lock(&ending.lock), "lock the server's end");
	while (!ending.begun && error != ETIMEDOUT) {
		error = pthread_cond_timedwait(&ending.changed, &ending.lock, &until);
		if (error != ETIMEDOUT)
			check(error, "wait for the server's end");
	}
	ends = ending.begun;
	check(pthread_mutex_unlock(&ending.lock), "unlock the server's end");
	return !ends;
}

static bool is_every(unsigned number, unsigned every)
{
	return every && number % every == 0;
}

static enum MHD_Result send_picture(struct MHD_Connection *connection, unsigned number)
{
	unsigned char *bytes;
	size_t size;

	if (!wait_for_network(number))
		return MHD_NO;
	if (is_every(number, settings.fail_every))
		return reply_error(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
			"this picture fails, as --fail-every asks for\n");
	bytes = picture_create(number, &size);
	if (!bytes)
		return MHD_NO;
	return reply(connection, MHD_HTTP_OK, "image/png",
		is_every(number, settings.short_every) ? respond_short(bytes, size)
						       : respond_whole(bytes, size));
}

/* The page "/", for people who open the address in a browser. */
static enum MHD_Result send_overview(struct MHD_Connection *connection)
{
	char page[4096];
	int length = snprintf(page, sizeof(page), "<!DOCTYPE html>\n<title>Pictures</title>\n");

	for (unsigned number = 1; number <= 24; number++)
		length += snprintf(page + length, sizeof(page) - (size_t)length,
			"<img src=\"%s%u\" width=\"%d\" alt=\"picture %u\">\n", picture_path,
			number, PICTURE_WIDTH / 2, number);
	return reply_text(connection, MHD_HTTP_OK, "text/html", page);
}

/* The N of "/picture/N", 0 for anything else. */
static unsigned number_in(const char *path)
{
	const char *digits = path + strlen(picture_path);
	unsigned long number;
	char *end;

	if (strncmp(path, picture_path, strlen(picture_path)) != 0)
		return 0;
	if (!isdigit((unsigned char)*digits))
		return 0;
	number = strtoul(digits, &end, 10);
	return *end || number > UINT_MAX ? 0 : (unsigned)number;
}

/* Called by libmicrohttpd, in the thread of the connection, at least twice for each request. */
static enum MHD_Result answer(void *closure, struct MHD_Connection *connection, const char *path,
	const char *method, const char *version, const char *upload, size_t *upload_size,
	void **request)
{
	static char begun;
	unsigned number = number_in(path);

	if (!*request) { /* the headers are there; answering now would close the connection */
		*request = &begun;
		return MHD_YES;
	}
	if (*upload_size) {
		*upload_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return reply_error(
			connection, MHD_HTTP_METHOD_NOT_ALLOWED, "pictures can only be fetched\n");
	if (strcmp(path, "/") == 0)
		return send_overview(connection);
	if (number)
		return send_picture(connection, number);
	return reply_error(connection, MHD_HTTP_NOT_FOUND, "not here; try /picture/1\n");
}

static struct MHD_Daemon *start_server(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)settings.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct MHD_Daemon *server =
		MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0,
			NULL, NULL, answer, NULL, MHD_OPTION_SOCK_ADDR, &address,
			MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_END);

	if (!server)
		die("cannot listen on port %u: %s", settings.port, strerror(errno));
	return server;
}

static void prepare_ending(void)
{
	pthread_condattr_t attributes;

	check(pthread_condattr_init(&attributes), "make a condition");
	check(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC), "set a condition's clock");
	check(pthread_cond_init(&ending.changed, &attributes), "make a condition");
	pthread_condattr_destroy(&attributes);
}

static void stop_server(struct MHD_Daemon *server)
{
	check(pthread_mutex_lock(&ending.lock), "lock the server's end");
	ending.begun = true;
	check(pthread_cond_broadcast(&ending.changed), "tell of the server's end");
	check(pthread_mutex_unlock(&ending.lock), "unlock the server's end");
	MHD_stop_daemon(server);
}

static unsigned port_of(struct MHD_Daemon *server)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT);

	if (!info)
		die("cannot find out the port");
	return info->port;
}

/* Get SIGTERM when the parent ends, also when it ended before we could ask for that. */
static void end_with_parent(pid_t parent)
{
	check_errno(prctl(PR_SET_PDEATHSIG, SIGTERM), "watch the parent process");
	if (getppid() != parent)
		die("process %d is not the one that started this", (int)parent);
}

static const char what_it_is[] =
	"Serve generated pictures over HTTP on the loopback address: /picture/N is picture N, a "
	"PNG file, and / an overview. Prints the address, and runs until SIGTERM or SIGINT."
	"\v"
	"Exit status: 0 when ended by a signal as above, 1 when it cannot listen, 2 for wrong "
	"usage.";

static const struct argp_option options[] = {
	{ "port", 'p', "PORT", 0, "Listen here; 0, the default, takes any free port", 1 },
	{ "delay-ms", 'd', "MS", 0, "About how long each picture takes, up to 60000 (default 0)",
		2 },
	{ "fail-every", 'f', "K", 0, "Answer 500 for pictures K, 2K, 3K and so on", 2 },
	{ "short-every", 's', "K", 0, "Break off half-way in pictures K, 2K, 3K and so on", 2 },
	{ "parent", 'P', "PID", 0, "End when PID ends, which must have started this", 3 },
	{ NULL, 'h', NULL, OPTION_HIDDEN, NULL, -1 },
	{ NULL },
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	switch (key) {
	case 'p':
		settings.port = number_parse(state, "port", text, 0, 65535);
		break;
	case 'd':
		settings.delay_ms = number_parse(state, "delay-ms", text, 0, LONGEST_DELAY_MS);
		break;
	case 'f':
		settings.fail_every = number_parse(state, "fail-every", text, 1, UINT_MAX);
		break;
	case 's':
		settings.short_every = number_parse(state, "short-every", text, 1, UINT_MAX);
		break;
	case 'P':
		settings.parent = (pid_t)number_parse(state, "parent", text, 1, INT_MAX);
		break;
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "too many arguments: '%s'", text);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { options, parse_option, NULL, what_it_is };
	struct MHD_Daemon *server;
	sigset_t ends;
	int received;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (settings.parent)
		end_with_parent(settings.parent);

	/* Blocked before there are threads, so that all inherit it and sigwait gets them. */
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	check(pthread_sigmask(SIG_BLOCK, &ends, NULL), "block signals");
	signal(SIGPIPE, SIG_IGN); /* a client that goes away is no reason to end */

	prepare_ending();
	server = start_server();
	printf("http://127.0.0.1:%u/\n", port_of(server));
	if (fflush(stdout) != 0)
		die("cannot print the address: %s", strerror(errno));
	check(sigwait(&ends, &received), "wait for a signal");
	stop_server(server);
	return 0;
}
