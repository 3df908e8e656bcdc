/* SPDX-License-Identifier: MIT */
#include "decode_input.h"
#include "line.h"
#include <string.h>

#define LINE_MOST     4096
#define BLANKS	      " \t\n\r,"
#define OFFSET_DIGITS 6 /* at least, of an offset */

struct input {
	struct tool *tool;
	const struct decode_format *format;
	struct decode_value *value;
	bool bytes;
	size_t used;  /* words, or bytes */
	bool whole;   /* one number was all of it */
	bool offsets; /* lines begin with them */
};

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool no_number(struct input *in, const char *text, size_t length)
{
	tool_fail(in->tool, in->format->name,
		  "'%.*s%s' is no %s; hexadecimal is wanted, with or without 0x",
		  length < 40 ? (int)length : 40, text, length < 40 ? "" : "...",
		  in->bytes ? "bytes" : "word");
	return false;
}

static bool wrong_count(struct input *in, const char *are)
{
	unsigned words = in->format->words;

	if (in->bytes)
		tool_fail(in->tool, in->format->name, "%s: %u bytes are wanted", are, 8 * words);
	else
		tool_fail(in->tool, in->format->name,
			  words > 1
				  ? "%s: %u words of 64 bits are wanted, the lowest first, or one "
				    "number of %u digits"
				  : "%s: %u word of 64 bits is wanted",
			  are, words, 16 * words);
	return false;
}

/* A number of all the digits: the highest word is first in it. */
static bool take_whole(struct input *in, const char *text, size_t length)
{
	unsigned words = in->format->words;

	char are[64];

	snprintf(are, sizeof(are), "a number of %zu digits is given", length);
	if (in->used || in->whole || length != 16 * (size_t)words)
		return wrong_count(in, are);
	for (size_t i = 0; i < length; i++) {
		uint64_t *word = &in->value->word[words - 1 - i / 16];

		*word = *word << 4 | (uint64_t)digit(text[i]);
	}
	in->whole = true;
	in->used = words;
	return true;
}

static bool take_word(struct input *in, const char *text, size_t length)
{
	uint64_t word = 0;

	if (length > 16)
		return take_whole(in, text, length);
	for (size_t i = 0; i < length; i++)
		word = word << 4 | (uint64_t)digit(text[i]);
	if (in->used >= in->format->words)
		return wrong_count(in, "that is too much");
	in->value->word[in->used++] = word;
	return true;
}

static bool take_bytes(struct input *in, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i += 2) {
		uint64_t byte = (uint64_t)digit(text[i]) << 4 | (uint64_t)digit(text[i + 1]);

		if (in->used >= 8 * (size_t)in->format->words)
			return wrong_count(in, "that is too much");
		in->value->word[in->used / 8] |= byte << 8 * (in->used % 8);
		in->used++;
	}
	return true;
}

static bool take(struct input *in, const char *text, size_t length)
{
	const char *digits = text;
	size_t count = length;

	if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		digits += 2;
		count -= 2;
	}
	for (size_t i = 0; i < count; i++) {
		if (digit(digits[i]) < 0)
			return no_number(in, text, length);
	}
	if (!count || (in->bytes && count % 2))
		return no_number(in, text, length);
	return in->bytes ? take_bytes(in, digits, count) : take_word(in, digits, count);
}

static size_t token(const char *text)
{
	return strcspn(text, BLANKS);
}

/*
 * What stands before the values: "address:", or who speaks in a kernel's log; of dumps of bytes an offset,
 * which is longer than what follows it, and stands alone in the last line.
 */
static const char *skip_address(struct input *in, const char *line)
{
	const char *start = line + strspn(line, BLANKS);
	const char *colon = in->bytes ? strchr(start, ':') : strrchr(start, ':');
	const char *next = start + token(start);

	if (colon)
		return colon + 1;
	next += strspn(next, BLANKS);
	if (!in->bytes || token(start) < OFFSET_DIGITS)
		return start;
	if (token(next) == 2) {
		in->offsets = true;
		return next;
	}
	return in->offsets && !*next ? next : start;
}

/* hexdump's characters stand after a bar, xxd's after two spaces. */
static void cut_characters(char *line)
{
	char *colon, *values, *spaces;

	line[strcspn(line, "|\n\r")] = '\0';
	colon = strchr(line, ':');
	if (!colon)
		return;
	values = colon + 1 + strspn(colon + 1, BLANKS);
	spaces = strstr(values, "  ");
	if (spaces)
		*spaces = '\0';
}

static bool take_line(struct input *in, const char *line)
{
	const char *at = line;

	for (;;) {
		size_t length;

		at += strspn(at, BLANKS);
		length = token(at);
		if (!length)
			return true;
		if (!take(in, at, length))
			return false;
		at += length;
	}
}

static bool take_file(struct input *in, FILE *file)
{
	char line[LINE_MOST];
	const char *reason;
	int got;

	while ((got = line_next(file, line, sizeof(line), &reason)) > 0) {
		if (in->bytes)
			cut_characters(line);
		if (!take_line(in, skip_address(in, line)))
			return false;
	}
	if (got < 0)
		tool_fail(in->tool, in->format->name, "a line of the input: %s", reason);
	return !got;
}

bool decode_input(struct tool *tool, const struct decode_format *format, bool bytes, char **texts,
		  int count, FILE *input, struct decode_value *value)
{
	struct input in = {.tool = tool, .format = format, .value = value, .bytes = bytes};
	size_t wanted = (bytes ? 8 : 1) * (size_t)format->words;
	char are[48];

	for (int i = 0; i < count; i++) {
		if (strcmp(texts[i], "-") ? !take_line(&in, texts[i]) : !take_file(&in, input))
			return false;
	}
	snprintf(are, sizeof(are), "%zu %s%s given", in.used, bytes ? "byte" : "word",
		 in.used == 1 ? " is" : "s are");
	return in.used == wanted || wrong_count(&in, are);
}
