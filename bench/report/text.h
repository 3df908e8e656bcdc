/* SPDX-License-Identifier: MIT */
/* What the report writes besides the page. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "run.h"

/* A table for a terminal, on stdout. */
void text_print(const struct run *run);

/* summary.json: the figures for programs. */
bool summary_write(const struct run *run, const char *path);

#endif
