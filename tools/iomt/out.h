/* SPDX-License-Identifier: MIT */
/*
 * What a command has to say, said once: text for people, coloured on a terminal, or one JSON document.
 *
 *	out_begin(tool);
 *	out_text(tool, "format", OUT_NAME, "amdv1");
 *	out_list(tool, "ranges", columns, 2);
 *	for each: out_row(tool), out_address(tool, "iova", iova), out_size(tool, "size", size),
 *		  out_row_end(tool)
 *	out_list_end(tool);
 *	return out_end(tool, TOOL_YES);
 *
 * The document is an object; fields are its members, lists are arrays of objects, groups objects.
 * Everything is written as it is said, row by row: lists may be of any length. Text is plain ASCII;
 * other bytes become '?'.
 */
#ifndef IOMT_TOOL_OUT_H
#define IOMT_TOOL_OUT_H

#include "tool.h"

enum out_style { OUT_PLAIN, OUT_NAME, OUT_ADDRESS, OUT_GOOD, OUT_WARN, OUT_BAD, OUT_DIM };

/* A column of a list. Fields of a row come in the order of columns, some may be missing. */
struct out_column {
	const char *key;   /* as in fields and in JSON */
	const char *title; /* above the column; NULL: none */
	int width;	   /* as printf has it: negative is to the left; 0 for the last */
};

void out_begin(struct tool *tool);

/* Ends the document. Returns code; or TOOL_BAD when it could not be written whole. */
int out_end(struct tool *tool, int code);

/*
 * An object within; in text a heading, and what is in it is indented. Groups may be nested, up to 8 deep,
 * and hold lists. In a list without columns each element is a group, whose key is NULL.
 */
void out_group(struct tool *tool, const char *key);
void out_group_end(struct tool *tool);

void out_list(struct tool *tool, const char *key, const struct out_column *columns, size_t count);
void out_list_end(struct tool *tool);
void out_row(struct tool *tool);
/* False when writing fails: no more need be said. */
bool out_row_end(struct tool *tool);

/* Fields: of a row, or of the document or the group. "_" of a key is a space in text. */
__attribute__((format(printf, 4, 5))) void out_text(struct tool *tool, const char *key,
						    enum out_style style, const char *format, ...);
void out_number(struct tool *tool, const char *key, uint64_t value);
/* Hexadecimal; a string in JSON, whose numbers lose bits. */
void out_address(struct tool *tool, const char *key, uint64_t value);
/* Bytes: "2M" in text, a number in JSON. */
void out_size(struct tool *tool, const char *key, uint64_t bytes);
/* All 2^64 of them, the same. */
void out_size_all(struct tool *tool, const char *key);
/* "yes" or "no" in text. */
void out_flag(struct tool *tool, const char *key, bool value);

#endif
