/* SPDX-License-Identifier: MIT */
#ifndef REPORT_PLOTS_H
#define REPORT_PLOTS_H

#include "run.h"

struct plot {
	const char *file;
	const char *title;
	const char *label;
	bool ratios; /* of peers, not times of iomt */
	bool per_entry;
	const char *begins[8]; /* of the names of its workloads; none: all */
};

extern const struct plot plots[];
extern const size_t plot_count;

/*
 * Draws the plots that the run has figures for into the current folder, with gnuplot, and removes
 * the others. False without gnuplot.
 */
bool plots_draw(const struct run *run);

#endif
