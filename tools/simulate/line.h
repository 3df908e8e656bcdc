/* SPDX-License-Identifier: MIT */
/* Lines of files that may be anything: no more is read, or held, than a line may have. */
#ifndef SIMULATE_LINE_H
#define SIMULATE_LINE_H

#include <stddef.h>
#include <stdio.h>

/*
 * 1: "line" is the next line, a text without its end; 0: there is none; -1: reading failed, or the line
 * has "room" characters or more or a zero byte, and *reason says which.
 */
int line_next(FILE *file, char *line, size_t room, const char **reason);

#endif
