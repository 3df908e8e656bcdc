/* SPDX-License-Identifier: MIT */
/* iomt dump: what tables map. */
#include "commands.h"
#include "out.h"
#include "source.h"
#include <errno.h>

struct arguments {
	struct source_options sources;
	uint64_t first, last, limit;
};

enum { KEY_FIRST = 0x3001, KEY_LAST, KEY_LIMIT };

static error_t take(int key, char *text, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	struct tool *tool = arguments->sources.tool;
	bool good;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->sources;
		return 0;
	case KEY_FIRST:
		good = tool_number(tool, "--first", text, UINT64_MAX, &arguments->first);
		return good ? 0 : EINVAL;
	case KEY_LAST:
		good = tool_number(tool, "--last", text, UINT64_MAX, &arguments->last);
		return good ? 0 : EINVAL;
	case KEY_LIMIT:
		return tool_limit(tool, text, &arguments->limit) ? 0 : EINVAL;
	case ARGP_KEY_SUCCESS:
		if (arguments->first <= arguments->last)
			return 0;
		tool_fail(tool, "--first", "it is behind --last");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool say_range(struct tool *tool, const struct source_table *table,
		      const struct iomt_inspect_range *range)
{
	out_row(tool);
	out_address(tool, "first", range->iova);
	out_address(tool, "last", range->last);
	out_address(tool, "output", range->oa);
	out_size(tool, "page", 1ULL << range->size_lg2);
	out_text(tool, "rights", OUT_PLAIN, "%s", source_rights(table, range->prot));
	if (table->format->users)
		out_text(tool, "privileged", OUT_PLAIN, "%s", source_rights(table, range->priv));
	if (range->type)
		out_text(tool, "type", OUT_PLAIN, "0x%02x", range->type);
	return out_row_end(tool);
}

/* The ranges of one table. *rows: how many were said; *bytes: that they map. */
static int say_ranges(struct source *source, const struct source_table *table,
		      const struct arguments *arguments, uint64_t *rows, uint64_t *bytes,
		      uint64_t *next)
{
	struct iomt_inspect inspect;
	struct iomt_inspect_range range;
	int err;

	if (!source_inspect(source, table, IOMT_INSPECT_RANGES, arguments->first, arguments->last,
			    &inspect))
		return TOOL_BAD;
	while (!(err = iomt_inspect_range(&inspect, &range))) {
		if (*rows == arguments->limit) {
			*next = range.iova;
			return TOOL_YES;
		}
		++*rows;
		*bytes += range.last - range.iova + 1;
		if (!say_range(source->tool, table, &range))
			return TOOL_BAD;
	}
	if (err == IOMT_EAGAIN)
		return source_give_up(source, &inspect);
	return TOOL_YES;
}

static int dump(struct source *source, const void *ctx)
{
	static const struct out_column without_users[] = {
		{"first", "FIRST", 18}, {"last", "LAST", 18},	  {"output", "OUTPUT", 18},
		{"page", "PAGE", 5},	{"rights", "RIGHTS", -6}, {"type", "TYPE", 0}};
	static const struct out_column with_users[] = {
		{"first", "FIRST", 18}, {"last", "LAST", 18},	  {"output", "OUTPUT", 18},
		{"page", "PAGE", 5},	{"rights", "RIGHTS", -6}, {"privileged", "PRIV", -4},
		{"type", "TYPE", 0}};
	const struct arguments *arguments = ctx;
	struct tool *tool = source->tool;
	uint64_t rows = 0, bytes = 0, next = 0;
	int code = TOOL_YES;
	bool whole;

	if (!source->count)
		return TOOL_YES;
	if (source->tables[0].format->users)
		out_list(tool, "ranges", with_users, COUNT(with_users));
	else
		out_list(tool, "ranges", without_users, COUNT(without_users));
	for (unsigned i = 0; i < source->count && code == TOOL_YES && !next; i++)
		code = say_ranges(source, &source->tables[i], arguments, &rows, &bytes, &next);
	out_list_end(tool);
	out_number(tool, "count", rows);
	if (rows && !bytes) /* ranges do not overlap: the sum wraps for this alone */
		out_size_all(tool, "mapped");
	else
		out_size(tool, "mapped", bytes);
	whole = source_complete(source);
	out_flag(tool, "complete", code == TOOL_YES && !next && whole);
	if (next)
		out_address(tool, "next", next);
	return code == TOOL_YES && !whole ? TOOL_NO : code;
}

int run_dump(struct tool *tool, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{NULL, 0, NULL, 0, "What to say:", 4},
		{"first", KEY_FIRST, "ADDRESS", 0, "From this input address on", 4},
		{"last", KEY_LAST, "ADDRESS", 0, "Up to this one", 4},
		{"limit", KEY_LIMIT, "N", 0, "No more ranges than that", 4},
		{0}};
	static const struct argp_child children[] = {{&source_argp, 0, NULL, 0}, {0}};
	static const struct argp argp = {options,
					 take,
					 "",
					 "What page tables map, in the order of input addresses. "
					 "Exit code 1: some of them are not in the image.",
					 children,
					 NULL,
					 NULL};
	struct arguments arguments = {.last = UINT64_MAX, .limit = UINT64_MAX};
	int code;

	source_options_init(&arguments.sources, tool);
	code = tool_parse(tool, &argp, argc, argv, 0, &arguments);
	return code < 0 ? source_run(&arguments.sources, dump, &arguments) : code;
}
