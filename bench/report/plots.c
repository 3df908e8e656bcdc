/* SPDX-License-Identifier: MIT */
/* Plots of a run, as SVG by gnuplot. */
#include "plots.h"
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

const struct plot plots[] = {
	{.file = "ratios.svg",
	 .title = "Linux or another peer beside iomt: times iomt’s time, with 95 % intervals",
	 .label = "times iomt’s time",
	 .ratios = true},
	{.file = "pages.svg",
	 .title = "One page, tables in place",
	 .label = "ns per operation",
	 .begins = {"map 1 ", "unmap 1 ", "map+unmap"}},
	{.file = "ranges.svg",
	 .title = "Ranges",
	 .label = "ns per entry",
	 .per_entry = true,
	 .begins = {"map 256 ", "unmap 256 ", "map 512 ", "unmap 512 ", "map 65536", "unmap 65536",
		    "cold"}},
	{.file = "walks.svg",
	 .title = "Translation of random addresses",
	 .label = "ns",
	 .begins = {"translate"}},
	{.file = "dirty.svg",
	 .title = "Dirty harvest",
	 .label = "ns per entry",
	 .per_entry = true,
	 .begins = {"dirty"}},
};
const size_t plot_count = sizeof(plots) / sizeof(plots[0]);

static bool belongs(const struct plot *plot, const char *workload)
{
	for (size_t i = 0; i < 8 && plot->begins[i]; i++) {
		if (!strncmp(workload, plot->begins[i], strlen(plot->begins[i])))
			return true;
	}
	return !plot->begins[0];
}

/* What the plot shows of a result; 0: nothing. */
static double height(const struct plot *plot, const struct result *result)
{
	if (!result || result->error || result_is_own(result) == plot->ratios)
		return 0;
	if (plot->ratios)
		return result->ratio.value;
	return plot->per_entry ? result->ns_per_entry : result->ns_per_op;
}

/* Whether the plot has anything of a format and a workload, or of any where that is NULL. */
static bool shows(const struct plot *plot, const struct run *run, const char *format,
		  const char *workload)
{
	for (size_t i = 0; i < run->count; i++) {
		const struct result *result = &run->list[i];

		if (!result_is_limit(result) && belongs(plot, result->workload) &&
		    (!format || !strcmp(result->format, format)) &&
		    (!workload || !strcmp(result->workload, workload)) && height(plot, result) > 0)
			return true;
	}
	return false;
}

/* In quotes, without what gnuplot gives a meaning. */
static void put_name(FILE *gnuplot, const char *name)
{
	fputc('"', gnuplot);
	for (; *name; name++)
		fputc(iscntrl((unsigned char)*name) || strchr("\"\\`", *name) ? '_' : *name,
		      gnuplot);
	fputc('"', gnuplot);
}

/* A line of a bar chart's data: a bar a format. */
static void put_bars(FILE *gnuplot, const struct plot *plot, const struct run *run,
		     const char *workload)
{
	put_name(gnuplot, workload);
	for (size_t f = 0; f < run->formats.count; f++) {
		const char *format = run->formats.list[f];
		double value = height(plot, run_find(run, format, workload, "iomt"));

		if (shows(plot, run, format, NULL))
			fprintf(gnuplot, value > 0 ? " %g" : " NaN", value);
	}
	fputc('\n', gnuplot);
}

static void draw_times(FILE *gnuplot, const struct plot *plot, const struct run *run)
{
	size_t columns = 1;

	fprintf(gnuplot, "$data << EOD\nworkload");
	for (size_t f = 0; f < run->formats.count; f++) {
		if (!shows(plot, run, run->formats.list[f], NULL))
			continue;
		fputc(' ', gnuplot);
		put_name(gnuplot, run->formats.list[f]);
		columns++;
	}
	fputc('\n', gnuplot);
	for (size_t w = 0; w < run->workloads.count; w++) {
		if (shows(plot, run, NULL, run->workloads.list[w]))
			put_bars(gnuplot, plot, run, run->workloads.list[w]);
	}
	fprintf(gnuplot,
		"EOD\nset style data histograms\nset style fill solid 0.8\nset yrange [0:*]\n"
		"plot for [i=2:%zu] $data using i:xtic(1) title columnhead\n",
		columns);
}

/* The points of one peer in one format, each with its interval, "shift" beside the workload. */
static size_t put_points(FILE *gnuplot, const struct plot *plot, const struct run *run,
			 const char *format, const char *peer, double shift)
{
	size_t at = 0, points = 0;

	for (size_t w = 0; w < run->workloads.count; w++) {
		const struct result *result;

		if (!shows(plot, run, NULL, run->workloads.list[w]))
			continue;
		result = run_find(run, format, run->workloads.list[w], peer);
		if (height(plot, result) > 0) {
			const struct interval *ratio = &result->ratio;
			bool known = ratio->low > 0;

			fprintf(gnuplot, "%g %g %g %g\n", (double)at + shift, ratio->value,
				known ? ratio->low : ratio->value,
				known ? ratio->high : ratio->value);
			points++;
		}
		at++;
	}
	return points;
}

/* Adds a peer's points in a format to what will be plotted. */
static void put_series(FILE *gnuplot, const char *format, const char *peer, size_t number)
{
	fprintf(gnuplot, "title%zu=", number);
	put_name(gnuplot, format);
	fprintf(gnuplot, ".' '.");
	put_name(gnuplot, peer);
	fprintf(gnuplot,
		"\nplots=plots.(plots eq '' ? '' : ', ').'$data%zu using 1:2:3:4 with yerrorbars "
		"pt 7 ps 0.6 title title%zu'\n",
		number, number);
}

/* Points: a column a workload, a point a format and peer. */
static void draw_ratios(FILE *gnuplot, const struct plot *plot, const struct run *run)
{
	size_t series = run->formats.count * run->targets.count, at = 0;

	fprintf(gnuplot, "set xtics (");
	for (size_t w = 0; w < run->workloads.count; w++) {
		if (!shows(plot, run, NULL, run->workloads.list[w]))
			continue;
		fprintf(gnuplot, at ? ", " : "");
		put_name(gnuplot, run->workloads.list[w]);
		fprintf(gnuplot, " %zu", at++);
	}
	fprintf(gnuplot,
		")\nset xrange [-0.6:%g]\nset logscale y 2\nset bars 0\nset pointintervalbox "
		"0\nset grid xtics\nplots=''\n",
		(double)at - 0.4);
	fprintf(gnuplot, "set arrow from graph 0, first 1 to graph 1, first 1 nohead\n");
	for (size_t s = 0; s < series; s++) {
		const char *format = run->formats.list[s / run->targets.count];
		const char *peer = run->targets.list[s % run->targets.count];
		double shift = ((double)s + 0.5) / (double)series * 0.8 - 0.4;
		size_t points;

		fprintf(gnuplot, "$data%zu << EOD\n", s);
		points = put_points(gnuplot, plot, run, format, peer, shift);
		fprintf(gnuplot, "EOD\n");
		if (points)
			put_series(gnuplot, format, peer, s);
	}
	fprintf(gnuplot, "eval 'plot '.plots\n");
}

static void draw(FILE *gnuplot, const struct plot *plot, const struct run *run)
{
	fprintf(gnuplot,
		"reset\nset encoding utf8\n"
		"set terminal svg size 1100,%d font 'sans,12'\n"
		"set output '%s'\nset ylabel '%s'\nset key outside noenhanced\n"
		"set xtics rotate by %s noenhanced\nset grid ytics\n",
		plot->ratios ? 620 : 480, plot->file, plot->label,
		plot->ratios ? "90 right" : "-30");
	if (plot->ratios)
		draw_ratios(gnuplot, plot, run);
	else
		draw_times(gnuplot, plot, run);
	fprintf(gnuplot, "unset output\n");
}

bool plots_draw(const struct run *run)
{
	FILE *gnuplot;

	signal(SIGPIPE, SIG_IGN); /* where there is no gnuplot at the other end */
	gnuplot = popen("gnuplot 2>/dev/null", "w");
	for (size_t i = 0; i < plot_count; i++) {
		remove(plots[i].file);
		if (gnuplot && shows(&plots[i], run, NULL, NULL))
			draw(gnuplot, &plots[i], run);
	}
	return gnuplot && !pclose(gnuplot);
}
