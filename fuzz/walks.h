/* SPDX-License-Identifier: MIT */
/* How many walks a target has made, told at its end as libFuzzer tells its own figures. */
#ifndef FUZZ_WALKS_H
#define FUZZ_WALKS_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t walks_made;

static inline void walks_tell(void)
{
	fprintf(stderr, "stat::number_of_walks:           %" PRIu64 "\n", walks_made);
}

static inline void walks_add(uint64_t count)
{
	static bool told;

	if (!told)
		atexit(walks_tell);
	told = true;
	walks_made += count;
}

#endif
