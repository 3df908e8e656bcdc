/* SPDX-License-Identifier: MIT */
/* A run of iomt-bench, as the parts of the report share it. */
#ifndef REPORT_RUN_H
#define REPORT_RUN_H

#include "stats.h"
#include <cjson/cJSON.h>
#include <stdbool.h>

#define NOISY 0.1 /* coefficient of variation from which a figure is marked */

struct result {
	char *name; /* what the next three are parts of */
	const char *format, *workload, *target;
	const char *error; /* NULL, or why there are no figures */
	int order;	   /* of registration: a run shuffles */
	size_t repetitions;
	double *ns;	  /* per entry, of each repetition, in rising order */
	double entries;	  /* per operation */
	double ns_per_op; /* medians */
	double ns_per_entry;
	double spread;		/* coefficient of variation, NaN of one repetition */
	double limit;		/* ns per entry that the machine can do, 0 where none applies */
	unsigned threads;	/* that worked together, where their rounds say so; or 0 */
	double *scaling;	/* times what one of them does alone, of each repetition, rising */
	struct interval scaled; /* its median */
	double resident[3];	/* bytes of the process before, after, and trimmed; or 0 */
	struct interval ratio;	/* of a peer's time to iomt's, 0 of iomt itself */
	struct interval distance; /* to the limit: this time over that, 0 without limit */
};

struct names {
	const char **list;
	size_t count;
};

struct run {
	cJSON *json;
	const cJSON *context;
	struct result *list;
	size_t count;
	struct names formats, workloads, targets; /* without the machine's; in order */
};

/* Reads a run. False, after saying why on stderr, where the file is none. */
bool run_read(struct run *run, const char *path);
void run_free(struct run *run);

/* The result of a target ("iomt", "limit", a peer) in a format's workload, or NULL. */
const struct result *run_find(const struct run *run, const char *format, const char *workload,
			      const char *target);

/* Million operations a second of all threads together. */
double result_rate(const struct result *result);

bool result_is_own(const struct result *result);
bool result_is_limit(const struct result *result);

/* A note of the run's context, "" where there is none. */
const char *run_note(const struct run *run, const char *name);

/* The whole file and a zero, to be freed; NULL where it cannot be read. */
char *file_read(const char *path);

#endif
