/* SPDX-License-Identifier: MIT */
/* Models that are played, and what came of it. */
#include "out.h"
#include "simulate.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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
	if (!memory) {
		tool_no_memory(simulation->tool);
		return false;
	}
	(void)iomt_model_init(model, cfg, memory, bytes); /* it was checked */
	return true;
}

static bool play_all(struct simulation *simulation, struct iomt_model *model)
{
	struct events events;
	struct iomt_event event;
	bool good = events_open(&events, simulation, simulation->trace);

	while (good && events_next(&events, &event)) {
		int err = iomt_model_play(model, &event, NULL);

		if (!err)
			continue;
		tool_fail(simulation->tool, events.path ? events.path : "traffic",
			  "event %" PRIu64 ": %s", events.count, iomt_strerror(err));
		good = false;
	}
	events_close(&events);
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
	return simulate_close_output(simulation, results) ? code : TOOL_BAD;
}

int simulate_run(struct simulation *simulation)
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

int simulate_curve(struct simulation *simulation)
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
