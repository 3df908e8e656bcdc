/* SPDX-License-Identifier: MIT */
#include "print.h"
#include "board.h"
#include <stdarg.h>

static void put_text(const char *text)
{
	while (*text)
		board_put(*text++);
}

static void put_number(uint64_t value, unsigned base)
{
	char digits[24], *at = &digits[sizeof(digits) - 1];

	*at = '\0';
	do
		*--at = "0123456789abcdef"[value % base];
	while (value /= base);
	put_text(at);
}

void print(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	for (; *format; format++) {
		if (*format != '%') {
			board_put(*format);
		} else if (*++format == 's') {
			put_text(va_arg(list, const char *));
		} else if (*format == 'u') {
			put_number(va_arg(list, unsigned), 10);
		} else if (*format == 'x') {
			put_number(va_arg(list, unsigned), 16);
		} else if (*format == 'l') {
			format++;
			put_number(va_arg(list, unsigned long), 16);
		}
	}
	va_end(list);
}
