/* SPDX-License-Identifier: MIT */
#ifndef SIMULATE_FIGURES_H
#define SIMULATE_FIGURES_H

#include <stdbool.h>
#include <stdio.h>

/* One figure: a CSV file whose first column is x and whose others are lines. */
struct figure {
	const char *file; /* without .csv and .svg */
	const char *title;
	const char *x, *y;
	bool log_x;
	const char *about;	  /* what was played, in a sentence */
	void (*write)(FILE *csv); /* the whole file */
};

extern const struct figure figures[];
extern const size_t figure_count;

/*
 * Makes the folder where it is missing, and in it each figure's CSV and SVG, and index.html. False,
 * after saying why on stderr, where something cannot be written, or there is no gnuplot; the CSV
 * files are there then.
 */
bool figures_make(const char *folder);

#endif
