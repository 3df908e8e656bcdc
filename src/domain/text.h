/* SPDX-License-Identifier: MIT */
/* Words into the caller's memory: what does not fit is counted and left out. */
#ifndef DOMAIN_TEXT_H
#define DOMAIN_TEXT_H

#include <iomt/base.h>

struct text {
	char *at;
	size_t size;
	size_t length; /* of all that was added */
};

static inline void text_char(struct text *text, char c)
{
	if (text->length < text->size)
		text->at[text->length] = c;
	text->length++;
}

static inline void text_add(struct text *text, const char *words)
{
	while (*words)
		text_char(text, *words++);
}

/* In digits of base 10 or 16, at least so many. */
static inline void text_number(struct text *text, uint64_t number, unsigned base, unsigned least)
{
	char digits[20];
	unsigned count = 0;

	do {
		digits[count++] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number || count < least);
	while (count)
		text_char(text, digits[--count]);
}

static inline void text_decimal(struct text *text, uint64_t number)
{
	text_number(text, number, 10, 1);
}

static inline void text_hex(struct text *text, uint64_t number, unsigned least)
{
	text_add(text, "0x");
	text_number(text, number, 16, least);
}

/* Ends it, and says how long it is. */
static inline size_t text_end(struct text *text)
{
	if (text->size)
		text->at[text->length < text->size ? text->length : text->size - 1] = 0;
	return text->length;
}

#endif
