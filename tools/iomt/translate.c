/* SPDX-License-Identifier: MIT */
/* iomt translate: what addresses mean, and the way there. */
#include "commands.h"
#include "out.h"
#include "source.h"
#include "words.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESSES 4096

struct arguments {
	struct source_options sources;
	uint64_t *iovas;
	size_t count;
	uint32_t access;
};

static error_t take_access(struct tool *tool, const char *text, uint32_t *access)
{
	static const char letters[] = "rwxp";
	static const uint32_t bits[] = {IOMT_READ, IOMT_WRITE, IOMT_EXEC, IOMT_PRIV};

	*access = 0;
	for (const char *c = text; *c; c++) {
		const char *letter = strchr(letters, *c);

		if (!letter) {
			tool_fail(tool, "--access", "'%c' is none of r, w, x, p", *c);
			return EINVAL;
		}
		*access |= bits[letter - letters];
	}
	if (*access & (IOMT_READ | IOMT_WRITE | IOMT_EXEC))
		return 0;
	tool_fail(tool, "--access", "it needs r, w or x");
	return EINVAL;
}

static error_t take(int key, char *text, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	struct tool *tool = arguments->sources.tool;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->sources;
		return 0;
	case 'a':
		return take_access(tool, text, &arguments->access);
	case ARGP_KEY_ARG:
		if (arguments->count == ADDRESSES) {
			tool_fail(tool, text, "one address too many: %d are the most", ADDRESSES);
			return EINVAL;
		}
		return tool_number(tool, "IOVA", text, UINT64_MAX,
				   &arguments->iovas[arguments->count++])
			       ? 0
			       : EINVAL;
	case ARGP_KEY_NO_ARGS:
		tool_fail(tool, "usage", "which address? iomt translate ... IOVA");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void say_path(struct tool *tool, const char *key, const struct iomt_walk_path *path)
{
	static const struct out_column columns[] = {
		{"level", "LEVEL", 5}, {"address", "ENTRY AT", 18}, {"entry", "ENTRY", 18}};

	out_list(tool, key, columns, COUNT(columns));
	for (unsigned i = 0; i < path->count; i++) {
		out_row(tool);
		out_number(tool, "level", path->steps[i].level);
		out_address(tool, "address", path->steps[i].address);
		out_address(tool, "entry", path->steps[i].entry);
		out_row_end(tool);
	}
	out_list_end(tool);
}

static void say_leaf(struct tool *tool, const struct source_table *table,
		     const struct iomt_walk_leaf *leaf)
{
	out_text(tool, "output", OUT_GOOD, "0x%llx", (unsigned long long)leaf->oa);
	if (leaf->size_lg2 < 64)
		out_size(tool, "page", 1ULL << leaf->size_lg2);
	if (table)
		out_text(tool, "rights", OUT_PLAIN, "%s", source_rights(table, leaf->prot));
	if (leaf->type)
		out_text(tool, "type", OUT_PLAIN, "0x%02x", leaf->type);
}

/* One stage alone. */
static int translate_in(struct source *source, const struct source_table *table, uint64_t iova,
			uint32_t access)
{
	struct tool *tool = source->tool;
	struct iomt_walk_path path = {0};
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;
	int err = iomt_walk_with_path(&table->walker, iova, access | IOMT_WALK_LOOK, &leaf, &fault,
				      &path);

	say_path(tool, "path", &path);
	if (err) {
		words_walk_fault(tool, table, &fault);
		return TOOL_NO;
	}
	say_leaf(tool, table, &leaf);
	return TOOL_YES;
}

/* The table of an address: Arm's halves are chosen by bit 55. NULL: none serves it. */
static const struct source_table *table_of(const struct source *source, uint64_t iova)
{
	if (source->count == 2)
		return &source->tables[iova >> 55 & 1];
	return source->count ? &source->tables[0] : NULL;
}

/* Of two stages: what becomes of stage 1's output. */
static void say_second_way(const struct source *source, const struct iomt_walk_leaf *first,
			   uint32_t access)
{
	struct iomt_walk_path path = {0};
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;

	iomt_walk_with_path(&source->context.second, first->oa, access | IOMT_WALK_LOOK, &leaf,
			    &fault, &path);
	say_path(source->tool, "stage_2_path", &path);
}

/* What the device gets, by all stages; the way is of the stage that is looked at. */
static int translate_for_device(struct source *source, uint64_t iova, uint32_t access)
{
	const struct source_table *table = table_of(source, iova);
	struct tool *tool = source->tool;
	struct iomt_request request = {.device = source->cfg->rid,
				       .pasid = source->cfg->pasid,
				       .iova = iova,
				       .access = access | IOMT_WALK_LOOK};
	struct iomt_device_fault fault;
	struct iomt_walk_fault unused;
	struct iomt_walk_path path = {0};
	struct iomt_walk_leaf leaf;
	int err;

	err = table ? iomt_walk_with_path(&table->walker, iova, access | IOMT_WALK_LOOK, &leaf,
					  &unused, &path)
		    : IOMT_ENOENT;
	say_path(tool, "path", &path);
	if (!err && source->context.stages == 3)
		say_second_way(source, &leaf, access);
	err = iomt_context_walk(&source->context, &request, &leaf, &fault);
	if (err == IOMT_EFAULT) {
		words_device_fault(tool, &fault);
		return TOOL_NO;
	}
	if (err)
		return tool_fail(tool, tool->command, "0x%llx: %s", (unsigned long long)iova,
				 iomt_strerror(err));
	say_leaf(tool, table, &leaf);
	return TOOL_YES;
}

static int translate(struct source *source, const void *ctx)
{
	const struct arguments *arguments = ctx;
	struct tool *tool = source->tool;
	int code = TOOL_YES;

	out_list(tool, "translations", NULL, 0);
	for (size_t i = 0; i < arguments->count; i++) {
		uint64_t iova = arguments->iovas[i];
		int one;

		out_group(tool, NULL);
		out_address(tool, "iova", iova);
		if (source->cfg->format || source->cfg->stage)
			one = translate_in(source, table_of(source, iova), iova, arguments->access);
		else
			one = translate_for_device(source, iova, arguments->access);
		out_group_end(tool);
		code = one > code ? one : code;
	}
	out_list_end(tool);
	return code;
}

int run_translate(struct tool *tool, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"access", 'a', "RIGHTS", 0,
		 "What is asked for: r (if nothing is said), w, x; with p by a privileged request",
		 4},
		{0}};
	static const struct argp_child children[] = {{&source_argp, 0, NULL, 0}, {0}};
	static const struct argp argp = {options,
					 take,
					 "IOVA...",
					 "What input addresses mean, with the way there: every "
					 "entry, the output address, rights; or "
					 "the fault. Exit code 1: there was one.",
					 children,
					 NULL,
					 NULL};
	struct arguments arguments = {.access = IOMT_READ};
	int code;

	arguments.iovas = calloc(ADDRESSES, sizeof(*arguments.iovas));
	if (!arguments.iovas)
		return tool_no_memory(tool);
	source_options_init(&arguments.sources, tool);
	code = tool_parse(tool, &argp, argc, argv, 0, &arguments);
	if (code < 0)
		code = source_run(&arguments.sources, translate, &arguments);
	free(arguments.iovas);
	return code;
}
