/* SPDX-License-Identifier: MIT */
/* What every memory provider must do, whatever it is made of. */
#ifndef TESTS_HOSTED_PROVIDER_CHECKS_H
#define TESTS_HOSTED_PROVIDER_CHECKS_H

#include <iomt/mem.h>

/* A provider, and how many bytes it says that it has handed out. */
struct subject {
	const struct iomt_mem *mem;
	uint64_t (*used)(void *owner); /* NULL: it does not say */
	void *owner;
};

/* Every size: aligned, apart from all others, keeping what is written, counted, and reusable. */
void check_sizes(const struct subject *subject);

/* Sizes that struct iomt_mem does not allow are refused, and nothing changes. */
void check_bad_sizes(const struct subject *subject);

/* All sizes at random, taken and given back in any order, hold what was written into them. */
void check_mix(const struct subject *subject);

/* Tables of every kind are built, used, cut, trimmed and destroyed, with every byte counted. */
void check_tables(const struct subject *subject);

#endif
