/* SPDX-License-Identifier: MIT */
#include "source.h"
#include "out.h"
#include "words.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* "iova_bits" of the library is --iova-bits here. */
static bool bad_field(struct tool *tool, const struct iomt_pt_cfg_error *error)
{
	char option[48];

	if (!strcmp(error->field, "flags"))
		snprintf(option, sizeof(option), "--walk");
	else if (!strcmp(error->field, "base_cfg"))
		snprintf(option, sizeof(option), "--device-table-cfg");
	else
		snprintf(option, sizeof(option), "--%s", error->field);
	for (char *c = option; *c; c++)
		*c = *c == '_' ? '-' : *c;
	if (!strcmp(error->field, "levels") && strstr(error->reason, "neither"))
		tool_fail(tool, option, "it or --iova-bits is needed: how deep the tables are");
	else
		tool_fail(tool, option, "%s", error->reason);
	return false;
}

/* A table must be in the image; else the address is wrong, or the image. */
static bool is_there(struct source *source, const char *option, uint64_t address)
{
	uint64_t word;

	if (!iomt_guest_read64(&source->image.mem, address, &word))
		return true;
	if (!image_failed(source->tool, &source->image))
		tool_fail(source->tool, option, "there is no memory at 0x%" PRIx64 " in the image",
			  address);
	return false;
}

static bool judge_tables(struct source *source)
{
	struct source_table *table = &source->tables[source->count++];
	struct iomt_walk_cfg walk = source->cfg->walk;
	struct iomt_pt_cfg_error error;

	*table = (struct source_table){.format = source->cfg->format};
	walk.format = table->format->walk;
	walk.mem = &source->image.mem;
	if (walk.root & (table->format->align - 1)) {
		tool_fail(source->tool, "--root", "0x%" PRIx64 " is no multiple of %u", walk.root,
			  table->format->align);
		return false;
	}
	if (iomt_walker_init(&table->walker, &walk, &error))
		return bad_field(source->tool, &error);
	return is_there(source, "--root", walk.root);
}

static uint64_t device_table(const struct iomt_unit_cfg *cfg)
{
	switch (cfg->arch) {
	case IOMT_UNIT_SMMU:
		return cfg->base & 0x000fffffffffffc0;
	case IOMT_UNIT_RISCV:
		return cfg->base << 2 & 0x00fffffffffff000;
	default:
		return cfg->base & 0x000ffffffffff000;
	}
}

static bool judge_unit(struct source *source)
{
	struct iomt_unit_cfg cfg = source->cfg->unit;
	struct iomt_pt_cfg_error error;

	cfg.mem = &source->image.mem;
	if (iomt_unit_init(&source->unit, &cfg, &error))
		return bad_field(source->tool, &error);
	return is_there(source, "--device-table", device_table(&cfg));
}

/* Opens the image, judges the options. False, and tool_fail has said why; close it even so. */
static bool source_open(struct tool *tool, struct source *source, const struct source_cfg *cfg)
{
	*source = (struct source){.tool = tool, .cfg = cfg};
	return image_open(tool, &source->image, &cfg->image) &&
	       (cfg->format ? judge_tables(source) : judge_unit(source));
}

static void source_close(struct source *source)
{
	free(source->scratch);
	image_close(&source->image);
}

/* A word of stage 1's tables, whose addresses are stage 2's input. */
static struct iomt_guest_word read_by_stage_2(void *ctx, uint64_t address)
{
	struct source *source = ctx;
	struct iomt_guest_word word = {0, 0};
	struct iomt_walk_fault fault;

	word.err = iomt_walk_read64(&source->context.second, &source->image.mem, address,
				    IOMT_READ | IOMT_WALK_LOOK, &word.value, &fault);
	if (word.err == IOMT_EFAULT) /* else the image has counted it */
		image_miss(&source->image, address);
	return word;
}

static void take_table(struct source *source, const struct iomt_walker *walker, unsigned stage)
{
	struct source_table *table = &source->tables[source->count++];

	*table = (struct source_table){*walker, format_of(walker->format), stage};
	if (stage == 1 && source->context.stages == 3)
		iomt_walker_over(&table->walker, walker, &source->by_stage_2);
}

/* The stages and halves of a context that can be looked at one by one. */
static void take_tables(struct source *source)
{
	const struct iomt_context *context = &source->context;
	unsigned stage = source->cfg->stage ? source->cfg->stage : context->stages & 1 ? 1 : 2;

	source->by_stage_2 = (struct iomt_guest_mem){
		.size = sizeof(source->by_stage_2), .read64 = read_by_stage_2, .ctx = source};
	if (context->stages & stage & 2)
		take_table(source, &context->second, 2);
	for (unsigned i = 0; (context->stages & stage & 1) && i < 2; i++) {
		if (context->used[i])
			take_table(source, &context->first[i], 1);
	}
}

/* Entries are read until two reads agree, and no file changes. */
static bool is_said(const struct source *source, size_t which)
{
	size_t i = 0;

	while (source->words[i].address != source->words[which].address)
		i++;
	return i < which;
}

static void say_way(struct source *source)
{
	static const struct out_column columns[] = {{"address", "ENTRY AT", 18},
						    {"word", "WORD", 18}};
	struct tool *tool = source->tool;

	out_list(tool, "device_entries", columns, COUNT(columns));
	for (size_t i = 0; i < source->image.words_count; i++) {
		if (is_said(source, i))
			continue;
		out_row(tool);
		out_address(tool, "address", source->words[i].address);
		out_address(tool, "word", source->words[i].value);
		out_row_end(tool);
	}
	out_list_end(tool);
}

static void say_context(struct source *source)
{
	const struct iomt_context *context = &source->context;
	struct tool *tool = source->tool;

	out_number(tool, "domain", context->domain);
	out_text(tool, "stages", OUT_PLAIN, "%s",
		 context->stages == 3	? "1 and 2"
		 : context->stages == 2 ? "2"
		 : context->stages	? "1"
					: "none: addresses are passed on");
	if (context->stages == 3 && source->count)
		out_number(tool, "stage_looked_at", source->tables[0].stage);
	for (unsigned i = 0; i < source->count; i++)
		out_text(tool, i ? "format_upper" : "format", OUT_NAME, "%s",
			 source->tables[i].format->name);
}

static int find_device(struct source *source)
{
	static const char *const archs[] = {"amd", "vtd", "smmu", "riscv"};
	const struct source_cfg *cfg = source->cfg;
	struct tool *tool = source->tool;
	struct iomt_request request = {
		.device = cfg->rid, .pasid = cfg->pasid, .access = IOMT_READ | IOMT_WALK_LOOK};
	struct iomt_device_fault fault;
	int err;

	out_text(tool, "unit", OUT_NAME, "%s", archs[cfg->unit.arch]);
	if (cfg->unit.arch == IOMT_UNIT_AMD || cfg->unit.arch == IOMT_UNIT_VTD)
		out_text(tool, "device", OUT_PLAIN, "%02x:%02x.%x", cfg->rid >> 8,
			 cfg->rid >> 3 & 31, cfg->rid & 7);
	else
		out_address(tool, "device", cfg->rid);
	if (cfg->pasid != IOMT_TLB_NO_PASID)
		out_number(tool, "pasid", cfg->pasid);
	source->image.words = source->words;
	source->image.words_room = COUNT(source->words);
	err = iomt_unit_find(&source->unit, &request, &source->context, &fault);
	source->image.words = NULL;
	if (err && err != IOMT_EFAULT)
		return tool_fail(tool, "--rid", "the unit has no device 0x%x", (unsigned)cfg->rid);
	say_way(source);
	if (err) {
		words_device_fault(tool, &fault);
		return TOOL_NO;
	}
	if (cfg->stage && !(source->context.stages & cfg->stage))
		return tool_fail(tool, "--stage", "stage %u does not translate for this device",
				 cfg->stage);
	take_tables(source);
	say_context(source);
	return TOOL_YES;
}

/* Says which tables these are, and finds them. */
static int source_find(struct source *source)
{
	if (!source->cfg->format)
		return find_device(source);
	out_text(source->tool, "format", OUT_NAME, "%s", source->cfg->format->name);
	out_address(source->tool, "root", source->cfg->walk.root);
	return TOOL_YES;
}

/* Two sources are groups of the document. */
static int find_all(struct source *sources, unsigned count)
{
	static const char *const names[] = {"first", "second"};
	int code = TOOL_YES;

	if (count == 1)
		return source_find(sources);
	for (unsigned i = 0; i < count && code == TOOL_YES; i++) {
		out_group(sources[i].tool, names[i]);
		code = source_find(&sources[i]);
		out_group_end(sources[i].tool);
	}
	return code;
}

int source_run(const struct source_options *options,
	       int (*command)(struct source *sources, const void *arguments), const void *arguments)
{
	struct source sources[2] = {0};
	unsigned count = options->which + 1;
	struct tool *tool = options->tool;
	bool good = true;
	int code = TOOL_BAD;

	for (unsigned i = 0; i < count && good; i++)
		good = source_open(tool, &sources[i], &options->cfgs[i]);
	if (good) {
		out_begin(tool);
		code = find_all(sources, count);
		if (code == TOOL_YES)
			code = command(sources, arguments);
		code = out_end(tool, code);
	}
	for (unsigned i = 0; i < count; i++) {
		if (image_failed(tool, &sources[i].image))
			code = TOOL_BAD;
		source_close(&sources[i]);
	}
	return code;
}

/* Enough to remember every table that the image can hold. */
static size_t scratch_bytes(const struct source *source)
{
	uint64_t bytes = 4096;

	for (unsigned i = 0; i < source->image.count; i++)
		bytes += source->image.files[i].size >> 8;
	return bytes > 1 << 26 ? 1 << 26 : (size_t)bytes & ~(size_t)7;
}

bool source_inspect(struct source *source, const struct source_table *table,
		    enum iomt_inspect_kind kind, uint64_t first, uint64_t last,
		    struct iomt_inspect *inspect)
{
	struct iomt_inspect_cfg cfg = {
		.size = sizeof(cfg),
		.walker = &table->walker,
		.kind = kind,
		.first = first,
		.last = last,
		.budget = source->cfg->budget,
		.scratch_bytes = scratch_bytes(source),
	};

	if (!source->scratch)
		source->scratch = malloc(cfg.scratch_bytes);
	cfg.scratch = source->scratch;
	if (cfg.scratch && !iomt_inspect_init(inspect, &cfg))
		return true;
	tool_no_memory(source->tool);
	return false;
}

int source_give_up(struct source *source, const struct iomt_inspect *inspect)
{
	uint64_t position = 0;

	iomt_inspect_position(inspect, &position);
	return tool_fail(source->tool, "--budget",
			 "%" PRIu64 " entries are read, and there are more from 0x%" PRIx64
			 " on: tables that lead to one another, or just many; raise it to go on",
			 source->cfg->budget, position);
}

bool source_complete(const struct source *source)
{
	const struct image *image = &source->image;

	if (!image->missing)
		return true;
	out_number(source->tool, "missing_entries", image->missing);
	out_address(source->tool, "first_missing", image->first_missing);
	return false;
}

const char *source_rights(const struct source_table *table, uint32_t prot)
{
	return rights_text(prot & table->format->rights);
}
