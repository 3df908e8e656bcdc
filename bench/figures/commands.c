/* SPDX-License-Identifier: MIT */
/* Commands and what they drop beyond the range, by its length, for each hardware. */
#include "figure.h"
#include "overshoot.h"
#include "stats.h"
#include <math.h>

#define MAGNITUDES 20u /* ranges of up to 4 GiB */

enum what { COMMANDS, MEAN, MEDIAN, TAIL };
enum policy { ONE, TWO, FOUR, EXACT, COST };

struct line {
	const char *label;
	enum policy policy;
	enum what what;
};

struct vendor {
	unsigned number;
	struct line lines[6];
};

#define COUNTS                                                                       \
	{                                                                            \
		{"one cover", ONE, COMMANDS}, {"two covers", TWO, COMMANDS},         \
			{"four covers", FOUR, COMMANDS}, {"exact", EXACT, COMMANDS}, \
			{"by cost", COST, COMMANDS},                                 \
	}
#define DROPS                                                                             \
	{                                                                                 \
		{"one cover: median", ONE, MEDIAN}, {"one cover: 99 %", ONE, TAIL},       \
			{"two covers: mean", TWO, MEAN}, {"two covers: 99 %", TWO, TAIL}, \
			{"four covers: mean", FOUR, MEAN}, {"by cost: mean", COST, MEAN}, \
	}

/* Of all ranges; NaN where that is one of those that drop everything. */
static double quantile(const struct overshoot *overshoot, double fraction)
{
	double part = fraction * (OVERSHOOT_RANGES - 1) / ((double)overshoot->count - 1);

	return part <= 1 ? stats_quantile(overshoot->over, overshoot->count, part) : NAN;
}

static double value_of(const struct line *line, const struct overshoot *overshoot)
{
	switch (line->what) {
	case COMMANDS:
		return overshoot->commands;
	case MEAN: /* there is no telling how much everything is */
		return overshoot->count < OVERSHOOT_RANGES ? NAN : overshoot->mean;
	case MEDIAN:
		return quantile(overshoot, 0.5);
	case TAIL:
		break;
	}
	return quantile(overshoot, 0.99);
}

static bool write_lengths(FILE *csv, const struct figure *figure)
{
	static struct overshoot overshoot;
	const struct vendor *vendor = figure->what;
	const struct line *end = vendor->lines + 6;

	while (!end[-1].label)
		end--;
	fprintf(csv, "%s", figure->x);
	for (const struct line *line = vendor->lines; line < end; line++)
		fprintf(csv, ",%s", line->label);
	for (unsigned lg2 = 0; lg2 < MAGNITUDES; lg2++) {
		fprintf(csv, "\n%u", 1u << lg2);
		for (const struct line *line = vendor->lines; line < end; line++) {
			double value;

			overshoot_measure(vendor->number, line->policy, 1ULL << lg2,
					  (2ULL << lg2) - 1, &overshoot);
			value = value_of(line, &overshoot);
			fprintf(csv, isnan(value) ? ",NaN" : ",%.4g", value);
		}
	}
	fprintf(csv, "\n");
	return true;
}

static const struct vendor counts[] = {{0, COUNTS}, {1, COUNTS}, {2, COUNTS}, {3, COUNTS}};
static const struct vendor drops[] = {{0, DROPS}, {1, DROPS}, {2, DROPS}, {3, DROPS}};

/* Both figures of one hardware. */
#define FIGURES(file, number, name, about)                                                     \
	{"commands-" file,                                                                     \
	 name ": commands by the length of a range",                                           \
	 "pages",                                                                              \
	 "commands",                                                                           \
	 true,                                                                                 \
	 about,                                                                                \
	 .what = &counts[number]},                                                             \
	{                                                                                      \
		"overshoot-" file, name ": what is dropped by the length of a range", "pages", \
			"times the range", true, about, .what = &drops[number], .log_y = true  \
	}

static const struct figure figures[] = {
	FIGURES("amd", 0, "AMD", "INVALIDATE_IOMMU_PAGES: aligned powers of two."),
	FIGURES("vtd", 1, "VT-d",
		"Page-selective IOTLB invalidations: aligned powers of two, of up to 2^18 pages "
		"(MAMV); where a plan would need larger ones, the domain is dropped."),
	FIGURES("smmu", 2, "SMMUv3", "Range forms: 1 to 32 times a power of two, at any page."),
	FIGURES("riscv", 3, "RISC-V", "IOTINVAL.VMA with S: aligned powers of two."),
};

const struct chapter chapter_commands = {
	"Invalidation commands",
	"Counts, the same on every machine: what the library's planner makes of ranges of 4K "
	"pages, "
	"at places and of lengths that are spread evenly from each power of two to the next, as "
	"its "
	"decoders read the commands. By cost: a command takes 300 ns, an entry that was dropped in "
	"vain 200, and the IOTLB has 512. There is no mean for one cover: about one range in n "
	"crosses "
	"a boundary n times as large as itself, and then drops twice that.",
	write_lengths, figures, sizeof(figures) / sizeof(figures[0])};
