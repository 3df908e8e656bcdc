/* SPDX-License-Identifier: MIT */
/* Google Benchmark's JSON, made into results. */
#include "run.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *file_read(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text = NULL;
	long size;

	if (!file)
		return NULL;
	if (!fseek(file, 0, SEEK_END) && (size = ftell(file)) >= 0 && !fseek(file, 0, SEEK_SET)) {
		text = calloc(1, (size_t)size + 1);
		if (text && fread(text, 1, (size_t)size, file) != (size_t)size) {
			free(text);
			text = NULL;
		}
	}
	fclose(file);
	return text;
}

static double number(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static const char *string(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsString(item) ? item->valuestring : "";
}

const char *run_note(const struct run *run, const char *name)
{
	return string(run->context, name);
}

double result_rate(const struct result *result)
{
	return 1e3 * result->threads / result->ns_per_op;
}

bool result_is_own(const struct result *result)
{
	return !strcmp(result->target, "iomt");
}

bool result_is_limit(const struct result *result)
{
	return !strcmp(result->format, "machine");
}

const struct result *run_find(const struct run *run, const char *format, const char *workload,
			      const char *target)
{
	for (size_t i = 0; i < run->count; i++) {
		if (!strcmp(run->list[i].format, format) &&
		    !strcmp(run->list[i].workload, workload) &&
		    !strcmp(run->list[i].target, target))
			return &run->list[i];
	}
	return NULL;
}

static void add_name(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (!strcmp(names->list[i], name))
			return;
	}
	names->list[names->count++] = name;
}

/* "format/workload/target", and flags of Google Benchmark's own behind it. */
static bool split_name(struct result *result, const char *name)
{
	char *rest;

	result->name = strdup(name);
	rest = result->name;
	if (!rest)
		return false;
	result->format = strsep(&rest, "/");
	result->workload = strsep(&rest, "/");
	result->target = strsep(&rest, "/");
	return result->target && *result->target;
}

/* What is wrong with a repetition, or NULL. */
static const char *complaint(const cJSON *item)
{
	const char *message = string(item, "error_message");

	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "error_occurred")))
		return *message ? message : "failed, without a word";
	if (number(item, "real_time") <= 0 || number(item, "ops") <= 0 ||
	    number(item, "entries") <= 0)
		return "no time, operations or entries recorded";
	return strcmp(string(item, "time_unit"), "ns") ? "not in nanoseconds" : NULL;
}

/* The result that a repetition belongs to: one of the list, or a new one behind it. */
static struct result *result_of(struct run *run, const cJSON *item, const char **runs)
{
	const char *name = string(item, "run_name");

	for (size_t i = run->count; i-- > 0;) {
		if (!strcmp(runs[i], name))
			return &run->list[i];
	}
	runs[run->count] = name;
	if (!split_name(&run->list[run->count++], name))
		return NULL;
	run->list[run->count - 1].order = (int)number(item, "family_index");
	return &run->list[run->count - 1];
}

/* What the process weighed in the last repetition, where it was weighed. */
static void read_weights(struct result *result, const cJSON *item)
{
	static const char *const names[] = {"resident_before", "resident_after",
					    "resident_trimmed"};

	for (size_t i = 0; i < 3; i++)
		result->resident[i] = number(item, names[i]);
}

/* One more value of a repetition; false without memory. */
static bool append(double **values, size_t count, double value)
{
	double *longer = realloc(*values, (count + 1) * sizeof(*longer));

	if (!longer)
		return false;
	longer[count] = value;
	*values = longer;
	return true;
}

static bool add_repetition(struct result *result, const cJSON *item)
{
	const char *error = complaint(item);
	double ns;

	if (error)
		result->error = error;
	if (result->error)
		return true;
	result->entries = number(item, "entries");
	result->threads = (unsigned)number(item, "threads_together");
	read_weights(result, item);
	ns = number(item, "real_time") / number(item, "ops") / result->entries;
	if (!append(&result->ns, result->repetitions, ns) ||
	    !append(&result->scaling, result->repetitions, number(item, "scaling")))
		return false;
	result->repetitions++;
	return true;
}

static bool collect(struct run *run, const cJSON *benchmarks)
{
	size_t room = (size_t)cJSON_GetArraySize(benchmarks) + 1;
	const char **runs = calloc(room, sizeof(*runs));
	const cJSON *item;
	bool good = runs;

	run->list = calloc(room, sizeof(*run->list));
	good = good && run->list;
	cJSON_ArrayForEach(item, benchmarks)
	{
		struct result *result;

		if (!good || strcmp(string(item, "run_type"), "iteration"))
			continue;
		result = result_of(run, item, runs);
		good = result && add_repetition(result, item);
		if (!good)
			fprintf(stderr, "iomt: \"%s\" is not FORMAT/WORKLOAD/TARGET\n",
				string(item, "run_name"));
	}
	free(runs);
	return good;
}

/* The machine's limit for a workload, by its name. */
static const char *limit_of(const char *workload)
{
	static const struct {
		const char *begin, *end, *limit;
	} limits[] = {
		{"map ", " granules", "read and fill 512"},
		{"map ", " blocks", "read and fill 512"},
		{"map leaf", "", "read and fill 512"},
		{"map contiguous", "", "read and fill 512"},
		{"cold map", "", "read and fill 512"},
		{"unmap ", " granules", "read and clear 512"},
		{"unmap ", " blocks", "read and clear 512"},
		{"unmap leaf", "", "read and clear 512"},
		{"unmap contiguous", "", "read and clear 512"},
		{"translate in 2M", "dependent", "dependent load in tables of 2M"},
		{"translate in 1G", "dependent", "dependent load in tables of 1G"},
		{"translate in 16G", "dependent", "dependent load in tables of 16G"},
	};
	size_t length = strlen(workload);

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		size_t end = strlen(limits[i].end);

		if (!strncmp(workload, limits[i].begin, strlen(limits[i].begin)) && length >= end &&
		    !strcmp(workload + length - end, limits[i].end))
			return limits[i].limit;
	}
	return NULL;
}

static struct interval ratio_of(const struct result *result, const struct result *other)
{
	return stats_ratio(result->ns, result->repetitions, other->ns, other->repetitions);
}

static bool has_figures(const struct result *result)
{
	return result && !result->error;
}

static void relate(const struct run *run, struct result *result)
{
	const char *name = limit_of(result->workload);
	const struct result *limit = name ? run_find(run, "machine", name, "limit") : NULL;
	const struct result *own = run_find(run, result->format, result->workload, "iomt");

	if (result->error || result_is_limit(result))
		return;
	if (has_figures(limit)) {
		result->limit = limit->ns_per_entry;
		result->distance = ratio_of(result, limit);
	}
	if (has_figures(own) && own != result)
		result->ratio = ratio_of(result, own);
}

static void describe(struct result *result)
{
	if (result->error)
		return;
	stats_sort(result->ns, result->repetitions);
	result->ns_per_entry = stats_quantile(result->ns, result->repetitions, 0.5);
	result->ns_per_op = result->ns_per_entry * result->entries;
	result->spread = stats_variation(result->ns, result->repetitions);
	stats_sort(result->scaling, result->repetitions);
	if (result->threads)
		result->scaled = stats_median(result->scaling, result->repetitions);
}

static int by_order(const void *a, const void *b)
{
	const struct result *left = a, *right = b;

	return left->order < right->order ? -1 : left->order > right->order;
}

static bool name_parts(struct run *run)
{
	struct names *all[] = {&run->formats, &run->workloads, &run->targets};

	for (size_t i = 0; i < 3; i++) {
		all[i]->list = calloc(run->count + 1, sizeof(*all[i]->list));
		if (!all[i]->list)
			return false;
	}
	for (size_t i = 0; i < run->count; i++) {
		if (result_is_limit(&run->list[i]))
			continue;
		add_name(&run->formats, run->list[i].format);
		add_name(&run->workloads, run->list[i].workload);
		add_name(&run->targets, run->list[i].target);
	}
	return true;
}

/* The file as JSON; says where it ceases to be that. */
static cJSON *parse(const char *path)
{
	char *text = file_read(path);
	const char *end = NULL;
	cJSON *json = text ? cJSON_ParseWithOpts(text, &end, true) : NULL;
	unsigned line = 1;

	if (!text)
		fprintf(stderr, "iomt: %s: cannot be read\n", path);
	for (const char *at = text; !json && text && at < end; at++)
		line += *at == '\n';
	if (text && !json)
		fprintf(stderr, "iomt: %s: not JSON, or not all of it, at line %u\n", path, line);
	free(text);
	return json;
}

bool run_read(struct run *run, const char *path)
{
	bool good;

	*run = (struct run){.json = parse(path)};
	if (!run->json)
		return false;
	run->context = cJSON_GetObjectItemCaseSensitive(run->json, "context");
	good = collect(run, cJSON_GetObjectItemCaseSensitive(run->json, "benchmarks"));
	if (good && run->count)
		qsort(run->list, run->count, sizeof(*run->list), by_order);
	if (!good || !run->count || !name_parts(run)) {
		fprintf(stderr, "iomt: %s: no run of iomt-bench\n", path);
		run_free(run);
		return false;
	}
	for (size_t i = 0; i < run->count; i++)
		describe(&run->list[i]);
	for (size_t i = 0; i < run->count; i++)
		relate(run, &run->list[i]);
	return true;
}

void run_free(struct run *run)
{
	for (size_t i = 0; run->list && i < run->count; i++) {
		free(run->list[i].name);
		free(run->list[i].ns);
		free(run->list[i].scaling);
	}
	free(run->list);
	free(run->formats.list);
	free(run->workloads.list);
	free(run->targets.list);
	cJSON_Delete(run->json);
}
