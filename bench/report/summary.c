/* SPDX-License-Identifier: MIT */
#include "text.h"
#include <math.h>
#include <stdio.h>

static void add_number(cJSON *item, const char *name, double value)
{
	if (isfinite(value) && value > 0)
		cJSON_AddNumberToObject(item, name, value);
	else
		cJSON_AddNullToObject(item, name);
}

static cJSON *summarize(const struct result *result)
{
	const struct interval *ratio = result_is_own(result) ? &result->distance : &result->ratio;
	cJSON *item = cJSON_CreateObject();

	cJSON_AddStringToObject(item, "format", result->format);
	cJSON_AddStringToObject(item, "workload", result->workload);
	cJSON_AddStringToObject(item, "target", result->target);
	add_number(item, "ns_per_op", result->ns_per_op);
	add_number(item, "ns_per_entry", result->ns_per_entry);
	add_number(item, "spread", result->spread);
	add_number(item, "ratio", ratio->value);
	add_number(item, "ratio_low", ratio->low);
	add_number(item, "ratio_high", ratio->high);
	add_number(item, "threads", result->threads);
	add_number(item, "scaling", result->scaled.value);
	add_number(item, "scaling_low", result->scaled.low);
	add_number(item, "scaling_high", result->scaled.high);
	if (result->error)
		cJSON_AddStringToObject(item, "error", result->error);
	return item;
}

bool summary_write(const struct run *run, const char *path)
{
	cJSON *summary = cJSON_CreateArray();
	FILE *file = fopen(path, "w");
	bool written = false;
	char *text;

	for (size_t i = 0; i < run->count; i++)
		cJSON_AddItemToArray(summary, summarize(&run->list[i]));
	text = cJSON_Print(summary);
	if (text && file)
		written = fputs(text, file) >= 0 && fputs("\n", file) >= 0;
	if (file && fclose(file))
		written = false;
	cJSON_free(text);
	cJSON_Delete(summary);
	return written;
}
