/* SPDX-License-Identifier: MIT */
/* Two threads that begin at the same moment: the caller's, and one that lives as long as it. */
#ifndef FUZZ_PAIR_H
#define FUZZ_PAIR_H

/* Calls run(first) here and run(second) there, and returns when both have returned. */
void run_pair(void (*run)(void *ctx), void *first, void *second);

#endif
