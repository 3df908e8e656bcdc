/* SPDX-License-Identifier: MIT */
/*
 * Makes a run readable: iomt-bench-report FOLDER reads FOLDER/benchmark.json, prints a table, and
 * writes report.html, summary.json and plots beside it.
 */
#include "plots.h"
#include "text.h"
#include "view.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool written(bool good, const char *folder, const char *path)
{
	if (!good)
		fprintf(stderr, "iomt: %s/%s: cannot be written\n", folder, path);
	return good;
}

int main(int argc, char **argv)
{
	const char *folder = argv[1];
	char path[4096];
	struct run run;
	bool good;

	if (argc != 2) {
		fprintf(stderr, "usage: iomt-bench-report FOLDER\n");
		return 2;
	}
	snprintf(path, sizeof(path), "%s/benchmark.json", folder);
	if (!run_read(&run, path))
		return 2;
	if (chdir(folder)) { /* gnuplot need not know what it is called */
		fprintf(stderr, "iomt: %s: %s\n", folder, strerror(errno));
		run_free(&run);
		return 2;
	}
	text_print(&run);
	if (!plots_draw(&run))
		fprintf(stderr, "iomt: no plots: gnuplot is missing or failed\n");
	good = written(summary_write(&run, "summary.json"), folder, "summary.json");
	good &= written(view_write(&run, "report.html"), folder, "report.html");
	if (good)
		printf("To read, keep or mail: %s/report.html. For programs: %s/summary.json\n",
		       folder, folder);
	run_free(&run);
	return !good;
}
