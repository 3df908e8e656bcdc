/* SPDX-License-Identifier: MIT */
/* What C needs of Google Benchmark. shim.cc is the one C++ file of the project. */
#ifndef BENCH_SHIM_H
#define BENCH_SHIM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct shim_state;

/*
 * Registers a benchmark. "run" is called for each repetition, and while the library finds out how
 * many rounds one needs. It prepares, calls shim_round until that says stop, and tells each time
 * how long the round's measured part took.
 */
void shim_register(const char *name, void (*run)(struct shim_state *state, const void *ctx),
		   const void *ctx);

/* True while another round is wanted. Called between measured parts, so it does not count. */
bool shim_round(struct shim_state *state);

/* How long the measured part of this round took. */
void shim_time(struct shim_state *state, double seconds);

/* A figure that goes with the benchmark into the JSON. */
void shim_counter(struct shim_state *state, const char *name, double value);

/* Ends the benchmark as failed. */
void shim_fail(struct shim_state *state, const char *why);

/* Notes about the machine and the build, for the JSON's context. */
void shim_context(const char *name, const char *value);

/*
 * Runs what is registered, as Google Benchmark's own flags say. Returns the exit status: 1 for bad
 * flags or a failed benchmark.
 */
int shim_main(int argc, char **argv);

#ifdef __cplusplus
}
#endif
#endif
