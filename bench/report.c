/* SPDX-License-Identifier: MIT */
/*
 * Makes a run's JSON readable: iomt-bench-report FOLDER reads FOLDER/benchmark.json, prints a
 * table, and writes summary.json and plots beside it.
 */
#include "report.h"
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES 128

static char *read_file(const char *path)
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

const struct result *result_find(const struct results *results, const char *format,
				 const char *workload, const char *target)
{
	for (size_t i = 0; i < results->count; i++) {
		if (!strcmp(results->list[i].format, format) &&
		    !strcmp(results->list[i].workload, workload) &&
		    !strcmp(results->list[i].target, target))
			return &results->list[i];
	}
	return NULL;
}

static void add_name(const char **names, size_t *count, size_t room, const char *name)
{
	for (size_t i = 0; i < *count; i++) {
		if (!strcmp(names[i], name))
			return;
	}
	if (*count < room)
		names[(*count)++] = name;
}

size_t result_formats(const struct results *results, const char **names, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; i < results->count; i++) {
		if (strcmp(results->list[i].format, "machine"))
			add_name(names, &count, room, results->list[i].format);
	}
	return count;
}

size_t result_workloads(const struct results *results, const char **names, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; i < results->count; i++) {
		if (strcmp(results->list[i].format, "machine"))
			add_name(names, &count, room, results->list[i].workload);
	}
	return count;
}

/* "format/workload/target", and flags of the library's own behind it. */
static bool split_name(const char *name, struct result *result)
{
	return sscanf(name, "%31[^/]/%63[^/]/%15[^/]", result->format, result->workload,
		      result->target) == 3;
}

static const cJSON *aggregate(const cJSON *benchmarks, const char *run, const char *which)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, benchmarks)
	{
		if (!strcmp(string(item, "run_name"), run) &&
		    !strcmp(string(item, "aggregate_name"), which))
			return item;
	}
	return NULL;
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

static int by_order(const void *a, const void *b)
{
	const struct result *left = a, *right = b;

	return left->order < right->order ? -1 : left->order > right->order;
}

/* What a result is measured by: the machine's limit, or iomt. */
static void relate(const struct results *results, struct result *result)
{
	const char *name = limit_of(result->workload);
	const struct result *limit = name ? result_find(results, "machine", name, "limit") : NULL;
	const struct result *own = result_find(results, result->format, result->workload, "iomt");

	result->limit = limit ? limit->ns_per_entry : 0;
	if (own == result && limit)
		result->ratio = result->ns_per_entry / limit->ns_per_entry;
	if (own && own != result)
		result->ratio = result->ns_per_entry / own->ns_per_entry;
}

static bool collect(const cJSON *benchmarks, struct results *results)
{
	const cJSON *item;

	results->count = 0;
	results->list = calloc((size_t)cJSON_GetArraySize(benchmarks) + 1, sizeof(*results->list));
	if (!results->list)
		return false;
	cJSON_ArrayForEach(item, benchmarks)
	{
		struct result *result = &results->list[results->count];
		const char *run = string(item, "run_name");
		const cJSON *cv = aggregate(benchmarks, run, "cv");
		double ops = number(item, "ops");

		if (strcmp(string(item, "aggregate_name"), "median") || !split_name(run, result) ||
		    ops <= 0)
			continue;
		result->ns_per_op = number(item, "real_time") / ops;
		result->entries = number(item, "entries");
		result->ns_per_entry = result->ns_per_op / result->entries;
		result->order = (int)number(item, "family_index");
		result->spread = cv ? number(cv, "real_time") : 0;
		results->count++;
	}
	qsort(results->list, results->count, sizeof(*results->list), by_order);
	for (size_t i = 0; i < results->count; i++)
		relate(results, &results->list[i]);
	return true;
}

static bool write_summary(const struct results *results, const char *folder)
{
	cJSON *summary = cJSON_CreateArray();
	char path[512], *text;
	FILE *file;
	bool written = false;

	for (size_t i = 0; i < results->count; i++) {
		const struct result *result = &results->list[i];
		cJSON *item = cJSON_CreateObject();

		cJSON_AddStringToObject(item, "format", result->format);
		cJSON_AddStringToObject(item, "workload", result->workload);
		cJSON_AddStringToObject(item, "target", result->target);
		cJSON_AddNumberToObject(item, "ns_per_op", result->ns_per_op);
		cJSON_AddNumberToObject(item, "ns_per_entry", result->ns_per_entry);
		cJSON_AddNumberToObject(item, "spread", result->spread);
		if (result->ratio > 0)
			cJSON_AddNumberToObject(item, "ratio", result->ratio);
		else
			cJSON_AddNullToObject(item, "ratio");
		cJSON_AddItemToArray(summary, item);
	}
	text = cJSON_Print(summary);
	snprintf(path, sizeof(path), "%s/summary.json", folder);
	file = fopen(path, "w");
	if (text && file)
		written = fputs(text, file) >= 0 && fputs("\n", file) >= 0;
	if (file && fclose(file))
		written = false;
	cJSON_free(text);
	cJSON_Delete(summary);
	return written;
}

static void print_context(const cJSON *context)
{
	static const char *const names[] = {"machine", "cache levels", "pinned to", "compiler",
					    "flags",   "peers",	       "date"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		printf("%-12s %s\n", names[i], string(context, names[i]));
	if (!strcmp(string(context, "library_build_type"), "debug"))
		printf("%-12s %s\n", "note",
		       "libbenchmark calls itself a debug build: it runs between rounds of 10 us\n"
		       "             and more, and only the clock around our own code counts");
}

/* One row: a workload in all formats, per operation or per entry, and the worst spread. */
static void print_row(const struct results *results, const char *workload, const char **formats,
		      size_t count, bool per_entry)
{
	double spread = 0, limit = 0;

	printf("%-30s", workload);
	for (size_t i = 0; i < count; i++) {
		const struct result *result = result_find(results, formats[i], workload, "iomt");

		if (!result) {
			printf(" %11s", "-");
			continue;
		}
		printf(" %11.*f", per_entry ? 3 : 2,
		       per_entry ? result->ns_per_entry : result->ns_per_op);
		spread = fmax(spread, result->spread);
		limit = result->limit;
	}
	if (limit > 0)
		printf(" %9.3f", limit);
	else
		printf(" %9s", "-");
	printf(" %6.1f%%\n", 100 * spread);
}

/* The row below: the same by a peer, and how many times iomt's time that is. */
static void print_peer(const struct results *results, const char *workload, const char **formats,
		       size_t count, bool per_entry, const char *peer)
{
	double spread = 0;

	printf("  %-28s", peer);
	for (size_t i = 0; i < count; i++) {
		const struct result *result = result_find(results, formats[i], workload, peer);
		char cell[32] = "-";

		if (result) {
			snprintf(cell, sizeof(cell), "%.*f x%.1f", per_entry ? 2 : 1,
				 per_entry ? result->ns_per_entry : result->ns_per_op,
				 result->ratio);
			spread = fmax(spread, result->spread);
		}
		printf(" %11s", cell);
	}
	printf(" %9s %6.1f%%\n", "", 100 * spread);
}

/* A result of the target in any format, or NULL. */
static const struct result *find_any(const struct results *results, const char *workload,
				     const char **formats, size_t count, const char *target)
{
	const struct result *any = NULL;

	for (size_t i = 0; i < count && !any; i++)
		any = result_find(results, formats[i], workload, target);
	return any;
}

static void print_table(const struct results *results, bool per_entry)
{
	const char *formats[NAMES], *workloads[NAMES], *targets[NAMES];
	size_t columns = result_formats(results, formats, NAMES);
	size_t rows = result_workloads(results, workloads, NAMES), count = 0;

	for (size_t i = 0; i < results->count; i++)
		add_name(targets, &count, NAMES, results->list[i].target);
	printf("\n%-30s", per_entry ? "ns per entry" : "ns per operation");
	for (size_t i = 0; i < columns; i++)
		printf(" %11.11s", formats[i]);
	printf(" %9s %7s\n", "limit", "spread");
	for (size_t i = 0; i < rows; i++) {
		const struct result *any =
			find_any(results, workloads[i], formats, columns, "iomt");

		if (!any || (any->entries > 1) != per_entry)
			continue;
		print_row(results, workloads[i], formats, columns, per_entry);
		for (size_t t = 0; t < count; t++) {
			if (strcmp(targets[t], "iomt") &&
			    find_any(results, workloads[i], formats, columns, targets[t]))
				print_peer(results, workloads[i], formats, columns, per_entry,
					   targets[t]);
		}
	}
}

static void print_limits(const struct results *results)
{
	printf("\n%-40s %9s %7s\n", "the machine's limits", "ns", "spread");
	for (size_t i = 0; i < results->count; i++) {
		const struct result *result = &results->list[i];

		if (!strcmp(result->format, "machine"))
			printf("%-40s %9.3f %6.1f%%\n", result->workload, result->ns_per_entry,
			       100 * result->spread);
	}
}

int main(int argc, char **argv)
{
	struct results results = {NULL, 0};
	const char *folder = argc == 2 ? argv[1] : NULL;
	char path[512], *text;
	cJSON *json;

	if (!folder) {
		fprintf(stderr, "usage: iomt-bench-report FOLDER\n");
		return 2;
	}
	snprintf(path, sizeof(path), "%s/benchmark.json", folder);
	text = read_file(path);
	json = text ? cJSON_Parse(text) : NULL;
	if (!json || !collect(cJSON_GetObjectItemCaseSensitive(json, "benchmarks"), &results) ||
	    !results.count) {
		fprintf(stderr, "%s: no results in it\n", path);
		return 2;
	}
	print_context(cJSON_GetObjectItemCaseSensitive(json, "context"));
	print_table(&results, false);
	print_table(&results, true);
	print_limits(&results);
	printf("\nMedians; spread is the worst coefficient of variation of a row. Limits are ns "
	       "per\n"
	       "entry (or load). x: how many times iomt's time. All figures: %s/summary.json\n",
	       folder);
	if (!write_summary(&results, folder)) {
		fprintf(stderr, "%s/summary.json: cannot write\n", folder);
		return 1;
	}
	if (!plots_draw(&results, folder))
		fprintf(stderr, "iomt: no plots: gnuplot is missing or failed\n");
	free(results.list);
	cJSON_Delete(json);
	free(text);
	return 0;
}
