/* SPDX-License-Identifier: MIT */
/*
 * What the library writes into the entries of each format, found by asking the format for all entries that
 * there can be: the pages in docs/formats are compared with this (formats.sh). Lines of words apart by tabs:
 *
 *	bit FORMAT BIT TABLE LEAF    what decides the bit in entries of tables and of leaves
 *	level FORMAT LEVEL SIZES     leaves that stand at a level
 */
#include "entry.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SAMPLES 65536

/* Something that is so or not so for a leaf. */
struct question {
	const char *yes, *no;
	uint32_t prot;	/* any of these bits */
	uint32_t type;	/* or this memory type, plus one */
	uint32_t flags; /* or any of these */
	bool large, run;
};

static const struct question questions[] = {
	{"READ", "no READ", .prot = IOMT_READ},
	{"WRITE", "no WRITE", .prot = IOMT_WRITE},
	{"EXEC", "no EXEC", .prot = IOMT_EXEC},
	{"SNOOP", "no SNOOP", .prot = IOMT_SNOOP},
	{"PRIV", "no PRIV", .prot = IOMT_PRIV},
	{"GLOBAL", "no GLOBAL", .prot = IOMT_GLOBAL},
	{"WRITE_BACK", "no WRITE_BACK", .type = 1 + IOMT_TYPE_WRITE_BACK},
	{"UNCACHED", "no UNCACHED", .type = 1 + IOMT_TYPE_UNCACHED},
	{"DEVICE", "no DEVICE", .type = 1 + IOMT_TYPE_DEVICE},
	{"IOMT_PT_DIRTY", "no IOMT_PT_DIRTY", .flags = IOMT_PT_DIRTY},
	{"IOMT_PT_NX", "no IOMT_PT_NX", .flags = IOMT_PT_NX},
	{"above level 0", "level 0", .large = true},
	{"run", "no run", .run = true},
};

#define QUESTIONS (sizeof(questions) / sizeof(questions[0]))

struct sample {
	u64 entry;
	bool answers[QUESTIONS];
	bool tracked; /* hardware may make it dirty */
};

static struct sample samples[MOST_SAMPLES];
static size_t sample_count;

static bool answer(const struct question *q, uint32_t prot, uint32_t flags, unsigned level,
		   bool run)
{
	return (prot & q->prot) || (q->type && (prot & IOMT_TYPE_MASK) == q->type - 1) ||
	       (flags & q->flags) || (q->large && level) || (q->run && run);
}

static void add_sample(const struct pt_format *f, uint32_t prot, uint32_t flags, unsigned size_lg2)
{
	unsigned level = pt_level_of_size(f, size_lg2);
	struct sample *sample = &samples[sample_count];
	u64 attrs;

	if (level >= f->max_levels || !f->encode(prot, flags, &attrs))
		return;
	if (++sample_count == MOST_SAMPLES) {
		fprintf(stderr, "more than %d entries\n", MOST_SAMPLES);
		exit(1);
	}
	sample->entry = f->leaf(0, level, size_lg2) | attrs;
	sample->tracked = (flags & IOMT_PT_DIRTY) && (prot & IOMT_WRITE);
	for (size_t i = 0; i < QUESTIONS; i++)
		sample->answers[i] =
			answer(&questions[i], prot, flags, level, size_lg2 > pt_unit_lg2(f, level));
}

/* Every protection, every set of flags, in leaves of one size for each kind of place. */
static void make_samples(const struct pt_format *f)
{
	static const uint32_t types[] = {IOMT_TYPE_WRITE_BACK, IOMT_TYPE_UNCACHED,
					 IOMT_TYPE_DEVICE};
	bool seen[2][2] = {{false}};

	sample_count = 0;
	for (unsigned size_lg2 = f->granule_lg2; size_lg2 < 64; size_lg2++) {
		unsigned level = pt_level_of_size(f, size_lg2);
		bool *known = &seen[level > 0][size_lg2 > pt_unit_lg2(f, level)];

		if (!(f->sizes >> size_lg2 & 1) || *known)
			continue;
		*known = true;
		for (uint32_t flags = 0; flags <= f->flags; flags++)
			for (uint32_t prot = 1; prot < IOMT_MMIO && !(flags & ~f->flags); prot++)
				for (unsigned type = 0; type < 3; type++)
					if (prot & (IOMT_READ | IOMT_WRITE | IOMT_EXEC))
						add_sample(f, prot | types[type], flags, size_lg2);
	}
}

/* True when the bit is what this says of two answers, in every sample. */
static bool explains(unsigned bit, size_t i, bool not_i, size_t j, bool not_j, bool either)
{
	for (size_t n = 0; n < sample_count; n++) {
		bool a = samples[n].answers[i] != not_i, b = samples[n].answers[j] != not_j;

		if ((samples[n].entry >> bit & 1) != (either ? a || b : a && b))
			return false;
	}
	return true;
}

static const char *word(size_t i, bool not_i)
{
	return not_i ? questions[i].no : questions[i].yes;
}

static void print_reason(unsigned bit)
{
	for (size_t i = 0; i < QUESTIONS; i++) {
		for (unsigned n = 0; n < 2; n++) {
			if (explains(bit, i, n, i, n, true)) {
				printf("%s", word(i, n));
				return;
			}
		}
	}
	for (size_t i = 0; i < QUESTIONS; i++) {
		for (size_t j = i + 1; j < QUESTIONS; j++) {
			for (unsigned n = 0; n < 8; n++) {
				if (!explains(bit, i, n & 1, j, n >> 1 & 1, n >> 2))
					continue;
				printf("%s %s %s", word(i, n & 1), n >> 2 ? "or" : "and",
				       word(j, n >> 1 & 1));
				return;
			}
		}
	}
	printf("?");
}

/* The bits of an entry that hold an address, by the widest that the format has. */
static u64 address_bits(const struct pt_format *f)
{
	unsigned widest = 63 - (unsigned)__builtin_clzll(f->oa_widths);

	return f->pack(pt_low_bits(widest) & ~(pt_granule(f) - 1));
}

static void print_leaf(const struct pt_format *f, unsigned bit)
{
	u64 all = ~0ULL, any = 0, set = 0, cleared = 0;

	for (size_t i = 0; i < sample_count; i++) {
		u64 entry = samples[i].entry, dirty = f->make_dirty(entry);

		all &= entry;
		any |= entry;
		set |= samples[i].tracked ? dirty & ~entry : 0;
		cleared |= samples[i].tracked ? entry & ~dirty : 0;
	}
	if (address_bits(f) >> bit & 1)
		printf("address");
	else if ((all >> bit & 1) || !(any >> bit & 1))
		printf("%u", (unsigned)(all >> bit & 1));
	else
		print_reason(bit);
	if ((set | cleared) >> bit & 1)
		printf(", %u when written to", (unsigned)(set >> bit & 1));
}

static void print_table(const struct pt_format *f, unsigned bit)
{
	u64 all = ~0ULL, any = 0;

	for (unsigned level = 1; level < f->max_levels; level++) {
		all &= f->table(0, level);
		any |= f->table(0, level);
	}
	if (address_bits(f) >> bit & 1)
		printf("address");
	else if (f->synced >> bit & 1)
		printf("cleaned");
	else if ((all ^ any) >> bit & 1)
		printf("level");
	else
		printf("%u", (unsigned)(all >> bit & 1));
}

static void print_size(unsigned lg2)
{
	printf("%u%.1s", 1u << lg2 % 10, &"BKMGTPE"[lg2 / 10]);
}

/* "4K to 1M" for powers of two without a gap, else each. */
static void print_level(const struct pt_format *f, unsigned level)
{
	const char *apart = "";

	for (unsigned lg2 = f->granule_lg2; lg2 < 64; lg2++) {
		unsigned last = lg2;

		if (!(f->sizes >> lg2 & 1) || pt_level_of_size(f, lg2) != level)
			continue;
		while ((f->sizes >> (last + 1) & 1) && pt_level_of_size(f, last + 1) == level)
			last++;
		printf("%s", apart);
		print_size(lg2);
		if (last > lg2) {
			printf(" to ");
			print_size(last);
		}
		apart = " ";
		lg2 = last;
	}
	if (!*apart)
		printf("none");
}

int main(void)
{
	for (size_t i = 0; iomt_pt_formats()[i]; i++) {
		const struct pt_format *f = iomt_pt_formats()[i]->facts;
		const char *name = iomt_pt_format_name(iomt_pt_formats()[i]);

		make_samples(f);
		for (unsigned bit = 64; bit--;) {
			printf("bit\t%s\t%u\t", name, bit);
			print_table(f, bit);
			printf("\t");
			print_leaf(f, bit);
			printf("\n");
		}
		for (unsigned level = 0; level < f->max_levels; level++) {
			printf("level\t%s\t%u\t", name, level);
			print_level(f, level);
			printf("\n");
		}
	}
	return 0;
}
