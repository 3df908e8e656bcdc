/* SPDX-License-Identifier: MIT */
/* iomt simulate: the IOTLB model on traffic that is made up, or on a trace. docs/iotlb-model.md. */
#include "commands.h"
#include "out.h"
#include "settings.h"
#include "trace.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MOST_ENTRIES (1u << 24)

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

static bool no_memory(struct simulation *simulation)
{
	tool_no_memory(simulation->tool);
	return false;
}

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

/* What is the tool's is closed by others. */
static bool close_output(struct simulation *simulation, FILE *file)
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
	if (!memory)
		return no_memory(simulation);
	(void)iomt_traffic_init(traffic, cfg, memory, bytes); /* it was checked */
	return true;
}

static bool make_model(struct simulation *simulation, struct iomt_model **model)
{
	const struct iomt_model_cfg *cfg = &simulation->settings.model;
	struct iomt_model_error error;
	size_t bytes;
	void *memory;

	if (iomt_model_cfg_check(cfg, &error)) {
		tool_fail(simulation->tool, simulation->verb, "%s: %s", error.field, error.reason);
		return false;
	}
	bytes = iomt_model_bytes(cfg);
	memory = malloc(bytes);
	if (!memory)
		return no_memory(simulation);
	(void)iomt_model_init(model, cfg, memory, bytes); /* it was checked */
	return true;
}

/* Events out of a trace or of traffic. */
struct source {
	struct simulation *simulation;
	FILE *file;
	const char *path;
	uint64_t bytes; /* of the file */
	struct trace_reader reader;
	struct iomt_traffic *traffic;
	uint64_t events;
};

static bool source_open(struct source *source, struct simulation *simulation, const char *path)
{
	struct stat status;

	*source = (struct source){.simulation = simulation, .path = path};
	if (!path)
		return make_traffic(simulation, &source->traffic);
	source->file = open_input(simulation, path);
	if (!source->file)
		return false;
	if (!fstat(fileno(source->file), &status) && status.st_size > 0)
		source->bytes = (uint64_t)status.st_size;
	if (trace_begin(&source->reader, source->file))
		return true;
	tool_fail(simulation->tool, path, "%s", source->reader.reason);
	return false;
}

static void source_close(struct source *source)
{
	if (source->file)
		fclose(source->file);
	free(source->traffic);
}

static void source_progress(struct source *source)
{
	struct tool *tool = source->simulation->tool;

	if (source->events++ % 65536)
		return;
	if (source->traffic)
		tool_progress(tool, "playing", iomt_traffic_items(source->traffic),
			      source->simulation->settings.traffic.items);
	else
		tool_progress(tool, "playing", (uint64_t)ftell(source->file), source->bytes);
}

/* False: there are no more, or tool_fail has said why. */
static bool source_next(struct source *source, struct iomt_event *event)
{
	int got;

	source_progress(source);
	if (source->traffic)
		return iomt_traffic_next(source->traffic, event);
	got = trace_next(&source->reader, event);
	if (got < 0)
		tool_fail(source->simulation->tool, source->path, "%s", source->reader.reason);
	return got > 0;
}

static bool play_all(struct simulation *simulation, struct iomt_model *model)
{
	struct source source;
	struct iomt_event event;
	bool good = source_open(&source, simulation, simulation->trace);

	while (good && source_next(&source, &event)) {
		int err = iomt_model_play(model, &event, NULL);

		if (!err)
			continue;
		tool_fail(simulation->tool, source.path ? source.path : "traffic",
			  "event %" PRIu64 ": %s", source.events, iomt_strerror(err));
		good = false;
	}
	source_close(&source);
	return good && !simulation->tool->failed;
}

/* In text all results are CSV: name,value. */
static void say_number(struct tool *tool, FILE *out, const char *cache, const char *name,
		       uint64_t value)
{
	if (tool->json)
		out_number(tool, name, value);
	else
		fprintf(out, "%s%s%s,%" PRIu64 "\n", cache, *cache ? "." : "", name, value);
}

static void say_cache(struct tool *tool, FILE *out, const char *name,
		      const struct iomt_cache_stats *stats)
{
	if (tool->json)
		out_group(tool, name);
	say_number(tool, out, name, "hits", stats->hits);
	say_number(tool, out, name, "merged", stats->merged);
	say_number(tool, out, name, "misses", stats->misses);
	say_number(tool, out, name, "evictions", stats->evictions);
	say_number(tool, out, name, "invalidated", stats->invalidated);
	if (tool->json)
		out_group_end(tool);
}

static void say_stats(struct tool *tool, FILE *out, const struct iomt_model_stats *stats)
{
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{"accesses", stats->accesses},
		{"bytes", stats->bytes},
		{"lookups", stats->lookups},
		{"maps", stats->maps},
		{"unmaps", stats->unmaps},
		{"invalidates", stats->invalidates},
		{"walks", stats->walks},
		{"reads", stats->reads},
		{"prefetches", stats->prefetches},
		{"prefetches_used", stats->prefetches_used},
		{"latency_ps", stats->latency_ps},
		{"stalled_ps", stats->stalled_ps},
		{"invalidate_ps", stats->invalidate_ps},
		{"last_ps", stats->last_ps},
	};
	char name[] = "walk0";

	for (size_t i = 0; i < COUNT(numbers); i++)
		say_number(tool, out, "", numbers[i].name, numbers[i].value);
	say_cache(tool, out, "device", &stats->device);
	say_cache(tool, out, "iotlb", &stats->iotlb);
	for (size_t i = 0; i < COUNT(stats->walk); i++, name[4]++)
		say_cache(tool, out, name, &stats->walk[i]);
}

/* Results go to --output too, as JSON or CSV. Returns the tool's own stream; NULL: it cannot be. */
static FILE *begin_results(struct simulation *simulation)
{
	struct tool *tool = simulation->tool;
	FILE *out = tool->out;

	if (simulation->output) {
		tool->out = fopen(simulation->output, "wb");
		if (!tool->out) {
			tool->out = out;
			tool_fail(tool, simulation->output, "%s", strerror(errno));
			return NULL;
		}
	}
	out_begin(tool);
	return out;
}

static int end_results(struct simulation *simulation, FILE *out)
{
	FILE *results = simulation->tool->out;
	int code = out_end(simulation->tool, TOOL_YES);

	simulation->tool->out = out;
	return close_output(simulation, results) ? code : TOOL_BAD;
}

static int run(struct simulation *simulation)
{
	struct tool *tool = simulation->tool;
	struct iomt_model_stats stats;
	struct iomt_model *model = NULL;
	bool good = make_model(simulation, &model) && play_all(simulation, model);
	FILE *out;

	if (good)
		iomt_model_stats(model, &stats);
	free(model);
	out = good ? begin_results(simulation) : NULL;
	if (!out)
		return TOOL_BAD;
	if (!tool->json)
		fprintf(tool->out, "name,value\n");
	say_stats(tool, tool->out, &stats);
	return end_results(simulation, out);
}

static void say_curve(struct simulation *simulation, const struct iomt_curve *curve)
{
	static const struct out_column columns[] = {{"entries", NULL, 0}};
	struct tool *tool = simulation->tool;
	uint64_t lookups = iomt_curve_lookups(curve);

	if (tool->json)
		out_list(tool, "sizes", columns, COUNT(columns));
	else
		fprintf(tool->out, "entries,lookups,misses\n");
	for (uint32_t entries = 1; entries <= simulation->entries; entries++) {
		uint64_t misses = iomt_curve_misses(curve, entries);

		if (!tool->json) {
			fprintf(tool->out, "%" PRIu32 ",%" PRIu64 ",%" PRIu64 "\n", entries,
				lookups, misses);
			continue;
		}
		out_row(tool);
		out_number(tool, "entries", entries);
		out_number(tool, "lookups", lookups);
		out_number(tool, "misses", misses);
		if (!out_row_end(tool))
			break;
	}
	if (tool->json)
		out_list_end(tool);
}

static int curve(struct simulation *simulation)
{
	size_t bytes = iomt_curve_bytes(simulation->entries);
	struct iomt_model *model = NULL;
	struct iomt_curve *made = NULL;
	void *memory = malloc(bytes);
	FILE *out = NULL;
	int code = TOOL_BAD;

	if (!memory)
		return tool_no_memory(simulation->tool);
	(void)iomt_curve_init(&made, simulation->entries, memory, bytes);
	simulation->settings.model.curve = made;
	if (make_model(simulation, &model) && play_all(simulation, model))
		out = begin_results(simulation);
	if (out) {
		say_curve(simulation, made);
		code = end_results(simulation, out);
	}
	free(model);
	free(memory);
	return code;
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
static int generate(struct simulation *simulation)
{
	struct source source;
	struct iomt_event event;
	bool good = source_open(&source, simulation, simulation->operand);
	FILE *out = NULL;

	if (good)
		out = open_output(simulation);
	if (out) {
		trace_write_head(out, simulation->binary);
		while (source_next(&source, &event) && trace_write(out, simulation->binary, &event))
			simulation->written++;
	}
	source_close(&source);
	if (!out || !close_output(simulation, out) || simulation->tool->failed)
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

static int import_trace(struct simulation *simulation)
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
	if (!sink.out || !close_output(simulation, sink.out) || tool->failed)
		return TOOL_BAD;
	return simulation->output ? say_import(simulation, &import) : TOOL_YES;
}

static int show_settings(struct simulation *simulation)
{
	struct tool *tool = simulation->tool;
	char value[32];

	out_begin(tool);
	for (size_t i = 0; i < settings_count(); i++) {
		const char *name = settings_get(&simulation->settings, i, value, sizeof(value));

		if (tool->json)
			out_text(tool, name, OUT_PLAIN, "%s", value);
		else
			fprintf(tool->out, "%s=%s\n", name, value);
	}
	return out_end(tool, TOOL_YES);
}

static int show_presets(struct simulation *simulation)
{
	static const struct out_column columns[] = {{"name", "NAME", -14}, {"about", "ABOUT", 0}};
	struct tool *tool = simulation->tool;

	out_begin(tool);
	out_list(tool, "presets", columns, COUNT(columns));
	for (const struct iomt_model_preset *preset = iomt_model_presets; preset->name; preset++) {
		out_row(tool);
		out_text(tool, "name", OUT_NAME, "%s", preset->name);
		out_text(tool, "about", OUT_PLAIN, "%s", preset->about);
		out_row_end(tool);
	}
	out_list_end(tool);
	return out_end(tool, TOOL_YES);
}

static const struct verb {
	const char *name;
	int (*run)(struct simulation *simulation);
	const char *operand; /* that it needs, or NULL */
	const char *about;
} verbs[] = {
	{"run", run, NULL, "play a trace or traffic; print what happened as CSV"},
	{"curve", curve, NULL, "misses of LRU IOTLBs of every size, in one pass, as CSV"},
	{"generate", generate, NULL, "write traffic as a trace"},
	{"convert", generate, "TRACE", "write a trace as text, or with -b as binary"},
	{"import", import_trace, "LINUX", "make a trace of Linux's iommu and dma tracepoints"},
	{"presets", show_presets, NULL, "list hardware that is known by name"},
	{"settings", show_settings, NULL, "list what can be set, and what it is"},
};

static error_t take_preset(struct simulation *simulation, const char *name)
{
	const struct iomt_model_preset *preset = iomt_model_preset_find(name);

	if (!preset) {
		tool_fail(simulation->tool, "--preset",
			  "there is no preset %s; iomt simulate presets lists them", name);
		return EINVAL;
	}
	simulation->settings.model = preset->cfg;
	return 0;
}

static error_t take_number(struct simulation *simulation, const char *option, const char *text,
			   uint32_t *number)
{
	uint64_t value;

	if (!tool_number(simulation->tool, option, text, MOST_ENTRIES, &value))
		return EINVAL;
	if (!value) {
		tool_fail(simulation->tool, option, "it is at least 1");
		return EINVAL;
	}
	*number = (uint32_t)value;
	return 0;
}

static error_t take_argument(struct simulation *simulation, const char *text)
{
	char reason[256];

	if (!simulation->verb) {
		simulation->verb = text;
	} else if (strchr(text, '=')) {
		if (!settings_set(&simulation->settings, text, reason, sizeof(reason))) {
			tool_fail(simulation->tool, simulation->verb, "%s", reason);
			return EINVAL;
		}
	} else if (!simulation->operand) {
		simulation->operand = text;
	} else {
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct simulation *simulation = state->input;

	switch (key) {
	case 'p':
		return take_preset(simulation, text);
	case 't':
		simulation->trace = text;
		return 0;
	case 'o':
		simulation->output = text;
		return 0;
	case 'b':
		simulation->binary = true;
		return 0;
	case 'e':
		return take_number(simulation, "--entries", text, &simulation->entries);
	case 'd':
		return take_number(simulation, "--deferred", text, &simulation->batch);
	case ARGP_KEY_ARG:
		return take_argument(simulation, text);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The list of what it does, in the help. */
static char *help(int key, const char *text, void *input)
{
	char *list = NULL;
	size_t size;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)(uintptr_t)text;
	out = open_memstream(&list, &size);
	if (!out)
		return NULL;
	fprintf(out, "What it does:\n");
	for (size_t i = 0; i < COUNT(verbs); i++)
		fprintf(out, "  %-9s%-8s%s\n", verbs[i].name,
			verbs[i].operand ? verbs[i].operand : "", verbs[i].about);
	return fclose(out) ? NULL : list;
}

static int run_verb(struct simulation *simulation)
{
	const char *names[COUNT(verbs) + 1] = {NULL};
	int which;

	if (!simulation->verb)
		return tool_fail(simulation->tool, "simulate",
				 "no command is given; iomt simulate --help lists them");
	for (size_t i = 0; i < COUNT(verbs); i++)
		names[i] = verbs[i].name;
	which = tool_word(simulation->tool, "simulate", "command", simulation->verb, names);
	if (which < 0)
		return TOOL_BAD;
	if (!verbs[which].operand != !simulation->operand)
		return tool_fail(simulation->tool, simulation->verb, "%s",
				 verbs[which].operand ? "it needs an operand"
						      : "it takes no operand");
	return verbs[which].run(simulation);
}

int run_simulate(struct tool *tool, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"preset", 'p', "NAME", 0, "Begin with this hardware (small)", 0},
		{"trace", 't', "FILE", 0, "Play this trace instead of traffic", 0},
		{"output", 'o', "FILE", 0, "Write here instead of stdout", 0},
		{"binary", 'b', NULL, 0, "Write a binary trace", 0},
		{"entries", 'e', "N", 0, "curve: sizes up to this (1024)", 0},
		{"deferred", 'd', "N", 0, "import: one invalidation for N unmaps, not for each", 0},
		{0},
	};
	static const struct argp argp = {
		options,
		parse,
		"WHAT [OPERAND] [SETTING=VALUE...]",
		"Plays the IOTLB model on traffic that is made up, or on a trace.\v",
		NULL,
		help,
		NULL};
	struct simulation simulation = {.tool = tool, .entries = 1024};
	int code;

	settings_init(&simulation.settings);
	code = tool_parse(tool, &argp, argc, argv, 0, &simulation);
	return code >= 0 ? code : run_verb(&simulation);
}
