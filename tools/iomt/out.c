/* SPDX-License-Identifier: MIT */
#include "out.h"
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LABEL 18 /* characters of "key: " before a field's value */

static const char *const escapes[] = {
	[OUT_PLAIN] = "",	 [OUT_NAME] = "\033[1m",  [OUT_ADDRESS] = "\033[36m",
	[OUT_GOOD] = "\033[32m", [OUT_WARN] = "\033[33m", [OUT_BAD] = "\033[1;31m",
	[OUT_DIM] = "\033[2m",
};

static void styled(struct tool *tool, enum out_style style, const char *text)
{
	bool colour = tool->colour && style != OUT_PLAIN;

	fprintf(tool->out, "%s%s%s", colour ? escapes[style] : "", text, colour ? "\033[0m" : "");
}

static void spaces(struct tool *tool, int count)
{
	fprintf(tool->out, "%*s", count > 0 ? count : 0, "");
}

/* Of text: by the groups within that have a name. */
static int indent(const struct out *out)
{
	return 2 * __builtin_popcount(out->named & ((2U << out->depth) - 1));
}

/* A name of a member and what comes before it; what is in a list has no name. */
static void member(struct tool *tool, const char *key)
{
	struct out *out = &tool->document;

	fprintf(tool->out, "%s\n%*s", out->filled >> out->depth & 1 ? "," : "", 2 * (int)out->depth,
		"");
	if (key)
		fprintf(tool->out, "\"%s\": ", key);
	out->filled |= 1U << out->depth;
}

static void json_write(struct tool *tool, cJSON *value)
{
	char *text = value ? cJSON_PrintUnformatted(value) : NULL;

	if (text)
		fputs(text, tool->out);
	else
		tool->document.no_memory = true;
	cJSON_free(text);
	cJSON_Delete(value);
}

static void json_field(struct tool *tool, const char *key, cJSON *value)
{
	struct out *out = &tool->document;

	if (!out->in_row) {
		member(tool, key);
		json_write(tool, value);
	} else if (!value || !cJSON_AddItemToObject(out->row, key, value)) {
		cJSON_Delete(value);
		out->no_memory = true;
	}
}

static void heading(struct tool *tool)
{
	struct out *out = &tool->document;
	int gap = indent(out);

	for (size_t i = 0; i < out->count; i++) {
		const struct out_column *column = &out->columns[i];
		int length = column->title ? (int)strlen(column->title) : 0;
		int before = column->width > length ? column->width - length : 0;
		int after = -column->width > length ? -column->width - length : 0;

		if (length) {
			spaces(tool, gap + before);
			styled(tool, OUT_DIM, column->title);
			gap = 0;
		} else {
			gap += before;
		}
		gap += after + 2;
	}
	fputc('\n', tool->out);
}

static void cell(struct tool *tool, const char *key, enum out_style style, const char *text)
{
	struct out *out = &tool->document;
	int length = (int)strlen(text), width;

	while (out->column < out->count && strcmp(out->columns[out->column].key, key) != 0)
		out->gap += abs(out->columns[out->column++].width) + 2;
	width = out->column < out->count ? out->columns[out->column++].width : 0;
	spaces(tool, out->gap + (width > length ? width - length : 0));
	styled(tool, style, text);
	out->gap = (width < 0 && -width > length ? -width - length : 0) + 2;
}

/* "key:", and how many characters that was. */
static int label(struct tool *tool, const char *key)
{
	int length = fprintf(tool->out, "%*s", indent(&tool->document), "");

	for (; *key; key++, length++)
		fputc(*key == '_' ? ' ' : *key, tool->out);
	fputc(':', tool->out);
	return length + 1;
}

static void text_field(struct tool *tool, const char *key, enum out_style style, const char *text)
{
	tool_progress_end(tool);
	if (tool->document.in_row) {
		cell(tool, key, style, text);
		return;
	}
	spaces(tool, LABEL - label(tool, key));
	styled(tool, style, text);
	fputc('\n', tool->out);
}

void out_begin(struct tool *tool)
{
	tool->document = (struct out){.depth = 1};
	if (tool->json)
		fputc('{', tool->out);
}

int out_end(struct tool *tool, int code)
{
	tool_progress_end(tool);
	if (tool->json)
		fputs("\n}\n", tool->out);
	if (tool->document.no_memory)
		return tool_no_memory(tool);
	return code;
}

void out_group(struct tool *tool, const char *key)
{
	struct out *out = &tool->document;

	if (tool->json) {
		member(tool, key);
		fputc('{', tool->out);
	} else {
		tool_progress_end(tool);
		if (key)
			label(tool, key);
		fputc('\n', tool->out);
	}
	out->depth++;
	out->named = (out->named & ~(1U << out->depth)) | (key ? 1U << out->depth : 0);
	out->filled &= ~(1U << out->depth);
}

void out_group_end(struct tool *tool)
{
	struct out *out = &tool->document;

	out->depth--;
	if (tool->json)
		fprintf(tool->out, "\n%*s}", 2 * (int)out->depth, "");
}

void out_list(struct tool *tool, const char *key, const struct out_column *columns, size_t count)
{
	struct out *out = &tool->document;

	out->columns = columns;
	out->count = count;
	out->headed = tool->quiet || !count || !columns[0].title;
	if (!tool->json)
		return;
	member(tool, key);
	fputc('[', tool->out);
	out->depth++;
	out->filled &= ~(1U << out->depth);
}

void out_list_end(struct tool *tool)
{
	struct out *out = &tool->document;

	if (!tool->json)
		return;
	out->depth--;
	fprintf(tool->out, "\n%*s]", 2 * (int)out->depth, "");
}

void out_row(struct tool *tool)
{
	struct out *out = &tool->document;

	out->in_row = true;
	out->column = 0;
	out->gap = indent(out);
	if (tool->json) {
		out->row = cJSON_CreateObject();
		return;
	}
	tool_progress_end(tool);
	if (!out->headed)
		heading(tool);
	out->headed = true;
}

bool out_row_end(struct tool *tool)
{
	struct out *out = &tool->document;

	out->in_row = false;
	if (tool->json) {
		member(tool, NULL);
		json_write(tool, out->row);
		out->row = NULL;
	} else {
		fputc('\n', tool->out);
	}
	return !ferror(tool->out) && !out->no_memory;
}

void out_text(struct tool *tool, const char *key, enum out_style style, const char *format, ...)
{
	char *text;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0) {
		tool->document.no_memory = true;
		return;
	}
	for (char *c = text; *c; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	if (tool->json)
		json_field(tool, key, cJSON_CreateString(text));
	else
		text_field(tool, key, style, text);
	free(text);
}

/* cJSON's own numbers are doubles: 53 bits. */
void out_number(struct tool *tool, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	if (tool->json)
		json_field(tool, key, cJSON_CreateRaw(text));
	else
		text_field(tool, key, OUT_PLAIN, text);
}

void out_address(struct tool *tool, const char *key, uint64_t value)
{
	out_text(tool, key, OUT_ADDRESS, "0x%" PRIx64, value);
}

void out_size(struct tool *tool, const char *key, uint64_t bytes)
{
	static const char units[] = "\0KMGTPE";
	unsigned unit = 0;
	uint64_t count = bytes;

	if (tool->json) {
		out_number(tool, key, bytes);
		return;
	}
	for (; count && !(count & 1023); count >>= 10)
		unit++;
	out_text(tool, key, OUT_PLAIN, units[unit] ? "%" PRIu64 "%c" : "%" PRIu64, count,
		 units[unit]);
}

void out_size_all(struct tool *tool, const char *key)
{
	if (tool->json)
		json_field(tool, key, cJSON_CreateRaw("18446744073709551616"));
	else
		text_field(tool, key, OUT_PLAIN, "16E");
}

void out_flag(struct tool *tool, const char *key, bool value)
{
	if (tool->json)
		json_field(tool, key, cJSON_CreateBool(value));
	else
		text_field(tool, key, OUT_PLAIN, value ? "yes" : "no");
}
