/* SPDX-License-Identifier: MIT */
/*
 * Makes the figures of the IOTLB room: iomt-figures FOLDER reads FOLDER/benchmark.json, a run of
 * iomt-bench, and writes CSV, SVG and index.html beside it.
 */
#include "figure.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct chapter chapters[3];
	char path[4096];
	struct run run;
	bool good;

	if (argc != 2) {
		fprintf(stderr, "usage: iomt-figures FOLDER\n");
		return 2;
	}
	snprintf(path, sizeof(path), "%s/benchmark.json", argv[1]);
	if (!run_read(&run, path))
		return 2;
	if (chdir(argv[1])) { /* gnuplot need not know what it is called */
		fprintf(stderr, "iomt-figures: %s: %s\n", argv[1], strerror(errno));
		run_free(&run);
		return 2;
	}
	chapters[0] = chapter_model;
	chapters[1] = chapter_commands;
	chapters[2] = chapter_measured(&run);
	good = figures_draw(chapters, 3);
	good &= figures_page(chapters, 3, &run);
	run_free(&run);
	if (good)
		printf("To read: %s/index.html\n", argv[1]);
	return !good;
}
