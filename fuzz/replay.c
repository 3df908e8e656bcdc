/* SPDX-License-Identifier: MIT */
/*
 * A target without a fuzzer: runs every file named on the command line, and every file in the
 * directories named there. -t SECONDS repeats them all for as long, and tells how fast that was.
 */
#include "target.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

struct input {
	uint8_t *data;
	size_t size;
};

static struct input *inputs;
static size_t input_count;

static void give_up(const char *what, const char *path)
{
	fprintf(stderr, "replay: cannot %s %s\n", what, path);
	exit(2);
}

static void run(const char *path, const struct input *input)
{
	/* what crashes is named by the last line */
	fprintf(stderr, "%s\r", path);
	LLVMFuzzerTestOneInput(input->data, input->size);
	fprintf(stderr, "%*s\r", (int)strlen(path), "");
}

static void keep(const struct input *input)
{
	inputs = realloc(inputs, (input_count + 1) * sizeof(*inputs));
	if (!inputs)
		give_up("hold", "all inputs");
	inputs[input_count++] = *input;
}

static void take_file(const char *path, size_t size)
{
	struct input input = {malloc(size ? size : 1), size};
	FILE *file = fopen(path, "rb");

	if (!file || !input.data || fread(input.data, 1, size, file) != size)
		give_up("read", path);
	fclose(file);
	run(path, &input);
	keep(&input);
}

static void take(const char *path)
{
	struct stat status;
	struct dirent **names;
	int count;

	if (stat(path, &status))
		give_up("find", path);
	if (!S_ISDIR(status.st_mode)) {
		take_file(path, (size_t)status.st_size);
		return;
	}
	count = scandir(path, &names, NULL, alphasort);
	if (count < 0)
		give_up("read", path);
	for (int i = 0; i < count; i++) {
		char full[4096];

		snprintf(full, sizeof(full), "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.' && strcmp(names[i]->d_name, "README.md") != 0)
			take(full);
		free(names[i]);
	}
	free(names);
}

/* Of the processor's time: others may be at work on the machine. */
static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void repeat(double seconds)
{
	double begin = now(), end = begin;
	size_t runs = 0;

	while (input_count && end < begin + seconds) {
		for (size_t i = 0; i < input_count; i++)
			LLVMFuzzerTestOneInput(inputs[i].data, inputs[i].size);
		runs += input_count;
		end = now();
	}
	printf("%zu runs, %.0f a second\n", runs, (double)runs / (end - begin));
}

int main(int argc, char **argv)
{
	double seconds = 0;
	int first = 1;

	if (argc > 2 && !strcmp(argv[1], "-t")) {
		seconds = strtod(argv[2], NULL);
		first = 3;
	}
	for (int i = first; i < argc; i++)
		take(argv[i]);
	printf("%zu inputs\n", input_count);
	if (seconds > 0)
		repeat(seconds);
	for (size_t i = 0; i < input_count; i++)
		free(inputs[i].data);
	free(inputs);
	return 0;
}
