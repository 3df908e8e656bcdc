/* SPDX-License-Identifier: MIT */
#include "line.h"
#include <errno.h>
#include <string.h>

int line_next(FILE *file, char *line, size_t room, const char **reason)
{
	size_t length = 0;
	int c;

	while ((c = getc_unlocked(file)) > 0 && c != '\n' && length + 1 < room)
		line[length++] = (char)c;
	line[length] = 0;
	if (c == EOF && !ferror(file))
		return length > 0;
	if (c == '\n')
		return 1;
	*reason = c == EOF ? strerror(errno) : c ? "it is too long" : "it has a zero byte";
	return -1;
}
