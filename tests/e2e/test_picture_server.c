/* SPDX-License-Identifier: MIT */
#include "tests/e2e/picture_server.h"
#include "tests/e2e/process.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char picture_server[] = HW_BUILD_DIR "/demos/picture_server";

static unsigned port_in(const char *address)
{
	unsigned port = 0;

	cr_assert_eq(sscanf(address, "http://127.0.0.1:%u/", &port), 1, "odd: '%s'", address);
	return port;
}

/* Send a request and read all of the answer, for free(). */
static char *ask(const char *address, const char *method, const char *path)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port_in(address)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int connection = socket(AF_INET, SOCK_STREAM, 0);
	char *answer = calloc(1, 1 << 20);
	size_t length = 0;
	ssize_t got;

	cr_assert(connection >= 0 && answer);
	cr_assert_eq(connect(connection, (struct sockaddr *)&to, sizeof(to)), 0);
	dprintf(connection, "%s %s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n", method,
		path);
	while ((got = read(connection, answer + length, (1 << 20) - 1 - length)) > 0)
		length += (size_t)got;
	close(connection);
	return answer;
}

static void expect_answer(const char *address, const char *method, const char *path,
	const char *status, const char *type)
{
	char *answer = ask(address, method, path);

	cr_expect(
		strncmp(answer, status, strlen(status)) == 0, "%s %s: %.40s", method, path, answer);
	cr_expect(strstr(answer, type), "%s %s: no '%s'", method, path, type);
	free(answer);
}

Test(e2e, picture_server_answers)
{
	struct hw_process server;
	char address[64];

	hw_picture_server_start(&server, NULL, NULL, address);
	expect_answer(address, "GET", "/", "HTTP/1.1 200 OK", "Content-Type: text/html");
	expect_answer(address, "GET", "/picture/1", "HTTP/1.1 200 OK", "Content-Type: image/png");
	expect_answer(address, "HEAD", "/picture/1", "HTTP/1.1 200 OK", "Content-Length: 77893");
	expect_answer(address, "GET", "/picture/4294967295", "HTTP/1.1 200 OK", "image/png");
	expect_answer(address, "GET", "/picture/4294967296", "HTTP/1.1 404", "try /picture/1");
	expect_answer(address, "GET", "/picture/0", "HTTP/1.1 404", "try /picture/1");
	expect_answer(address, "GET", "/picture/1x", "HTTP/1.1 404", "try /picture/1");
	expect_answer(address, "GET", "/picture/", "HTTP/1.1 404", "try /picture/1");
	expect_answer(address, "GET", "/picture", "HTTP/1.1 404", "try /picture/1");
	expect_answer(address, "DELETE", "/picture/1", "HTTP/1.1 405", "only be fetched");
	hw_process_finish(&server);
}

Test(e2e, picture_server_ends_on_signals)
{
	static const int signals[] = { SIGTERM, SIGINT };

	for (unsigned i = 0; i < 2; i++) {
		struct hw_process server;
		char address[64];

		hw_picture_server_start(&server, NULL, NULL, address);
		kill(server.pid, signals[i]);
		cr_assert(hw_process_wait(&server, HW_PROCESS_PATIENCE_S));
		cr_expect_eq(server.status, 0);
		hw_process_expect_errors(&server, "");
		hw_process_finish(&server);
	}
}

Test(e2e, picture_server_port_in_use)
{
	struct hw_process server, other;
	char address[64], port[32], expected[128];

	hw_picture_server_start(&server, NULL, NULL, address);
	snprintf(port, sizeof(port), "--port=%u", port_in(address));
	hw_process_run(&other, HW_ARGUMENTS(picture_server, port));
	snprintf(expected, sizeof(expected),
		"picture_server: cannot listen on port %u: Address already in use\n",
		port_in(address));
	cr_expect_eq(other.status, 1);
	hw_process_expect_errors(&other, expected);
	hw_process_finish(&other);
	hw_process_finish(&server);
}

Test(e2e, picture_server_wrong_parent)
{
	struct hw_process server;

	hw_process_run(&server, HW_ARGUMENTS(picture_server, "--parent=1"));
	cr_expect_eq(server.status, 1);
	hw_process_expect_errors(&server, "process 1 is not the one that started this\n");
	hw_process_finish(&server);
}

Test(e2e, picture_server_usage)
{
	struct hw_process server;

	hw_process_run(&server, HW_ARGUMENTS(picture_server, "--port=65536"));
	cr_expect_eq(server.status, 2);
	hw_process_expect_errors(&server, "--port takes a number from 0 to 65535, not '65536'\n");
	hw_process_finish(&server);

	hw_process_run(&server, HW_ARGUMENTS(picture_server, "--help"));
	cr_expect_eq(server.status, 0);
	hw_process_expect_output(&server, "Exit status:");
	hw_process_finish(&server);
}
