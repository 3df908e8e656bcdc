/* SPDX-License-Identifier: MIT */
/* iomt diff: how two tables differ. */
#include "commands.h"
#include "out.h"
#include "source.h"
#include <errno.h>

struct arguments {
	struct source_options sources;
	uint64_t limit;
};

enum { KEY_WITH = 0x3001, KEY_LIMIT };

static error_t take(int key, char *text, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	struct tool *tool = arguments->sources.tool;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->sources;
		return 0;
	case KEY_WITH:
		if (arguments->sources.which) {
			tool_fail(tool, "--with", "only two tables can be compared");
			return EINVAL;
		}
		source_options_second(&arguments->sources);
		return 0;
	case KEY_LIMIT:
		return tool_limit(tool, text, &arguments->limit) ? 0 : EINVAL;
	case ARGP_KEY_SUCCESS:
		if (arguments->sources.which)
			return 0;
		tool_fail(tool, "usage",
			  "--with is missing; behind it is what the second table has "
			  "of its own");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char *kind_of(uint32_t kinds)
{
	if (kinds & IOMT_DIFF_FIRST)
		return "only first";
	if (kinds & IOMT_DIFF_SECOND)
		return "only second";
	if ((kinds & IOMT_DIFF_OUTPUT) && (kinds & IOMT_DIFF_RIGHTS))
		return "output, rights";
	return kinds & IOMT_DIFF_OUTPUT ? "output" : "rights";
}

static bool say_difference(struct tool *tool, const struct source_table *const tables[2],
			   const struct iomt_inspect_difference *difference)
{
	static const char *const outputs[] = {"output", "output_second"};
	static const char *const rights[] = {"rights", "rights_second"};

	out_row(tool);
	out_text(tool, "difference", difference->kinds & 3 ? OUT_BAD : OUT_WARN, "%s",
		 kind_of(difference->kinds));
	out_address(tool, "first", difference->iova);
	out_address(tool, "last", difference->last);
	for (unsigned i = 0; i < 2; i++) {
		if (difference->kinds & (i ? IOMT_DIFF_FIRST : IOMT_DIFF_SECOND))
			continue;
		out_address(tool, outputs[i], difference->ranges[i].oa);
		out_text(tool, rights[i], OUT_PLAIN, "%s",
			 source_rights(tables[i], difference->ranges[i].prot));
	}
	return out_row_end(tool);
}

static int say_differences(struct source *sources, const struct source_table *const tables[2],
			   uint64_t limit, uint64_t *count)
{
	struct iomt_inspect inspects[2];
	struct iomt_inspect_diff diff;
	struct iomt_inspect_difference difference;
	int err = 0;

	for (unsigned i = 0; i < 2; i++) {
		if (!source_inspect(&sources[i], tables[i], IOMT_INSPECT_RANGES, 0, UINT64_MAX,
				    &inspects[i]))
			return TOOL_BAD;
	}
	iomt_inspect_diff_init(&diff, &inspects[0], &inspects[1],
			       tables[0]->format->rights & tables[1]->format->rights);
	while (*count < limit && !(err = iomt_inspect_diff_next(&diff, &difference))) {
		++*count;
		if (!say_difference(sources[0].tool, tables, &difference))
			return TOOL_BAD;
	}
	if (err == IOMT_EAGAIN)
		return source_give_up(inspects[0].budget ? &sources[1] : &sources[0],
				      inspects[0].budget ? &inspects[1] : &inspects[0]);
	return TOOL_YES;
}

static int compare(struct source *sources, const void *ctx)
{
	static const struct out_column columns[] = {{"difference", "DIFFERENCE", -14},
						    {"first", "FIRST", 18},
						    {"last", "LAST", 18},
						    {"output", "OUTPUT", 18},
						    {"rights", "RIGHTS", -6},
						    {"output_second", "SECOND OUTPUT", 18},
						    {"rights_second", "RIGHTS", -6}};
	const struct arguments *arguments = ctx;
	uint64_t limit = arguments->limit, count = 0;
	struct tool *tool = sources[0].tool;
	int code = TOOL_YES;
	bool whole;

	if (!sources[0].count || sources[0].count != sources[1].count)
		return tool_fail(tool, "diff",
				 "one of the two has no page tables, or other halves");
	out_list(tool, "differences", columns, COUNT(columns));
	for (unsigned i = 0; i < sources[0].count && code == TOOL_YES; i++) {
		const struct source_table *const tables[] = {&sources[0].tables[i],
							     &sources[1].tables[i]};

		code = say_differences(sources, tables, limit, &count);
	}
	out_list_end(tool);
	if (code == TOOL_YES && !count && !tool->json)
		out_text(tool, "differences", OUT_GOOD, "none");
	else
		out_number(tool, "count", count);
	whole = source_complete(&sources[0]);
	whole = source_complete(&sources[1]) && whole;
	out_flag(tool, "complete", code == TOOL_YES && count < limit && whole);
	return code == TOOL_YES && (count || !whole) ? TOOL_NO : code;
}

int run_diff(struct tool *tool, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{NULL, 0, NULL, 0, "The second:", 4},
		{"with", KEY_WITH, NULL, 0,
		 "Options behind this are about the second table, which else is as the first", 4},
		{"limit", KEY_LIMIT, "N", 0, "No more differences than that", 4},
		{0}};
	static const struct argp_child children[] = {{&source_argp, 0, NULL, 0}, {0}};
	static const struct argp argp = {options,
					 take,
					 "",
					 "How what two tables map differs: of two images, two "
					 "roots, two formats. Exit code 1: it does.",
					 children,
					 NULL,
					 NULL};
	struct arguments arguments = {.limit = UINT64_MAX};
	int code;

	source_options_init(&arguments.sources, tool);
	code = tool_parse(tool, &argp, argc, argv, 0, &arguments);
	return code < 0 ? source_run(&arguments.sources, compare, &arguments) : code;
}
