/* SPDX-License-Identifier: MIT */
/*
 * iomt-overshoot prints what commands drop beyond what was asked for, and how many they are: ranges of
 * pages by their length, for each hardware and policy. The library's own decoders say what is
 * dropped. Plans that drop everything are counted apart.
 */
#include "overshoot.h"
#include "stats.h"
#include <stdio.h>

static void print_line(unsigned vendor, unsigned policy, uint64_t least, uint64_t most)
{
	static struct overshoot overshoot;
	char pages[32] = "any magnitude";

	if (least)
		snprintf(pages, sizeof(pages), "%u..%u", (unsigned)least, (unsigned)most);
	overshoot_measure(vendor, policy, least, most, &overshoot);
	printf("%-8s %-13s %-12s %9.2f %9.3f %9.3f %9.2f %9.2f\n", overshoot_vendors[vendor], pages,
	       overshoot_policies[policy].name, overshoot.commands, overshoot.mean,
	       stats_quantile(overshoot.over, overshoot.count, 0.5),
	       stats_quantile(overshoot.over, overshoot.count, 0.99),
	       100.0 * (double)(OVERSHOOT_RANGES - overshoot.count) / OVERSHOOT_RANGES);
}

int main(void)
{
	static const struct {
		uint64_t least, most;
	} lengths[] = {{2, 15}, {16, 255}, {256, 4095}, {4096, 65535}, {0, 65535}};

	printf("%-8s %-13s %-12s %9s %9s %9s %9s %9s\n", "hardware", "pages", "policy", "commands",
	       "mean", "median", "99 %", "all, %");
	for (unsigned v = 0; v < OVERSHOOT_VENDORS; v++) {
		for (unsigned l = 0; l < sizeof(lengths) / sizeof(lengths[0]); l++) {
			for (unsigned p = 0; p < OVERSHOOT_POLICIES; p++)
				print_line(v, p, lengths[l].least, lengths[l].most);
		}
	}
	return 0;
}
