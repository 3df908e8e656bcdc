/* SPDX-License-Identifier: MIT */
#include "provider_checks.h"
#include "kinds.h"
#include "random.h"
#include "test.h"

#define RW	     (IOMT_READ | IOMT_WRITE)
#define SMALLEST_LG2 6u
#define LARGEST_LG2  21u
#define EACH	     40u /* pieces of each size at a time */

static uint64_t used(const struct subject *subject)
{
	return subject->used ? subject->used(subject->owner) : 0;
}

static void check_used(const struct subject *subject, uint64_t expected)
{
	if (subject->used)
		CHECK_EQ(used(subject), expected);
}

/* Marks both ends of a piece and looks whether the marks are still there. */
static void mark(void *memory, size_t bytes, uint64_t what)
{
	uint64_t *words = memory;

	words[0] = what;
	words[bytes / 8 - 1] = ~what;
}

static void check_mark(const void *memory, size_t bytes, uint64_t what)
{
	const uint64_t *words = memory;

	CHECK_EQ(words[0], what);
	CHECK_EQ(words[bytes / 8 - 1], ~what);
}

static void *take(const struct subject *subject, size_t bytes)
{
	void *memory = subject->mem->alloc(subject->mem->ctx, bytes);

	CHECK_MSG(memory, "no memory for %zu bytes", bytes);
	CHECK_EQ((uintptr_t)memory & (bytes - 1), 0);
	CHECK_EQ(((uintptr_t)memory + subject->mem->phys_offset) & (bytes - 1), 0);
	return memory;
}

static void give(const struct subject *subject, void *memory, size_t bytes)
{
	subject->mem->free(subject->mem->ctx, memory, bytes);
}

void check_sizes(const struct subject *subject)
{
	static void *pieces[LARGEST_LG2 + 1][EACH];
	uint64_t total = 0;

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < EACH; i++) {
			for (unsigned lg2 = SMALLEST_LG2; lg2 <= LARGEST_LG2; lg2++) {
				pieces[lg2][i] = take(subject, (size_t)1 << lg2);
				mark(pieces[lg2][i], (size_t)1 << lg2, lg2 * 1000 + i);
				total += 1ULL << lg2;
			}
		}
		check_used(subject, total);
		for (unsigned lg2 = SMALLEST_LG2; lg2 <= LARGEST_LG2; lg2++) {
			for (unsigned i = 0; i < EACH; i++) {
				check_mark(pieces[lg2][i], (size_t)1 << lg2, lg2 * 1000 + i);
				give(subject, pieces[lg2][i], (size_t)1 << lg2);
				total -= 1ULL << lg2;
			}
			check_used(subject, total);
		}
	}
}

void check_bad_sizes(const struct subject *subject)
{
	static const size_t sizes[] = {0,
				       1,
				       8,
				       32,
				       63,
				       65,
				       96,
				       4095,
				       4097,
				       6144,
				       1 << 22,
				       SIZE_MAX,
				       3 << 19,
				       1 << 30,
				       (1 << 21) + 1,
				       (1 << 21) - 1};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		CHECK_MSG(!subject->mem->alloc(subject->mem->ctx, sizes[i]),
			  "there was memory for %zu bytes", sizes[i]);
	check_used(subject, 0);
}

void check_mix(const struct subject *subject)
{
	static struct {
		void *memory;
		size_t bytes;
	} pieces[1024];
	struct random random;
	uint64_t total = 0;

	random_init(&random, 7);
	for (unsigned step = 0; step < 100000; step++) {
		uint64_t i = random_below(&random, 1024);
		/* small sizes more often than large ones */
		unsigned lg2 = SMALLEST_LG2 + (unsigned)(random_below(&random, 16) *
							 random_below(&random, 16) / 15);

		if (!pieces[i].memory) {
			pieces[i].bytes = (size_t)1 << lg2;
			pieces[i].memory = take(subject, pieces[i].bytes);
			mark(pieces[i].memory, pieces[i].bytes, i);
			total += pieces[i].bytes;
		} else {
			check_mark(pieces[i].memory, pieces[i].bytes, i);
			give(subject, pieces[i].memory, pieces[i].bytes);
			total -= pieces[i].bytes;
			pieces[i].memory = NULL;
		}
	}
	check_used(subject, total);
	for (unsigned i = 0; i < 1024; i++) {
		if (pieces[i].memory)
			give(subject, pieces[i].memory, pieces[i].bytes);
		pieces[i].memory = NULL;
	}
	check_used(subject, 0);
}

static void check_stats(const struct subject *subject, const struct iomt_pt *pt)
{
	struct iomt_pt_stats stats;

	iomt_pt_stats(pt, &stats);
	check_used(subject, stats.bytes);
}

/* What a table of every format can do, at addresses that all have. */
static void use_table(const struct subject *subject, struct iomt_pt *pt, uint64_t granule)
{
	uint64_t slots = granule / 8, block = slots * granule, first, last, bytes;
	struct iomt_gather gather;
	struct iomt_pt_leaf leaf;

	iomt_gather_init(&gather);
	iomt_pt_bounds(pt, &first, &last);
	/* twenty tables' worth, more than a gather holds without memory of its own */
	CHECK_INT(iomt_pt_map(pt, first, granule, 20 * block, RW, NULL), 0);
	CHECK_INT(iomt_pt_map(pt, last - (granule - 1), 0, granule, IOMT_READ, NULL), 0);
	check_stats(subject, pt);
	for (uint64_t at = 0; at < 20 * block; at += 37 * granule) {
		CHECK_INT(iomt_pt_translate(pt, first + at + 5, &leaf), 0);
		CHECK_EQ(leaf.oa, at + granule + 5);
	}
	CHECK_INT(iomt_pt_unmap(pt, first + granule, 20 * block - granule, &bytes, &gather), 0);
	CHECK_EQ(bytes, 20 * block - granule);
	CHECK_INT(iomt_pt_trim(pt, first, 20 * block, &gather), 0);
	CHECK_EQ(gather.tables, 19);
	iomt_gather_release(&gather);
	check_stats(subject, pt);
	CHECK_INT(iomt_pt_translate(pt, first, &leaf), 0);
	CHECK_EQ(leaf.oa, granule);
}

/* Kinds whose output is too small for a 64-bit process's pointers can have no table here. */
static bool reaches(const struct kind *kind)
{
	return !kind->enc_bit && (!kind->oa_bits || kind->oa_bits >= 48);
}

void check_tables(const struct subject *subject)
{
	unsigned count = 0;

	for (size_t i = 0; i < kind_count; i++) {
		const struct kind *kind = &kinds[i];
		struct iomt_pt_cfg cfg = {
			.size = sizeof(cfg),
			.format = kind->format,
			.mem = subject->mem,
			.flags = kind->flags,
			.iova_bits = kind->iova_bits,
			.oa_bits = kind->oa_bits,
			.bbm = kind->bbm,
		};
		struct iomt_pt pt;

		if (!reaches(kind) || kind->grows)
			continue;
		CHECK_INT(iomt_pt_init(&pt, &cfg), 0);
		use_table(subject, &pt, 1ULL << kind->granule_lg2);
		iomt_pt_destroy(&pt);
		check_used(subject, 0);
		count++;
	}
	CHECK(count > 15);
}
