/* SPDX-License-Identifier: MIT */
/* iomt simulate: the IOTLB model on traffic that is made up, or on a trace. docs/iotlb-model.md. */
#include "simulate.h"
#include "commands.h"
#include "out.h"
#include <errno.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MOST_ENTRIES (1u << 24)

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
	for (const struct iomt_model_preset *preset = iomt_model_presets(); preset->name;
	     preset++) {
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
	{"run", simulate_run, NULL, "play a trace or traffic; print what happened as CSV"},
	{"curve", simulate_curve, NULL, "misses of LRU IOTLBs of every size, in one pass, as CSV"},
	{"generate", simulate_generate, NULL, "write traffic as a trace"},
	{"convert", simulate_generate, "TRACE", "write a trace as text, or with -b as binary"},
	{"import", simulate_import, "LINUX", "make a trace of Linux's iommu and dma tracepoints"},
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

static void write_verbs(FILE *out)
{
	fprintf(out, "What it does:\n");
	for (size_t i = 0; i < COUNT(verbs); i++)
		fprintf(out, "  %-9s%-8s%s\n", verbs[i].name,
			verbs[i].operand ? verbs[i].operand : "", verbs[i].about);
}

static char *help(int key, const char *text, void *input)
{
	(void)input;
	return key == ARGP_KEY_HELP_POST_DOC ? tool_written(write_verbs) : (char *)(uintptr_t)text;
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
