/* SPDX-License-Identifier: MIT */
/*
 * Page tables in an image: what the options say of them, and the walkers of it. Tables are named by their
 * format and root, or found from a device table down.
 */
#ifndef IOMT_TOOL_SOURCE_H
#define IOMT_TOOL_SOURCE_H

#include "formats.h"
#include "image.h"
#include <iomt/inspect.h>
#include <iomt/walk_device.h>

/* What the options say. */
struct source_cfg {
	struct image_cfg image;
	const struct format *format; /* NULL: from a device table down */
	struct iomt_walk_cfg walk;
	struct iomt_unit_cfg unit;
	uint32_t rid;
	uint32_t pasid;
	unsigned stage; /* 0: not said */
	uint64_t budget;
	uint32_t given; /* which options were there, and of the second's own; private */
	uint32_t own;
};

/* The input of source_argp. */
struct source_options {
	struct tool *tool;
	struct source_cfg cfgs[2];
	unsigned which; /* the one that options are about */
};

extern const struct argp source_argp;

void source_options_init(struct source_options *options, struct tool *tool);

/* The options from here on are about a second source, which else is as the first. */
void source_options_second(struct source_options *options);

/* One of the tables of a source. */
struct source_table {
	struct iomt_walker walker;
	const struct format *format;
	const char *half; /* Arm: "lower", "upper"; else NULL */
	unsigned stage;	  /* from a device table down: 1 or 2; else 0 */
};

struct source {
	struct tool *tool;
	const struct source_cfg *cfg;
	struct image image;
	struct iomt_unit unit;
	struct iomt_context context;
	struct iomt_guest_mem by_stage_2; /* what stage 1's tables are read by, of two stages */
	struct source_table tables[2];	  /* of stage 1, where it was not said which */
	unsigned count;			  /* 0: addresses are passed on */
	void *scratch;			  /* for inspections */
	struct image_word words[64];	  /* what was read on the way from the device table */
};

/*
 * What all commands do: opens the sources, says in a document which tables these are, and lets the command
 * go on with them. Returns its code, or that of what went wrong before: TOOL_NO where the way of a device
 * ended in a fault, which was said.
 */
int source_run(const struct source_options *options,
	       int (*command)(struct source *sources, const void *arguments),
	       const void *arguments);

/* Begins an inspection of one of the tables, one for a source at a time. False: there is no memory. */
bool source_inspect(struct source *source, const struct source_table *table,
		    enum iomt_inspect_kind kind, uint64_t first, uint64_t last,
		    struct iomt_inspect *inspect);

/* Whether all entries were there that were looked at; says which were not. */
bool source_complete(const struct source *source);

/* The budget of an inspection is used up: says so and what to do. TOOL_BAD. */
int source_give_up(struct source *source, const struct iomt_inspect *inspect);

/* "rw-", of a table whose format knows these rights. */
const char *source_rights(const struct source_table *table, uint32_t prot);

#endif
