/* SPDX-License-Identifier: MIT */
/* Figures in chapters: what one page shows of the IOTLB room. */
#ifndef FIGURES_FIGURE_H
#define FIGURES_FIGURE_H

#include "run.h"
#include <stdbool.h>
#include <stdio.h>

/* One figure: a CSV file whose first column is x and whose others are lines; NaN is no point. */
struct figure {
	const char *file; /* without .csv and .svg */
	const char *title;
	const char *x, *y;
	bool log_x;
	const char *about;	 /* what was played, in a sentence */
	void (*play)(FILE *csv); /* the model's: writes the whole file */
	const void *what;	 /* the others': for the chapter's write */
	bool log_y;
};

struct chapter {
	const char *title;
	const char *about;
	/* writes a figure's whole file; false where there is nothing to write */
	bool (*write)(FILE *csv, const struct figure *figure);
	const struct figure *figures;
	size_t count;
};

/* The model's figures: what hardware would do. */
extern const struct chapter chapter_model;

/* What invalidation commands drop, by the library's planner and its decoders. */
extern const struct chapter chapter_commands;

/* What this machine took, out of a run of iomt-bench, which must outlive the chapter. */
struct chapter chapter_measured(const struct run *run);

/*
 * Writes each figure's CSV and SVG into the current folder. False, after saying why on stderr, where
 * something cannot be written or has no data, or where there is no gnuplot; the rest is there then.
 */
bool figures_draw(const struct chapter *chapters, size_t count);

/* index.html, which shows the figures and says what the run was measured on. */
bool figures_page(const struct chapter *chapters, size_t count, const struct run *run);

#endif
