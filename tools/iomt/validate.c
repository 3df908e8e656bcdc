/* SPDX-License-Identifier: MIT */
/* iomt validate: what is wrong with tables. */
#include "commands.h"
#include "out.h"
#include "source.h"
#include <errno.h>

struct arguments {
	struct source_options sources;
	uint64_t limit;
};

static error_t take(int key, char *text, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->sources;
		return 0;
	case 'l':
		return tool_limit(arguments->sources.tool, text, &arguments->limit) ? 0 : EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* What ends walks is worse than what nobody means to do. */
static enum out_style style_of(unsigned kind)
{
	return kind <= IOMT_FINDING_MEMORY ? OUT_BAD : OUT_WARN;
}

static bool say_finding(struct tool *tool, const struct iomt_inspect_finding *finding)
{
	static const char *const names[] = {
		[IOMT_FINDING_RESERVED] = "reserved", [IOMT_FINDING_LEVEL] = "level",
		[IOMT_FINDING_OUTPUT] = "output",     [IOMT_FINDING_ACCESSED] = "accessed",
		[IOMT_FINDING_MEMORY] = "memory",     [IOMT_FINDING_MISALIGNED] = "misaligned",
		[IOMT_FINDING_RUN] = "run",	      [IOMT_FINDING_UNREACHABLE] = "unreachable",
		[IOMT_FINDING_LOOP] = "loop",	      [IOMT_FINDING_SHARED] = "shared",
	};

	out_row(tool);
	out_text(tool, "kind", style_of(finding->kind), "%s", names[finding->kind]);
	out_address(tool, "address", finding->address);
	out_address(tool, "entry", finding->entry);
	out_number(tool, "level", finding->level);
	out_address(tool, "iova", finding->iova);
	out_text(tool, "text", OUT_PLAIN, "%s", iomt_finding_text(finding->kind));
	if (finding->table)
		out_address(tool, "table", finding->table);
	return out_row_end(tool);
}

static int say_findings(struct source *source, const struct source_table *table, uint64_t limit,
			uint64_t *count)
{
	struct iomt_inspect inspect;
	struct iomt_inspect_finding finding;
	int err = 0;

	if (!source_inspect(source, table, IOMT_INSPECT_FINDINGS, 0, UINT64_MAX, &inspect))
		return TOOL_BAD;
	while (*count < limit && !(err = iomt_inspect_finding(&inspect, &finding))) {
		++*count;
		if (!say_finding(source->tool, &finding))
			return TOOL_BAD;
	}
	if (err == IOMT_EAGAIN)
		return source_give_up(source, &inspect);
	return TOOL_YES;
}

static int validate(struct source *source, const void *ctx)
{
	static const struct out_column columns[] = {
		{"kind", "FINDING", -11}, {"address", "ENTRY AT", 18}, {"entry", "ENTRY", 18},
		{"level", "LEVEL", 5},	  {"iova", "IOVA", 18},	       {"text", NULL, -36},
		{"table", "TABLE", 0}};
	const struct arguments *arguments = ctx;
	uint64_t limit = arguments->limit, count = 0;
	struct tool *tool = source->tool;
	int code = TOOL_YES;

	out_list(tool, "findings", columns, COUNT(columns));
	for (unsigned i = 0; i < source->count && code == TOOL_YES; i++)
		code = say_findings(source, &source->tables[i], limit, &count);
	out_list_end(tool);
	if (code == TOOL_YES && !count && !tool->json)
		out_text(tool, "findings", OUT_GOOD, "none");
	else
		out_number(tool, "count", count);
	out_flag(tool, "complete", code == TOOL_YES && count < limit);
	return code == TOOL_YES && count ? TOOL_NO : code;
}

int run_validate(struct tool *tool, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"limit", 'l', "N", 0, "No more findings than that", 4}, {0}};
	static const struct argp_child children[] = {{&source_argp, 0, NULL, 0}, {0}};
	static const struct argp argp = {options,
					 take,
					 "",
					 "What is wrong with page tables: where walks end, and "
					 "what no driver means to do. Exit code "
					 "1: there is something.",
					 children,
					 NULL,
					 NULL};
	struct arguments arguments = {.limit = UINT64_MAX};
	int code;

	source_options_init(&arguments.sources, tool);
	code = tool_parse(tool, &argp, argc, argv, 0, &arguments);
	return code < 0 ? source_run(&arguments.sources, validate, &arguments) : code;
}
