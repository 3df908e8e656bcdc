/* SPDX-License-Identifier: MIT */
#include "tool.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS 32 /* of a list at most */

int tool_fail(struct tool *tool, const char *subject, const char *format, ...)
{
	char line[1024];
	va_list args;
	int used;

	tool_progress_end(tool);
	if (tool->failed)
		return TOOL_BAD;
	tool->failed = true;
	used = snprintf(line, sizeof(line) / 2, "iomt: %s", subject);
	if (used > (int)sizeof(line) / 2 - 1)
		used = (int)sizeof(line) / 2 - 1;
	line[used++] = ':';
	line[used++] = ' ';
	va_start(args, format);
	vsnprintf(line + used, sizeof(line) - (size_t)used, format, args);
	va_end(args);
	for (char *c = line; *c; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	fprintf(tool->err, "%s\n", line);
	return TOOL_BAD;
}

bool tool_on_terminal(FILE *file)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(file)) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

int tool_no_memory(struct tool *tool)
{
	return tool_fail(tool, tool->command ? tool->command : "start",
			 "there is no memory for it");
}

bool tool_number(struct tool *tool, const char *subject, const char *text, uint64_t most,
		 uint64_t *value)
{
	static const char units[] = "KMGT";
	bool binary = text[0] == '0' && (text[1] == 'b' || text[1] == 'B');
	const char *digits = binary ? text + 2 : text, *unit;
	unsigned shift = 0;
	uint64_t number;
	char *end;

	errno = 0;
	number = strtoull(digits, &end, binary ? 2 : 0);
	if (digits[0] < '0' || digits[0] > '9' || end == digits) {
		tool_fail(tool, subject, "'%s' is no number, such as 4096, 4K or 0x1000", text);
		return false;
	}
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		shift = 10 * (unsigned)(unit - units + 1);
		end++;
	}
	if (*end) {
		tool_fail(tool, subject, "'%s' is no number: '%s' does not belong there", text,
			  end);
		return false;
	}
	if (errno || number > most >> shift) {
		tool_fail(tool, subject, "'%s' is too large: 0x%llx is the most", text,
			  (unsigned long long)most);
		return false;
	}
	*value = number << shift;
	return true;
}

bool tool_rid(const char *text, uint32_t *rid)
{
	unsigned segment, bus, device, function;
	int end = 0;

	/* blanks and signs would be fine with sscanf */
	if (text[strspn(text, "0123456789abcdefABCDEF:.")])
		return false;
	if ((sscanf(text, "%4x:%2x:%2x.%1x%n", &segment, &bus, &device, &function, &end) != 4 ||
	     text[end]) &&
	    (sscanf(text, "%2x:%2x.%1x%n", &bus, &device, &function, &end) != 3 || text[end]))
		return false;
	*rid = bus << 8 | device << 3 | function;
	return device < 32 && function < 8;
}

bool tool_limit(struct tool *tool, const char *text, uint64_t *limit)
{
	if (!tool_number(tool, "--limit", text, UINT64_MAX, limit))
		return false;
	if (!*limit)
		tool_fail(tool, "--limit", "with 0 there is nothing to say");
	return *limit;
}

int tool_word(struct tool *tool, const char *subject, const char *what, const char *text,
	      const char *const *words)
{
	char list[768] = "";
	size_t used = 0;

	for (int i = 0; words[i]; i++) {
		if (!strcmp(words[i], text))
			return i;
		if (used < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used, " %s", words[i]);
	}
	tool_fail(tool, subject, "no such %s '%s'; there are:%s", what, text, list);
	return -1;
}

bool tool_words(struct tool *tool, const char *subject, const char *what, const char *text,
		const struct tool_bit *bits, uint64_t *value)
{
	const char *names[WORDS + 1];
	char word[64];

	for (unsigned i = 0; i <= WORDS; i++) {
		names[i] = bits[i].name;
		if (!names[i])
			break;
	}
	*value = 0;
	for (;; text++) {
		size_t length = strcspn(text, ",");
		int which;

		snprintf(word, sizeof(word), "%.*s", (int)(length < 63 ? length : 63), text);
		which = tool_word(tool, subject, what, word, names);
		if (which < 0)
			return false;
		*value |= bits[which].value;
		text += length;
		if (!*text)
			return true;
	}
}

void tool_progress(struct tool *tool, const char *what, uint64_t done, uint64_t total)
{
	struct timespec now;
	int filled, percent;

	if (tool->quiet || tool->json || !isatty(fileno(tool->err)) ||
	    clock_gettime(CLOCK_MONOTONIC, &now))
		return;
	if ((now.tv_sec - tool->progress_time.tv_sec) * 1000 +
		    (now.tv_nsec - tool->progress_time.tv_nsec) / 1000000 <
	    100)
		return;
	tool->progress_time = now;
	tool->progress_shown = true;
	if (!total) {
		fprintf(tool->err, "\r%s: %llu\033[K", what, (unsigned long long)done);
	} else {
		percent = (int)(100.0 * (double)(done < total ? done : total) / (double)total);
		filled = percent * 30 / 100;
		fprintf(tool->err, "\r%s [%.*s%*s] %3d %%\033[K", what, filled,
			"##############################", 30 - filled, "", percent);
	}
	fflush(tool->err);
}

void tool_progress_end(struct tool *tool)
{
	if (!tool->progress_shown)
		return;
	tool->progress_shown = false;
	fputs("\r\033[K", tool->err);
	fflush(tool->err);
}
