/* SPDX-License-Identifier: MIT */
/* The page: what the template shows, as strings. */
#include "view.h"
#include "plots.h"
#include "template.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void view_add(cJSON *to, const char *name, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (name)
		cJSON_AddStringToObject(to, name, text);
	else
		cJSON_AddItemToArray(to, cJSON_CreateString(text));
}

int interval_side(const struct interval *interval)
{
	if (interval->low > 1)
		return 1;
	return interval->low > 0 && interval->high < 1 ? -1 : 0;
}

void view_interval(cJSON *to, const char *name, const struct interval *interval)
{
	static const char *const sides[] = {"less", "unclear", "more"};

	if (!interval->value)
		return;
	to = cJSON_AddObjectToObject(to, name);
	view_add(to, "times", "%.2f", interval->value);
	view_add(to, "side", "%s", sides[interval_side(interval) + 1]);
	if (interval->low > 0)
		view_add(to, "between", "%.2f – %.2f", interval->low, interval->high);
	else
		view_add(to, "between", "unknown");
}

static void add_spread(cJSON *to, double spread)
{
	if (isnan(spread))
		view_add(to, "spread", "–");
	else
		view_add(to, "spread", "%.1f %%", 100 * spread);
	if (spread > NOISY)
		cJSON_AddTrueToObject(to, "noisy");
}

static cJSON *result_view(const struct result *result)
{
	cJSON *view = cJSON_CreateObject();

	view_add(view, "target", "%s", result->target);
	cJSON_AddBoolToObject(view, "own", result_is_own(result));
	if (result->error) {
		cJSON_AddStringToObject(view, "error", result->error);
		return view;
	}
	view_add(view, "ns_per_op", result->ns_per_op < 1000 ? "%.2f" : "%.0f", result->ns_per_op);
	view_add(view, "ns_per_entry", "%.3f", result->ns_per_entry);
	add_spread(view, result->spread);
	view_interval(view, "ratio", &result->ratio);
	view_interval(view, "distance", &result->distance);
	return view;
}

/* A workload's targets, iomt first as it was registered first; NULL where the format has none. */
static cJSON *workload_view(const struct run *run, const char *format, const char *workload)
{
	cJSON *view = cJSON_CreateObject(), *targets = cJSON_AddArrayToObject(view, "targets");
	double limit = 0;

	for (size_t i = 0; i < run->count; i++) {
		const struct result *result = &run->list[i];

		if (strcmp(result->format, format) || strcmp(result->workload, workload))
			continue;
		cJSON_AddItemToArray(targets, result_view(result));
		limit = fmax(limit, result->limit);
	}
	if (!targets->child) {
		cJSON_Delete(view);
		return NULL;
	}
	cJSON_AddTrueToObject(targets->child, "first");
	view_add(view, "rows", "%d", cJSON_GetArraySize(targets));
	cJSON_AddStringToObject(view, "workload", workload);
	if (limit > 0)
		view_add(view, "limit", "%.3f", limit);
	return view;
}

static cJSON *format_view(const struct run *run, const char *format)
{
	cJSON *view = cJSON_CreateObject(), *workloads = cJSON_AddArrayToObject(view, "workloads");

	cJSON_AddStringToObject(view, "format", format);
	view_headline(view, run, format);
	for (size_t i = 0; i < run->workloads.count; i++) {
		cJSON *workload = workload_view(run, format, run->workloads.list[i]);

		if (workload)
			cJSON_AddItemToArray(workloads, workload);
	}
	return view;
}

/* How many times the work of one so many threads do at best: those that share nothing. */
static double best_scaling(const struct run *run, unsigned threads)
{
	double best = 0;

	for (size_t i = 0; i < run->count; i++) {
		if (result_is_limit(&run->list[i]) && run->list[i].threads == threads)
			best = fmax(best, run->list[i].scaled.value);
	}
	return best;
}

static void add_threads(cJSON *view, const struct run *run)
{
	cJSON *threads = cJSON_AddArrayToObject(view, "threads");

	for (size_t i = 0; i < run->count; i++) {
		const struct result *result = &run->list[i];
		double best = best_scaling(run, result->threads);
		cJSON *row;

		if (result->error || !result->threads)
			continue;
		row = cJSON_CreateObject();
		cJSON_AddStringToObject(row, "format", result->format);
		cJSON_AddStringToObject(row, "workload", result->workload);
		cJSON_AddStringToObject(row, "target", result->target);
		cJSON_AddBoolToObject(row, "own", result_is_own(result));
		view_add(row, "rate", "%.1f", result_rate(result));
		view_interval(row, "scaled", &result->scaled);
		if (best > 0)
			view_add(row, "share", "%.0f %%", 100 * result->scaled.value / best);
		cJSON_AddItemToArray(threads, row);
	}
}

static void add_limits(cJSON *view, const struct run *run)
{
	cJSON *limits = cJSON_AddArrayToObject(view, "limits");

	for (size_t i = 0; i < run->count; i++) {
		const struct result *result = &run->list[i];
		cJSON *limit;

		if (!result_is_limit(result))
			continue;
		limit = result_view(result);
		cJSON_AddStringToObject(limit, "workload", result->workload);
		cJSON_AddItemToArray(limits, limit);
	}
}

/* What can stand in a page: without the prologue, and without the title, which a mouse shows. */
static char *svg_body(char *svg)
{
	char *begin = svg ? strstr(svg, "<svg") : NULL;
	char *title = begin ? strstr(begin, "<title>") : NULL;
	char *end = title ? strstr(title, "</desc>") : NULL;

	if (end)
		memmove(title, end + strlen("</desc>"), strlen(end) - strlen("</desc>") + 1);
	return begin;
}

static void add_plots(cJSON *view)
{
	cJSON *list = cJSON_AddArrayToObject(view, "plots");

	for (size_t i = 0; i < plot_count; i++) {
		char *svg = file_read(plots[i].file), *body = svg_body(svg);

		if (body) {
			cJSON *plot = cJSON_CreateObject();

			cJSON_AddStringToObject(plot, "title", plots[i].title);
			cJSON_AddStringToObject(plot, "label", plots[i].label);
			cJSON_AddStringToObject(plot, "svg", body);
			cJSON_AddItemToArray(list, plot);
		}
		free(svg);
	}
}

static cJSON *page_view(const struct run *run)
{
	cJSON *view = cJSON_CreateObject(), *formats = cJSON_AddArrayToObject(view, "formats");

	for (size_t i = 0; i < run->formats.count; i++)
		cJSON_AddItemToArray(formats, format_view(run, run->formats.list[i]));
	add_threads(view, run);
	add_limits(view, run);
	add_plots(view);
	view_noise(view, run);
	view_machine(view, run);
	return view;
}

bool view_write(const struct run *run, const char *path)
{
	FILE *out = fopen(path, "w");
	cJSON *view;
	bool failed;

	if (!out)
		return false;
	view = page_view(run);
	template_render(out, page_html, view);
	cJSON_Delete(view);
	failed = ferror(out);
	return !fclose(out) && !failed;
}
