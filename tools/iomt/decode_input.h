/* SPDX-License-Identifier: MIT */
/* Words, as people have them: from a command line, a debugger, a dump of memory. */
#ifndef IOMT_TOOL_DECODE_INPUT_H
#define IOMT_TOOL_DECODE_INPUT_H

#include "decode.h"
#include "tool.h"

/*
 * "wanted" words out of the arguments: hexadecimal, lowest first, with or without 0x; or one number with
 * all of the digits; or "bytes", as they stand in memory; "-" reads them from standard input. Lines of
 * dumps may begin with an address and a colon, or for bytes with an offset, and end with characters
 * after a bar. False, and tool_fail has said why.
 */
bool decode_input(struct tool *tool, const struct decode_format *format, bool bytes, char **texts,
		  int count, FILE *input, struct decode_value *value);

#endif
