/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_GRAPH_RENDER_H
#define HW_ANALYZER_GRAPH_RENDER_H

/*
 * Graphs as pictures, by Graphviz. Laying out a few hundred nodes can take a
 * minute and cannot be interrupted, and the library leaks; so it runs in a child
 * process, which is ended when its time is over.
 */

#include <stdio.h>

#include "trace/error.h"

/*
 * Lay out a graph in DOT with an engine ("dot", "sfdp"; NULL: the one the graph asks for, else
 * dot) and append the picture to `out`. -ETIMEDOUT when `limit_s` seconds
 * were not enough, -ENOSYS without Graphviz; nothing is written then.
 */
int hw_graph_render(const char *dot, const char *engine, const char *format, unsigned limit_s,
	FILE *out, struct hw_error *error);

#endif
