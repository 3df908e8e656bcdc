/* SPDX-License-Identifier: MIT */
/* The page in words: how each format did, how far to believe it, and what it ran on. */
#include "view.h"
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* How a peer's ratios fall in a format. */
struct tally {
	double *values;
	size_t count, more, less;
	const struct result *least; /* where iomt does worst */
};

static bool count_up(struct tally *tally, const struct run *run, const char *format,
		     const char *peer)
{
	*tally = (struct tally){.values = calloc(run->count, sizeof(double))};
	for (size_t i = 0; tally->values && i < run->count; i++) {
		const struct result *result = &run->list[i];

		if (!result->ratio.value || strcmp(result->format, format) ||
		    strcmp(result->target, peer))
			continue;
		tally->values[tally->count++] = result->ratio.value;
		tally->more += interval_side(&result->ratio) > 0;
		tally->less += interval_side(&result->ratio) < 0;
		if (!tally->least || result->ratio.value < tally->least->ratio.value)
			tally->least = result;
	}
	return tally->count;
}

static cJSON *verdict(struct tally *tally, const char *peer)
{
	cJSON *view = cJSON_CreateObject();

	stats_sort(tally->values, tally->count);
	cJSON_AddStringToObject(view, "peer", peer);
	view_add(view, "times", "%.1f", stats_quantile(tally->values, tally->count, 0.5));
	view_add(view, "count", "%zu", tally->count);
	view_add(view, "more", "%zu", tally->more);
	view_add(view, "less", "%zu", tally->less);
	view_add(view, "unclear", "%zu", tally->count - tally->more - tally->less);
	view_add(view, "least", "%.2f", tally->least->ratio.value);
	view_add(view, "where", "%s", tally->least->workload);
	return view;
}

static void add_verdicts(cJSON *view, const struct run *run, const char *format)
{
	cJSON *verdicts = cJSON_AddArrayToObject(view, "verdicts");
	struct tally tally;

	for (size_t i = 0; i < run->targets.count; i++) {
		if (count_up(&tally, run, format, run->targets.list[i]))
			cJSON_AddItemToArray(verdicts, verdict(&tally, run->targets.list[i]));
		free(tally.values);
	}
}

/* What people ask for first. */
void view_headline(cJSON *view, const struct run *run, const char *format)
{
	static const char *const asked[] = {"map 1 random",
					    "unmap 1 random",
					    "map 512 granules",
					    "unmap 512 granules",
					    "translate in 1G",
					    "cold map 1G",
					    "dirty harvest, 1 % dirty"};
	cJSON *key = cJSON_AddArrayToObject(view, "key");

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		const struct result *result = run_find(run, format, asked[i], "iomt");
		cJSON *line;

		if (!result || result->error)
			continue;
		line = cJSON_CreateObject();
		cJSON_AddStringToObject(line, "workload", asked[i]);
		view_add(line, "ns", "%.3g", result->ns_per_entry);
		cJSON_AddBoolToObject(line, "per_entry", result->entries > 1);
		cJSON_AddItemToArray(key, line);
	}
	add_verdicts(view, run, format);
}

static void add_notes(cJSON *view, const struct run *run, size_t noisy, size_t few)
{
	cJSON *notes = cJSON_AddArrayToObject(view, "notes");
	const cJSON *load =
		cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(run->context, "load_avg"), 0);
	size_t failed = 0;

	for (size_t i = 0; i < run->count; i++)
		failed += run->list[i].error != NULL;
	if (failed)
		view_add(notes, NULL, "%zu of %zu benchmarks failed and have no figures.", failed,
			 run->count);
	if (noisy)
		view_add(notes, NULL,
			 "%zu figures spread by more than %.0f %% and are marked *: read their "
			 "intervals, not their last digits, and run again on a quiet machine.",
			 noisy, 100 * NOISY);
	if (few)
		view_add(notes, NULL,
			 "%zu figures have fewer than four repetitions, too few for 95 %% "
			 "intervals: differences are not to be trusted.",
			 few);
	if (cJSON_IsNumber(load) && load->valuedouble >= 1)
		view_add(notes, NULL, "The machine was busy when the run began: a load of %.1f.",
			 load->valuedouble);
	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(run->context, "cpu_scaling_enabled")))
		view_add(notes, NULL, "The processor changes its frequency as it likes.");
	if (!strncmp(run_note(run, "virtual machine"), "yes", 3))
		view_add(notes, NULL, "A virtual machine: its neighbours are part of the noise.");
	if (!strcmp(run_note(run, "library_build_type"), "debug"))
		view_add(notes, NULL,
			 "libbenchmark calls itself a debug build, which is harmless: none of it "
			 "runs "
			 "inside a timed part.");
}

void view_noise(cJSON *view, const struct run *run)
{
	double *spreads = calloc(run->count, sizeof(*spreads));
	size_t count = 0, noisy = 0, few = 0, least = SIZE_MAX, most = 0;
	cJSON *noise = cJSON_AddObjectToObject(view, "noise");

	for (size_t i = 0; spreads && i < run->count; i++) {
		const struct result *result = &run->list[i];

		if (result->error)
			continue;
		least = result->repetitions < least ? result->repetitions : least;
		most = result->repetitions > most ? result->repetitions : most;
		noisy += result->spread > NOISY;
		few += result->repetitions < 4;
		if (!isnan(result->spread))
			spreads[count++] = result->spread;
	}
	if (least == most)
		view_add(noise, "repetitions", "%zu", most);
	else if (most)
		view_add(noise, "repetitions", "%zu to %zu", least, most);
	view_add(noise, "figures", "%zu", run->count);
	if (count) {
		stats_sort(spreads, count);
		view_add(noise, "median", "%.1f", 100 * stats_quantile(spreads, count, 0.5));
		view_add(noise, "ninety", "%.1f", 100 * stats_quantile(spreads, count, 0.9));
		view_add(noise, "worst", "%.1f", 100 * spreads[count - 1]);
	}
	free(spreads);
	add_notes(view, run, noisy, few);
}

/* Everything that the run noted, but not what the machine is called. */
static void add_facts(cJSON *view, const cJSON *context)
{
	static const char *const hidden[] = {"host_name", "executable", "library_build_type",
					     "topology"};
	cJSON *facts = cJSON_AddArrayToObject(view, "facts");
	const cJSON *item;

	cJSON_ArrayForEach(item, context)
	{
		bool shown = cJSON_IsString(item);
		cJSON *fact;

		for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
			shown = shown && strcmp(item->string, hidden[i]);
		if (!shown)
			continue;
		fact = cJSON_CreateObject();
		cJSON_AddStringToObject(fact, "name", item->string);
		cJSON_AddStringToObject(fact, "value", item->valuestring);
		cJSON_AddItemToArray(facts, fact);
	}
}

void view_machine(cJSON *view, const struct run *run)
{
	cJSON *levels = cJSON_AddArrayToObject(view, "topology");
	const char *at = run_note(run, "topology");

	while (*at) {
		size_t length = strcspn(at, "\n");

		view_add(levels, NULL, "%.*s", (int)length, at);
		at += length + (at[length] == '\n');
	}
	add_facts(view, run->context);
	view_add(view, "day", "%.10s", run_note(run, "date"));
	cJSON_AddStringToObject(view, "machine", run_note(run, "machine"));
	cJSON_AddStringToObject(view, "commit", run_note(run, "commit"));
	cJSON_AddStringToObject(view, "compiler", run_note(run, "compiler"));
	cJSON_AddStringToObject(view, "flags", run_note(run, "flags"));
}
