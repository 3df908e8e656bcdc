/* SPDX-License-Identifier: MIT */
/* iomt decode: explains every field of an entry, a command, a record. */
#include "decode.h"
#include "commands.h"
#include "decode_input.h"
#include "out.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define VALUES_MOST  128

enum { KEY_LIST = 'l', KEY_BYTES = 'b', KEY_LEVEL = 'L', KEY_ALL = 'a' };

struct arguments {
	struct tool *tool;
	const char *format;
	const char *level;
	char *values[VALUES_MOST];
	int count;
	bool list, bytes, all;
};

static error_t take(int key, char *text, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case KEY_LIST:
		arguments->list = true;
		return 0;
	case KEY_BYTES:
		arguments->bytes = true;
		return 0;
	case KEY_ALL:
		arguments->all = true;
		return 0;
	case KEY_LEVEL:
		arguments->level = text;
		return 0;
	case ARGP_KEY_ARG:
		if (!arguments->format) {
			arguments->format = text;
			return 0;
		}
		if (arguments->count == VALUES_MOST)
			return ARGP_ERR_UNKNOWN;
		arguments->values[arguments->count++] = text;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int list(struct tool *tool)
{
	static const struct out_column columns[] = {
		{"format", "FORMAT", -21}, {"words", "WORDS", 5}, {"about", "ABOUT", 0}};

	out_begin(tool);
	out_list(tool, "formats", columns, COUNT(columns));
	for (size_t i = 0; decode_formats[i]; i++) {
		out_row(tool);
		out_text(tool, "format", OUT_NAME, "%s", decode_formats[i]->name);
		out_number(tool, "words", decode_formats[i]->words);
		out_text(tool, "about", OUT_PLAIN, "%s", decode_formats[i]->title);
		out_row_end(tool);
	}
	out_list_end(tool);
	return out_end(tool, TOOL_YES);
}

static const struct decode_format *find(struct tool *tool, const char *name)
{
	for (size_t i = 0; decode_formats[i]; i++) {
		if (!strcmp(decode_formats[i]->name, name))
			return decode_formats[i];
	}
	tool_fail(tool, "decode", "no such format '%s'; iomt decode --list has them", name);
	return NULL;
}

/* "0 PTE, 1 PDE": what --level may be. */
static void level_names(const struct decode_format *format, char *text, size_t size)
{
	size_t used = 0;

	for (unsigned i = 0; i < format->level_count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%u %s", i ? ", " : "", i,
					 format->levels[i]);
}

static bool take_level(struct tool *tool, const struct decode_format *format, const char *text,
		       uint64_t *level)
{
	char names[160] = "";

	*level = DECODE_NO_LEVEL;
	if (!text && (!format->level_count || format->level_optional))
		return true;
	level_names(format, names, sizeof(names));
	if (!text) {
		tool_fail(tool, format->name,
			  "its bits mean something else at each level; --level is: %s", names);
		return false;
	}
	if (!format->level_count) {
		tool_fail(tool, "--level", "%s is no format of page tables", format->name);
		return false;
	}
	for (*level = 0; *level < format->level_count; ++*level) {
		if (!strcasecmp(format->levels[*level], text))
			return true;
	}
	if (!tool_number(tool, "--level", text, UINT64_MAX, level))
		return false;
	if (*level >= format->level_count)
		tool_fail(tool, "--level", "%s has no level %s, but: %s", format->name, text,
			  names);
	return *level < format->level_count;
}

/* Zeros that must be, or mean nothing, are left out of text. */
static bool is_shown(const struct tool *tool, const struct decode_field *field, uint64_t bits,
		     bool all)
{
	return tool->json || all || bits ||
	       (field->kind != DECODE_RESERVED && field->kind != DECODE_IGNORED);
}

static const char *state_of(const struct decode_field *field, uint64_t bits)
{
	if (decode_is_reserved(field, bits))
		return "reserved";
	return field->kind == DECODE_IGNORED ? "ignored" : "";
}

static void show(struct tool *tool, const struct decode_field *field, uint64_t bits)
{
	bool bad = decode_is_reserved(field, bits), dim = field->kind == DECODE_IGNORED;
	enum out_style style = bad ? OUT_BAD : dim ? OUT_DIM : OUT_PLAIN;
	char text[256];

	out_row(tool);
	decode_place(field, text, sizeof(text));
	out_text(tool, "bits", OUT_DIM, "%s", text);
	out_text(tool, "field", bad || dim ? style : OUT_NAME, "%s", field->name);
	out_text(tool, "value", field->kind == DECODE_ADDRESS ? OUT_ADDRESS : style, "0x%llx",
		 (unsigned long long)bits);
	if (tool->json)
		out_text(tool, "state", style, "%s", state_of(field, bits));
	decode_meaning(field, bits, text, sizeof(text));
	if (tool->json)
		out_text(tool, "meaning", style, "%s", text);
	else if (bad || text[0])
		out_text(tool, "meaning", style, "%s%s", bad ? "RESERVED: " : "", text);
	out_row_end(tool);
}

/* Lowest bits first. */
static int by_place(const void *a, const void *b)
{
	const struct decode_field *const *one = a, *const *other = b;

	return (*one)->pieces[0].low - (*other)->pieces[0].low;
}

/* The fields that hold, in order; how many. */
static size_t choose(const struct decode_layout *layout, const struct decode_value *value,
		     const struct decode_field **fields)
{
	size_t count = 0;

	for (size_t i = 0; i < layout->count; i++) {
		if (decode_applies(&layout->fields[i], value))
			fields[count++] = &layout->fields[i];
	}
	qsort(fields, count, sizeof(const void *), by_place);
	return count;
}

static void head(struct tool *tool, const struct decode_format *format,
		 const struct decode_layout *layout, const struct decode_value *value)
{
	uint64_t level = value->word[DECODE_WORDS];
	char words[20 * DECODE_WORDS] = "";
	size_t used = 0;

	for (unsigned i = 0; i < format->words; i++)
		used += (size_t)snprintf(words + used, sizeof(words) - used, "%s0x%016llx",
					 i ? " " : "", (unsigned long long)value->word[i]);
	out_text(tool, "format", OUT_NAME, "%s", format->name);
	out_text(tool, "entry", OUT_PLAIN, "%s%s%s", format->title,
		 layout->title == format->title ? "" : ": ",
		 layout->title == format->title ? "" : layout->title);
	if (level < format->level_count)
		out_text(tool, "level", OUT_PLAIN, "%llu (%s)", (unsigned long long)level,
			 format->levels[level]);
	out_text(tool, "specification", OUT_PLAIN, "%s, %s", format->spec, layout->section);
	out_text(tool, "words", OUT_PLAIN, "%s", words);
}

/* Columns as wide as what stands in them. */
static void fit(struct out_column *columns, const struct decode_field *const *fields, size_t count,
		const struct decode_value *value)
{
	for (size_t i = 0; i < count; i++) {
		unsigned long long bits = decode_bits(fields[i]->pieces, value);
		char place[64];
		int widths[3];

		decode_place(fields[i], place, sizeof(place));
		widths[0] = (int)strlen(place);
		widths[1] = (int)strlen(fields[i]->name);
		widths[2] = snprintf(NULL, 0, "0x%llx", bits);
		for (unsigned c = 0; c < COUNT(widths); c++) {
			if (columns[c].width > -widths[c])
				columns[c].width = -widths[c];
		}
	}
}

static int explain(struct tool *tool, const struct decode_format *format,
		   const struct decode_value *value, bool all)
{
	struct out_column columns[] = {{"bits", "BITS", -7},
				       {"field", "FIELD", -9},
				       {"value", "VALUE", -5},
				       {"meaning", "MEANING", 0}};
	const struct decode_layout *layout = decode_layout(format, value);
	const struct decode_field **fields = malloc(layout->count * sizeof(const void *));
	size_t count, reserved = 0;

	if (!fields)
		return tool_no_memory(tool);
	count = choose(layout, value, fields);
	fit(columns, fields, count, value);
	out_begin(tool);
	head(tool, format, layout, value);
	out_list(tool, "fields", columns, COUNT(columns));
	for (size_t i = 0; i < count; i++) {
		uint64_t bits = decode_bits(fields[i]->pieces, value);

		reserved += decode_is_reserved(fields[i], bits);
		if (is_shown(tool, fields[i], bits, all))
			show(tool, fields[i], bits);
	}
	out_list_end(tool);
	if (tool->json)
		out_number(tool, "reserved", reserved);
	else if (reserved)
		out_text(tool, "reserved", OUT_BAD, "%zu %s a value that is reserved", reserved,
			 reserved == 1 ? "field has" : "fields have");
	free(fields);
	return out_end(tool, reserved ? TOOL_NO : TOOL_YES);
}

int run_decode(struct tool *tool, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"list", KEY_LIST, NULL, 0, "List the formats", 0},
		{"level", KEY_LEVEL, "N", 0,
		 "Of a page-table entry: its level, 0 for that of the smallest pages, or its name",
		 0},
		{"bytes", KEY_BYTES, NULL, 0,
		 "Values are bytes as they stand in memory, such as hexdump -C and xxd write", 0},
		{"all", KEY_ALL, NULL, 0, "Show reserved and ignored fields that are 0, too", 0},
		{0},
	};
	static const struct argp argp = {
		options,
		take,
		"FORMAT VALUE...\n--list",
		"Explains every field of a page-table entry, a device-table entry, a command, an "
		"event "
		"record.\v"
		"VALUE is hexadecimal: words of 64 bits, the lowest first, or one number with all "
		"digits, or with --bytes bytes; - reads them from standard input. Exits with 1 "
		"where "
		"what is reserved is set.",
		NULL,
		NULL,
		NULL};
	struct arguments arguments = {.tool = tool};
	const struct decode_format *format;
	struct decode_value value = {{0}};
	int code = tool_parse(tool, &argp, argc, argv, 0, &arguments);

	if (code >= 0)
		return code;
	if (arguments.list && !arguments.format)
		return list(tool);
	if (!arguments.format || arguments.list)
		return tool_fail(tool, "usage",
				 "iomt decode FORMAT VALUE..., or iomt decode --list");
	format = find(tool, arguments.format);
	if (!format || !take_level(tool, format, arguments.level, &value.word[DECODE_WORDS]) ||
	    !decode_input(tool, format, arguments.bytes, arguments.values, arguments.count, stdin,
			  &value))
		return TOOL_BAD;
	return explain(tool, format, &value, arguments.all);
}
