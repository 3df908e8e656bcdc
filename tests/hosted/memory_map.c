/* SPDX-License-Identifier: MIT */
#include "memory_map.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number behind "name:" in a line, or -1. */
static int64_t figure(const char *line, const char *name)
{
	size_t length = strlen(name);

	if (strncmp(line, name, length) != 0 || line[length] != ':')
		return -1;
	return strtoll(line + length + 1, NULL, 10);
}

int64_t file_figure(const char *path, const char *name)
{
	FILE *file = fopen(path, "r");
	int64_t found = -1;
	char line[512];

	while (file && found < 0 && fgets(line, sizeof(line), file))
		found = figure(line, name);
	if (file)
		fclose(file);
	return found;
}

int64_t map_figure(const void *address, const char *name)
{
	FILE *file = fopen("/proc/self/smaps", "r");
	unsigned long from, to, at = (unsigned long)(uintptr_t)address;
	int64_t found = -1;
	int inside = 0;
	char line[512];

	while (file && found < 0 && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = from <= at && at < to;
		else if (inside)
			found = figure(line, name);
	}
	if (file)
		fclose(file);
	return found;
}
