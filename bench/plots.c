/* SPDX-License-Identifier: MIT */
/* Plots of a run, as SVG by gnuplot. */
#include "report.h"
#include <stdio.h>
#include <string.h>

#define NAMES 128

/* The workloads of one plot are those whose names begin so. */
struct plot {
	const char *file;
	const char *title;
	const char *label;
	bool per_entry;
	const char *begins[8];
};

static bool belongs(const struct plot *plot, const char *workload)
{
	for (size_t i = 0; i < 8 && plot->begins[i]; i++) {
		if (!strncmp(workload, plot->begins[i], strlen(plot->begins[i])))
			return true;
	}
	return false;
}

static void draw(FILE *gnuplot, const struct results *results, const struct plot *plot,
		 const char *folder)
{
	const char *formats[NAMES], *workloads[NAMES];
	size_t columns = result_formats(results, formats, NAMES);
	size_t rows = result_workloads(results, workloads, NAMES);

	fprintf(gnuplot, "reset\n$data << EOD\nworkload");
	for (size_t c = 0; c < columns; c++)
		fprintf(gnuplot, " %s", formats[c]);
	for (size_t r = 0; r < rows; r++) {
		if (!belongs(plot, workloads[r]))
			continue;
		fprintf(gnuplot, "\n\"%s\"", workloads[r]);
		for (size_t c = 0; c < columns; c++) {
			const struct result *result =
				result_find(results, formats[c], workloads[r], "iomt");

			if (result)
				fprintf(gnuplot, " %g",
					plot->per_entry ? result->ns_per_entry : result->ns_per_op);
			else
				fprintf(gnuplot, " NaN");
		}
	}
	fprintf(gnuplot,
		"\nEOD\n"
		"set terminal svg size 1100,500 font 'sans,12'\n"
		"set output '%s/%s'\n"
		"set title '%s'\nset ylabel '%s'\nset style data histograms\n"
		"set style fill solid 0.8\nset key outside noenhanced autotitle columnhead\n"
		"set xtics rotate by -30 noenhanced\nset grid ytics\nset yrange [0:*]\n"
		"plot for [i=2:%zu] $data using i:xtic(1)\nunset output\n",
		folder, plot->file, plot->title, plot->label, columns + 1);
}

bool plots_draw(const struct results *results, const char *folder)
{
	static const struct plot plots[] = {
		{"pages.svg",
		 "One page, tables in place",
		 "ns per operation",
		 false,
		 {"map 1 ", "unmap 1 ", "map+unmap"}},
		{"ranges.svg",
		 "Ranges",
		 "ns per entry",
		 true,
		 {"map 256 ", "unmap 256 ", "map 512 ", "unmap 512 ", "map 65536", "unmap 65536",
		  "cold"}},
		{"walks.svg", "Translation of random addresses", "ns", false, {"translate"}},
		{"dirty.svg", "Dirty harvest", "ns per entry", true, {"dirty"}},
	};
	FILE *gnuplot = popen("gnuplot 2>/dev/null", "w");

	if (!gnuplot)
		return false;
	for (size_t i = 0; i < sizeof(plots) / sizeof(plots[0]); i++)
		draw(gnuplot, results, &plots[i], folder);
	return !pclose(gnuplot);
}
