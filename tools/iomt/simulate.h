/* SPDX-License-Identifier: MIT */
/* iomt simulate: simulate_play.c plays models, simulate_trace.c reads and writes traces. */
#ifndef IOMT_TOOL_SIMULATE_H
#define IOMT_TOOL_SIMULATE_H

#include "settings.h"
#include "tool.h"
#include "trace.h"

struct simulation {
	struct tool *tool;
	struct settings settings;
	const char *verb;
	const char *trace;  /* NULL: traffic */
	const char *output; /* NULL: the tool's */
	const char *operand;
	bool binary;
	uint32_t entries;
	uint32_t batch;
	uint64_t written; /* events */
};

/* Events out of a trace or of traffic. */
struct events {
	struct simulation *simulation;
	FILE *file;
	const char *path;
	uint64_t bytes; /* of the file */
	struct trace_reader reader;
	struct iomt_traffic *traffic;
	uint64_t count;
};

/* False: tool_fail has said why. To be closed in either case. */
bool events_open(struct events *events, struct simulation *simulation, const char *path);
void events_close(struct events *events);
/* False: there are no more, or tool_fail has said why. */
bool events_next(struct events *events, struct iomt_event *event);

/* False: tool_fail has said why. What is the tool's own stream is closed by others. */
bool simulate_close_output(struct simulation *simulation, FILE *file);

/* What each does. They return a tool_code. */
int simulate_run(struct simulation *simulation);
int simulate_curve(struct simulation *simulation);
int simulate_generate(struct simulation *simulation);
int simulate_import(struct simulation *simulation);

#endif
