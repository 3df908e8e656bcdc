/* SPDX-License-Identifier: MIT */
/* Events out of traffic and traces, and into traces. */
#include "out.h"
#include "simulate.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static FILE *open_input(struct simulation *simulation, const char *path)
{
	FILE *file = fopen(path, "rb");

	if (!file)
		tool_fail(simulation->tool, path, "%s", strerror(errno));
	return file;
}

/* Writing would begin with emptying what is read. */
static bool is_operand(const struct simulation *simulation)
{
	struct stat in, out;

	return simulation->operand && !stat(simulation->operand, &in) &&
	       !stat(simulation->output, &out) && S_ISREG(in.st_mode) && in.st_dev == out.st_dev &&
	       in.st_ino == out.st_ino;
}

/* Where traces go. */
static FILE *open_output(struct simulation *simulation)
{
	FILE *file = simulation->tool->out;

	if (simulation->output && is_operand(simulation)) {
		tool_fail(simulation->tool, simulation->output,
			  "it is the file that is read; name another by --output");
		return NULL;
	}
	if (simulation->output)
		file = fopen(simulation->output, "wb");
	else if (simulation->tool->json)
		file = NULL;
	if (!file && simulation->output)
		tool_fail(simulation->tool, simulation->output, "%s", strerror(errno));
	else if (!file)
		tool_fail(simulation->tool, simulation->verb,
			  "a trace is no JSON: name a file for it by --output");
	return file;
}

bool simulate_close_output(struct simulation *simulation, FILE *file)
{
	bool bad;

	if (!simulation->output)
		return true;
	bad = ferror(file);
	if (fclose(file) || bad) {
		tool_fail(simulation->tool, simulation->output, "it cannot be written");
		return false;
	}
	return true;
}

static bool make_traffic(struct simulation *simulation, struct iomt_traffic **traffic)
{
	const struct iomt_traffic_cfg *cfg = &simulation->settings.traffic;
	struct iomt_model_error error;
	size_t bytes;
	void *memory;

	if (!cfg->items) {
		tool_fail(simulation->tool, "traffic.items", "0 has no end");
		return false;
	}
	if (iomt_traffic_cfg_check(cfg, &error)) {
		tool_fail(simulation->tool, simulation->verb, "traffic.%s: %s", error.field,
			  error.reason);
		return false;
	}
	bytes = iomt_traffic_bytes(cfg);
	memory = malloc(bytes);
	if (!memory) {
		tool_no_memory(simulation->tool);
		return false;
	}
	(void)iomt_traffic_init(traffic, cfg, memory, bytes); /* it was checked */
	return true;
}

bool events_open(struct events *events, struct simulation *simulation, const char *path)
{
	struct stat status;

	*events = (struct events){.simulation = simulation, .path = path};
	if (!path)
		return make_traffic(simulation, &events->traffic);
	events->file = open_input(simulation, path);
	if (!events->file)
		return false;
	if (!fstat(fileno(events->file), &status) && status.st_size > 0)
		events->bytes = (uint64_t)status.st_size;
	if (trace_begin(&events->reader, events->file))
		return true;
	tool_fail(simulation->tool, path, "%s", events->reader.reason);
	return false;
}

void events_close(struct events *events)
{
	if (events->file)
		fclose(events->file);
	free(events->traffic);
}

static void events_progress(struct events *events)
{
	struct tool *tool = events->simulation->tool;

	if (events->count++ % 65536)
		return;
	if (events->traffic)
		tool_progress(tool, "playing", iomt_traffic_items(events->traffic),
			      events->simulation->settings.traffic.items);
	else
		tool_progress(tool, "playing", (uint64_t)ftell(events->file), events->bytes);
}

bool events_next(struct events *events, struct iomt_event *event)
{
	int got;

	events_progress(events);
	if (events->traffic)
		return iomt_traffic_next(events->traffic, event);
	got = trace_next(&events->reader, event);
	if (got < 0)
		tool_fail(events->simulation->tool, events->path, "%s", events->reader.reason);
	return got > 0;
}

/* What was written, where the trace itself is in a file. */
static int end_trace(struct simulation *simulation)
{
	struct tool *tool = simulation->tool;

	if (!tool->json)
		return TOOL_YES;
	out_begin(tool);
	out_text(tool, "trace", OUT_NAME, "%s", simulation->output);
	out_number(tool, "events", simulation->written);
	return out_end(tool, TOOL_YES);
}

/* Writes what traffic or another trace has. */
int simulate_generate(struct simulation *simulation)
{
	struct events events;
	struct iomt_event event;
	bool good = events_open(&events, simulation, simulation->operand);
	FILE *out = NULL;

	if (good)
		out = open_output(simulation);
	if (out) {
		trace_write_head(out, simulation->binary);
		while (events_next(&events, &event) && trace_write(out, simulation->binary, &event))
			simulation->written++;
	}
	events_close(&events);
	if (!out || !simulate_close_output(simulation, out) || simulation->tool->failed)
		return TOOL_BAD;
	return end_trace(simulation);
}

struct sink {
	FILE *out;
	bool binary;
	bool begun;
};

static bool sink_begin(struct sink *sink)
{
	bool good = sink->begun || trace_write_head(sink->out, sink->binary);

	sink->begun = true;
	return good;
}

/* What has no event that is right leaves nothing that looks like a trace. */
static bool sink_event(void *ctx, const struct iomt_event *event)
{
	struct sink *sink = ctx;

	return sink_begin(sink) && trace_write(sink->out, sink->binary, event);
}

/* Where the trace itself is in a file: what was read, and how much of it. */
static int say_import(struct simulation *simulation, const struct import *import)
{
	struct tool *tool = simulation->tool;

	out_begin(tool);
	out_text(tool, "trace", OUT_NAME, "%s", simulation->output);
	out_number(tool, "events", import->events);
	out_number(tool, "lines", import->lines);
	out_number(tool, "skipped", import->skipped);
	out_number(tool, "unknown", import->unknown); /* accesses to what was mapped before */
	return out_end(tool, TOOL_YES);
}

int simulate_import(struct simulation *simulation)
{
	struct tool *tool = simulation->tool;
	struct sink sink = {NULL, simulation->binary, false};
	struct import import = {.page_sizes = simulation->settings.model.iotlb[0].sizes,
				.batch = simulation->batch,
				.event = sink_event,
				.ctx = &sink};
	FILE *in = open_input(simulation, simulation->operand);

	sink.out = in ? open_output(simulation) : NULL;
	if (sink.out) {
		if (import_linux(&import, in))
			sink_begin(&sink);
		else if (import.reason[0])
			tool_fail(tool, simulation->operand, "%s", import.reason);
	}
	if (in)
		fclose(in);
	if (!sink.out || !simulate_close_output(simulation, sink.out) || tool->failed)
		return TOOL_BAD;
	return simulation->output ? say_import(simulation, &import) : TOOL_YES;
}
