/* SPDX-License-Identifier: MIT */
#ifndef REPORT_VIEW_H
#define REPORT_VIEW_H

#include "run.h"

/* page.html, a template. */
extern const char page_html[];

/* The run as one page, complete in itself. Takes the plots from the current folder. */
bool view_write(const struct run *run, const char *path);

/* What the page shows of a run besides tables and plots: headlines; noise and notes; the machine. */
void view_headline(cJSON *view, const struct run *run, const char *format);
void view_noise(cJSON *view, const struct run *run);
void view_machine(cJSON *view, const struct run *run);

/* A string by printf, in an object, or in an array without a name. */
void view_add(cJSON *to, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* An object of "1.23", "1.20 – 1.25" and which side of 1 that is; nothing where the value is 0. */
void view_interval(cJSON *to, const char *name, const struct interval *interval);

/* 1: more than 1 beyond doubt, -1: less, 0: who knows. */
int interval_side(const struct interval *interval);

#endif
