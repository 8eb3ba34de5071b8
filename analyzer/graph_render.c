/* SPDX-License-Identifier: MIT */
#include "analyzer/graph_render.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#if HW_WITH_GRAPHVIZ
#include <gvc.h>

/* In the child: draw into `fd`. Never returns. */
static void draw(const char *dot, const char *engine, const char *format, unsigned limit_s, int fd)
{
	FILE *picture = fdopen(fd, "w");
	GVC_t *context;
	Agraph_t *graph;
	int failed;

	/* What nothing can interrupt, this signal ends. */
	signal(SIGALRM, SIG_DFL);
	alarm(limit_s);
	agseterr(AGERR);
	context = gvContext();
	graph = agmemread(dot);
	if (!picture || !context || !graph)
		_exit(1);
	/* What the graph asks for would come first. */
	if (engine)
		agsafeset(graph, (char *)"layout", (char *)engine, (char *)"");
	failed = gvLayout(context, graph, "dot") != 0 ||
		 gvRender(context, graph, format, picture) != 0 || fflush(picture) != 0;
	_exit(failed);
}

static int failure(int status, unsigned limit_s, struct hw_error *error)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
		hw_error_set(error, -ETIMEDOUT, "the graph could not be laid out in %u s", limit_s);
		hw_error_hint(error, "draw less of it with --cycles or --by class, or allow more "
				     "with --time-limit");
		return -ETIMEDOUT;
	}
	if (WIFSIGNALED(status))
		hw_error_set(error, -EIO, "Graphviz failed: %s", strsignal(WTERMSIG(status)));
	else
		hw_error_set(error, -EIO, "Graphviz could not draw the graph");
	hw_error_hint(error, "holdwait graph -T dot writes it for other programs to draw");
	return -EIO;
}

static int copy(int fd, FILE *out)
{
	char bytes[65536];
	ssize_t count;

	lseek(fd, 0, SEEK_SET);
	while ((count = read(fd, bytes, sizeof(bytes))) > 0)
		if (fwrite(bytes, 1, (size_t)count, out) != (size_t)count)
			return 0; /* whoever closes `out` sees it */
	return count < 0 ? -errno : 0;
}

int hw_graph_render(const char *dot, const char *engine, const char *format, unsigned limit_s,
	FILE *out, struct hw_error *error)
{
	int fd = memfd_create("picture", MFD_CLOEXEC), status = 0, code = 0;
	pid_t child = fd < 0 ? -1 : fork();

	if (child < 0) {
		code = hw_error_set(error, -errno, "cannot start Graphviz: %s", strerror(errno));
	} else if (child == 0) {
		draw(dot, engine, format, limit_s, fd);
	} else {
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
		if (status)
			code = failure(status, limit_s, error);
		else if (copy(fd, out))
			code = hw_error_set(error, -EIO, "cannot read the picture back");
	}
	if (fd >= 0)
		close(fd);
	return code;
}

#else

int hw_graph_render(const char *dot, const char *engine, const char *format, unsigned limit_s,
	FILE *out, struct hw_error *error)
{
	hw_error_set(error, -ENOSYS, "this holdwait was built without Graphviz and cannot write %s",
		format);
	hw_error_hint(error, "let Graphviz draw it: holdwait graph | dot -T%s -o FILE", format);
	return -ENOSYS;
}

#endif
