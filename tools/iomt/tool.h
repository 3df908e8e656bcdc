/* SPDX-License-Identifier: MIT */
/*
 * What the commands of iomt have in common. Everything is in struct tool, so that a process may run
 * commands again and again: iomt_tool neither exits nor leaves anything behind.
 */
#ifndef IOMT_TOOL_H
#define IOMT_TOOL_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What commands return, and the process. */
enum tool_code {
	TOOL_YES = 0, /* fine */
	TOOL_NO = 1,  /* the answer is no: a fault, a finding, a difference */
	TOOL_BAD = 2, /* bad input, bad usage, no memory, output that cannot be written */
};

/* What out.h keeps. Private. */
struct out {
	struct cJSON *row;
	const struct out_column *columns;
	size_t count;  /* of columns */
	size_t column; /* the next of the row */
	int gap;       /* spaces before the next cell */
	unsigned depth;
	uint32_t filled; /* bit d: the group at depth d has a member */
	uint32_t named;	 /* bit d: and a name */
	bool in_row;
	bool headed; /* the list's heading is written */
	bool no_memory;
};

struct tool {
	FILE *out, *err;
	bool json;
	bool colour;
	bool quiet;
	const char *command; /* "dump"; NULL: none yet */

	/* private */
	struct out document;
	struct timespec progress_time;
	bool progress_shown;
	bool failed; /* and said so */
};

struct command {
	const char *name;
	const char *brief;
	/* argv[0] is "iomt NAME". Returns a tool_code. */
	int (*run)(struct tool *tool, int argc, char **argv);
};

/* Runs iomt as main does, and returns its exit code. */
int iomt_tool(int argc, char **argv, FILE *out, FILE *err);

/*
 * "iomt: SUBJECT: reason", one line on err: where things went wrong, and what to do where that is not
 * plain. The first of a run is said, and no other: whatever follows is of it. Returns TOOL_BAD.
 */
__attribute__((format(printf, 3, 4))) int tool_fail(struct tool *tool, const char *subject,
						    const char *format, ...);
int tool_no_memory(struct tool *tool);

/* Whether colours are for there: a terminal that has them, and no NO_COLOR. */
bool tool_on_terminal(FILE *file);

/*
 * Parses a command's arguments by its argp, to which the common options and --help are added. argp's
 * parser says what is wrong by tool_fail, and returns EINVAL then. Returns -1 to go on, or the code
 * that the command returns at once: usage was wrong, or help was asked for.
 */
int tool_parse(struct tool *tool, const struct argp *argp, int argc, char **argv, unsigned flags,
	       void *input);

/* For the help filters of argps: what "write" writes, to be freed, or NULL without memory. */
char *tool_written(void (*write)(FILE *out));

/*
 * A number of an option or operand: decimal, 0x..., 0b..., or 0..., with K, M, G, T for powers of 1024.
 * False, and tool_fail has said why: it is none, or more than "most".
 */
bool tool_number(struct tool *tool, const char *subject, const char *text, uint64_t most,
		 uint64_t *value);

/* "00:1f.2", with a segment in front or not, which does not count. False: it is none, and nothing is said. */
bool tool_rid(const char *text, uint32_t *rid);

/* The number of --limit, which is not 0. */
bool tool_limit(struct tool *tool, const char *text, uint64_t *limit);

/*
 * The index of a word in a list that NULL ends, or -1, and tool_fail has said "no such WHAT" and which
 * there are.
 */
int tool_word(struct tool *tool, const char *subject, const char *what, const char *text,
	      const char *const *words);

/* A word that stands for bits; the last one of a list has no name. */
struct tool_bit {
	const char *name;
	uint64_t value;
};

/* The bits of all words of a comma-separated list. False, and tool_fail has said which there are. */
bool tool_words(struct tool *tool, const char *subject, const char *what, const char *text,
		const struct tool_bit *bits, uint64_t *value);

/* A bar on a terminal, a few times a second; total 0: it is not known. Rows that are written hide it. */
void tool_progress(struct tool *tool, const char *what, uint64_t done, uint64_t total);
void tool_progress_end(struct tool *tool);

#endif
