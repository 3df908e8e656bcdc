/* SPDX-License-Identifier: MIT */
/* Figures as files: CSV, and SVG by gnuplot. */
#include "figure.h"
#include "play.h"
#include <errno.h>
#include <signal.h>
#include <string.h>

static bool complain(const char *path, const char *reason)
{
	fprintf(stderr, "iomt-figures: %s: %s\n", path, reason);
	return false;
}

static bool write_csv(const struct chapter *chapter, const struct figure *figure)
{
	bool bad, some;
	char path[64];
	FILE *csv;

	snprintf(path, sizeof(path), "%s.csv", figure->file);
	csv = fopen(path, "w");
	if (!csv)
		return complain(path, strerror(errno));
	some = chapter->write(csv, figure);
	bad = ferror(csv);
	if (fclose(csv) || bad)
		return complain(path, strerror(errno));
	if (some)
		return true;
	remove(path);
	return complain(path, "the run has nothing of it");
}

static void draw(FILE *gnuplot, const struct figure *figure)
{
	fprintf(gnuplot,
		"reset\nset encoding utf8\nset datafile separator ','\n"
		"set terminal svg size 900,480 font 'sans,12'\nset output '%s.svg'\n"
		"set xlabel '%s' noenhanced\nset ylabel '%s' noenhanced\n"
		"set key outside noenhanced\nset grid\n%s%s"
		"stats '%s.csv' using 1 skip 1 nooutput\n"
		"plot for [i=2:STATS_columns] '%s.csv' using 1:i title columnhead(i) with "
		"linespoints pt 7 ps 0.4\nunset output\n",
		figure->file, figure->x, figure->y, figure->log_x ? "set logscale x 2\n" : "",
		figure->log_y ? "set logscale y\n" : "set yrange [0:*]\n", figure->file,
		figure->file);
}

bool figures_draw(const struct chapter *chapters, size_t count)
{
	bool good = true;
	FILE *gnuplot;

	signal(SIGPIPE, SIG_IGN); /* where there is no gnuplot at the other end */
	gnuplot = popen("gnuplot", "w");
	for (const struct chapter *chapter = chapters; chapter < chapters + count; chapter++) {
		for (size_t i = 0; i < chapter->count; i++) {
			const struct figure *figure = &chapter->figures[i];

			progress(figure->file, i, chapter->count);
			if (!write_csv(chapter, figure))
				good = false;
			else if (gnuplot)
				draw(gnuplot, figure);
		}
		progress("done", 1, 1);
	}
	if (gnuplot && !pclose(gnuplot))
		return good;
	return complain("no plots", "gnuplot is missing or failed");
}
