/* SPDX-License-Identifier: MIT */
/* What plans drop beyond what was asked for, and by how many commands. */
#ifndef FIGURES_OVERSHOOT_H
#define FIGURES_OVERSHOOT_H

#include <iomt/iomt.h>
#include <stddef.h>

#define OVERSHOOT_RANGES   20000u
#define OVERSHOOT_VENDORS  4u
#define OVERSHOOT_POLICIES 5u

struct overshoot_policy {
	const char *name;
	struct iomt_plan_policy policy;
};

extern const char *const overshoot_vendors[OVERSHOOT_VENDORS];
extern const struct overshoot_policy overshoot_policies[OVERSHOOT_POLICIES];

struct overshoot {
	double over[OVERSHOOT_RANGES]; /* dropped over asked for, in rising order */
	size_t count;		       /* of those that are not everything */
	double commands;	       /* means */
	double mean;
};

/*
 * Ranges of least to most pages, spread evenly over lengths and places; with least 0 every magnitude up
 * to most as often. Ends the program where the library's decoders cannot read its commands.
 */
void overshoot_measure(unsigned vendor, unsigned policy, uint64_t least, uint64_t most,
		       struct overshoot *overshoot);

#endif
