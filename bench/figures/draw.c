/* SPDX-License-Identifier: MIT */
/* Figures as files: CSV, SVG by gnuplot, and a page that shows them. */
#include "figures.h"
#include "play.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool complain(const char *path)
{
	fprintf(stderr, "iomt-simulate: %s: %s\n", path, strerror(errno));
	return false;
}

static bool write_csv(const struct figure *figure)
{
	char path[64];
	FILE *csv;
	bool bad;

	snprintf(path, sizeof(path), "%s.csv", figure->file);
	csv = fopen(path, "w");
	if (!csv)
		return complain(path);
	figure->write(csv);
	bad = ferror(csv);
	return !fclose(csv) && !bad ? true : complain(path);
}

static void draw(FILE *gnuplot, const struct figure *figure)
{
	fprintf(gnuplot,
		"reset\nset encoding utf8\nset datafile separator ','\n"
		"set terminal svg size 900,480 font 'sans,12'\nset output '%s.svg'\n"
		"set xlabel '%s' noenhanced\nset ylabel '%s' noenhanced\n"
		"set key outside noenhanced\nset grid\nset yrange [0:*]\n%s"
		"stats '%s.csv' skip 1 nooutput\n"
		"plot for [i=2:STATS_columns] '%s.csv' using 1:i title columnhead(i) with "
		"linespoints pt 7 ps 0.4\nunset output\n",
		figure->file, figure->x, figure->y, figure->log_x ? "set logscale x 2\n" : "",
		figure->file, figure->file);
}

static bool draw_all(void)
{
	FILE *gnuplot;

	signal(SIGPIPE, SIG_IGN); /* where there is no gnuplot at the other end */
	gnuplot = popen("gnuplot", "w");
	for (size_t i = 0; gnuplot && i < figure_count; i++)
		draw(gnuplot, &figures[i]);
	if (gnuplot && !pclose(gnuplot))
		return true;
	fprintf(stderr, "iomt-simulate: no plots: gnuplot is missing or failed\n");
	return false;
}

static bool write_index(void)
{
	FILE *page = fopen("index.html", "w");
	bool bad;

	if (!page)
		return complain("index.html");
	fprintf(page,
		"<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
		"<title>iomt: the IOTLB model</title>\n"
		"<style>body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 "
		"1em}img{max-width:100%%}</style>\n"
		"<h1>The IOTLB model</h1>\n"
		"<p>Made by <code>iomt-simulate figures</code>. The model is deterministic: every "
		"machine makes the same figures.</p>\n");
	for (size_t i = 0; i < figure_count; i++)
		fprintf(page,
			"<h2>%s</h2>\n<p>%s <a href=\"%s.csv\">CSV</a></p>\n"
			"<img src=\"%s.svg\" alt=\"%s\">\n",
			figures[i].title, figures[i].about, figures[i].file, figures[i].file,
			figures[i].title);
	fprintf(page, "</html>\n");
	bad = ferror(page);
	return !fclose(page) && !bad ? true : complain("index.html");
}

bool figures_make(const char *folder)
{
	bool good = true;

	if (mkdir(folder, 0777) && errno != EEXIST)
		return complain(folder);
	if (chdir(folder)) /* gnuplot need not know what it is called */
		return complain(folder);
	for (size_t i = 0; i < figure_count; i++) {
		progress(figures[i].file, i, figure_count);
		good &= write_csv(&figures[i]);
	}
	progress("done", 1, 1);
	good &= draw_all();
	good &= write_index();
	if (good)
		printf("To read: %s/index.html\n", folder);
	return good;
}
