/* SPDX-License-Identifier: MIT */
/* iomt-simulate: the IOTLB model on traffic that is made up, or on a trace. */
#include "play.h"
#include "settings.h"
#include "trace.h"
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct arguments {
	struct settings settings;
	const char *command;
	const char *trace;  /* NULL: traffic */
	const char *output; /* NULL: stdout */
	const char *operand;
	bool binary;
	uint32_t entries;
	uint32_t batch;
};

__attribute__((noreturn)) static void give_up(const char *path, const char *reason)
{
	fprintf(stderr, "iomt-simulate: %s: %s\n", path, reason);
	exit(2);
}

static FILE *open_input(const char *path)
{
	FILE *file = fopen(path, "rb");

	if (!file)
		give_up(path, strerror(errno));
	return file;
}

static FILE *open_output(const struct arguments *arguments)
{
	FILE *file = arguments->output ? fopen(arguments->output, "wb") : stdout;

	if (!file)
		give_up(arguments->output, strerror(errno));
	return file;
}

static void close_output(const struct arguments *arguments, FILE *file)
{
	bool bad = ferror(file);

	if (fclose(file) || bad)
		give_up(arguments->output ? arguments->output : "stdout", "it cannot be written");
}

/* Events out of a trace or of traffic. */
struct source {
	FILE *file;
	const char *path;
	uint64_t bytes; /* of the file */
	struct trace_reader reader;
	struct iomt_traffic *traffic;
	uint64_t events, items;
};

static void source_open(struct source *source, const struct arguments *arguments, const char *path)
{
	struct stat status;

	*source = (struct source){.path = path, .items = arguments->settings.traffic.items};
	if (!path) {
		source->traffic = make_traffic(&arguments->settings.traffic);
		return;
	}
	source->file = open_input(path);
	if (!fstat(fileno(source->file), &status) && status.st_size > 0)
		source->bytes = (uint64_t)status.st_size;
	if (!trace_begin(&source->reader, source->file))
		give_up(path, source->reader.reason);
}

static void source_progress(struct source *source)
{
	if (source->events++ % 65536)
		return;
	if (source->file && source->bytes)
		progress("playing", (uint64_t)ftell(source->file), source->bytes);
	else if (source->items)
		progress("playing", iomt_traffic_items(source->traffic), source->items);
}

static bool source_next(struct source *source, struct iomt_event *event)
{
	int got;

	source_progress(source);
	if (source->traffic)
		return iomt_traffic_next(source->traffic, event);
	got = trace_next(&source->reader, event);
	if (got < 0)
		give_up(source->path, source->reader.reason);
	return got > 0;
}

static void source_close(struct source *source)
{
	progress("playing", 1, 1);
	if (source->file) {
		trace_end(&source->reader);
		fclose(source->file);
	}
	free(source->traffic);
}

static void play_all(struct iomt_model *model, const struct arguments *arguments)
{
	struct source source;
	struct iomt_event event;

	source_open(&source, arguments, arguments->trace);
	while (source_next(&source, &event)) {
		int err = iomt_model_play(model, &event, NULL);
		char where[64];

		if (!err)
			continue;
		snprintf(where, sizeof(where), "event %" PRIu64 ": %s", source.events,
			 iomt_strerror(err));
		give_up(source.path ? source.path : "traffic", where);
	}
	source_close(&source);
}

static void run(struct arguments *arguments)
{
	struct iomt_model *model = make_model(&arguments->settings.model);
	struct iomt_model_stats stats;
	FILE *out = open_output(arguments);

	play_all(model, arguments);
	iomt_model_stats(model, &stats);
	print_stats(&stats, out);
	close_output(arguments, out);
	free(model);
}

static void curve(struct arguments *arguments)
{
	struct iomt_curve *made = make_curve(arguments->entries);
	struct iomt_model *model;
	FILE *out = open_output(arguments);

	arguments->settings.model.curve = made;
	model = make_model(&arguments->settings.model);
	play_all(model, arguments);
	fprintf(out, "entries,lookups,misses\n");
	for (uint32_t entries = 1; entries <= arguments->entries; entries++)
		fprintf(out, "%" PRIu32 ",%" PRIu64 ",%" PRIu64 "\n", entries,
			iomt_curve_lookups(made), iomt_curve_misses(made, entries));
	close_output(arguments, out);
	free(model);
	free(made);
}

/* Writes what traffic or another trace has. */
static void generate(struct arguments *arguments)
{
	struct source source;
	struct iomt_event event;
	FILE *out;

	if (!arguments->operand && !arguments->settings.traffic.items)
		give_up("traffic.items", "0 has no end");
	source_open(&source, arguments, arguments->operand);
	out = open_output(arguments);
	trace_write_head(out, arguments->binary);
	while (source_next(&source, &event))
		trace_write(out, arguments->binary, &event);
	source_close(&source);
	close_output(arguments, out);
}

struct sink {
	FILE *out;
	bool binary;
};

static bool sink_event(void *ctx, const struct iomt_event *event)
{
	struct sink *sink = ctx;

	return trace_write(sink->out, sink->binary, event);
}

static void import_trace(struct arguments *arguments)
{
	struct sink sink = {open_output(arguments), arguments->binary};
	struct import import = {.page_sizes = arguments->settings.model.iotlb[0].sizes,
				.batch = arguments->batch,
				.event = sink_event,
				.ctx = &sink};
	FILE *in = open_input(arguments->operand);

	trace_write_head(sink.out, sink.binary);
	if (!import_linux(&import, in) && import.reason[0])
		give_up(arguments->operand, import.reason);
	fclose(in);
	close_output(arguments, sink.out);
	fprintf(stderr,
		"iomt-simulate: %" PRIu64 " events of %" PRIu64 " lines, %" PRIu64
		" skipped, %" PRIu64 " accesses to what was mapped before\n",
		import.events, import.lines, import.skipped, import.unknown);
}

static void show_settings(struct arguments *arguments)
{
	settings_print(&arguments->settings, stdout);
}

static void show_presets(struct arguments *arguments)
{
	(void)arguments;
	for (const struct iomt_model_preset *preset = iomt_model_presets; preset->name; preset++)
		printf("%s\t%s\n", preset->name, preset->about);
}

static const struct command {
	const char *name;
	void (*run)(struct arguments *arguments);
	const char *operand; /* that it needs, or NULL */
	const char *about;
} commands[] = {
	{"run", run, NULL, "play a trace or traffic; print what happened as CSV"},
	{"curve", curve, NULL, "misses of LRU IOTLBs of every size, in one pass, as CSV"},
	{"generate", generate, NULL, "write traffic as a trace"},
	{"convert", generate, "TRACE", "write a trace as text, or with -b as binary"},
	{"import", import_trace, "LINUX", "make a trace of Linux's iommu and dma tracepoints"},
	{"presets", show_presets, NULL, "list hardware that is known by name"},
	{"settings", show_settings, NULL, "list what can be set, and what it is"},
};

static const struct argp_option options[] = {
	{"preset", 'p', "NAME", 0, "Begin with this hardware (small)", 0},
	{"trace", 't', "FILE", 0, "Play this trace instead of traffic", 0},
	{"output", 'o', "FILE", 0, "Write here instead of stdout", 0},
	{"binary", 'b', NULL, 0, "Write a binary trace", 0},
	{"entries", 'e', "N", 0, "curve: sizes up to this (1024)", 0},
	{"deferred", 'd', "N", 0, "import: one invalidation for N unmaps, not one for each", 0},
	{0},
};

static uint32_t number(struct argp_state *state, const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	if (text[0] < '0' || text[0] > '9' || *end || !value || value > 1 << 24)
		argp_error(state, "%s is not a number from 1 to 2^24", text);
	return (uint32_t)value;
}

static void take_argument(struct argp_state *state, struct arguments *arguments, const char *text)
{
	char reason[256];

	if (!arguments->command)
		arguments->command = text;
	else if (strchr(text, '=')) {
		if (!settings_set(&arguments->settings, text, reason, sizeof(reason)))
			argp_error(state, "%s", reason);
	} else if (!arguments->operand)
		arguments->operand = text;
	else
		argp_error(state, "%s is one too many", text);
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	const struct iomt_model_preset *preset;

	switch (key) {
	case 'p':
		preset = iomt_model_preset_find(text);
		if (!preset)
			argp_error(state, "there is no preset %s", text);
		else
			arguments->settings.model = preset->cfg;
		return 0;
	case 't':
		arguments->trace = text;
		return 0;
	case 'o':
		arguments->output = text;
		return 0;
	case 'b':
		arguments->binary = true;
		return 0;
	case 'e':
		arguments->entries = number(state, text);
		return 0;
	case 'd':
		arguments->batch = number(state, text);
		return 0;
	case ARGP_KEY_ARG:
		take_argument(state, arguments, text);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The list of commands, in the help. */
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
	fprintf(out, "Commands:\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-9s%-8s%s\n", commands[i].name,
			commands[i].operand ? commands[i].operand : "", commands[i].about);
	fclose(out);
	return list;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		options,
		parse,
		"COMMAND [OPERAND] [SETTING=VALUE...]",
		"The IOTLB model on traffic that is made up, or on a trace."
		"\v",
		NULL,
		help,
		NULL};
	struct arguments arguments = {.entries = 1024};

	settings_init(&arguments.settings);
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct command *command = &commands[i];

		if (!arguments.command || strcmp(command->name, arguments.command) != 0)
			continue;
		if (!command->operand != !arguments.operand)
			give_up(command->name,
				command->operand ? "it needs an operand" : "it takes no operand");
		command->run(&arguments);
		return 0;
	}
	give_up(arguments.command ? arguments.command : "no command",
		"see iomt-simulate --help for what there is");
}
