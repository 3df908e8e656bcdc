/* SPDX-License-Identifier: MIT */
/* The engine's long loops for each set of vectors do what one entry after the other would. */
#include "wide.h"
#include "test.h"
#include <stdio.h>
#include <string.h>

extern const struct pt_wide pt_wide_avx2, pt_wide_avx512;

#define ROOM   200u
#define EDGE   8u
#define CANARY 0xa5a5a5a5a5a5a5a5ULL

static u64 words[ROOM + 2 * EDGE] __attribute__((aligned(64)));

static u64 pattern(u64 i)
{
	return (i + 1) * 0x9e3779b97f4a7c15ULL;
}

static void fill(void)
{
	for (u64 i = 0; i < ROOM + 2 * EDGE; i++)
		words[i] = pattern(i);
}

/* All but n words from "first" on are as fill left them. */
static void check_rest(u64 first, u64 n)
{
	for (u64 i = 0; i < ROOM + 2 * EDGE; i++) {
		if (i < first || i >= first + n)
			CHECK_EQ(words[i], pattern(i));
	}
}

static void check_reads(const struct pt_wide *wide, u64 first, u64 n)
{
	u64 all = ~0ULL, any = 0, got_all = CANARY, got_any = CANARY;

	fill();
	for (u64 i = 0; i < n; i++) {
		all &= words[first + i] | 0xff;
		any |= words[first + i];
		words[first + i] |= 0xff;
	}
	any |= n ? 0xff : 0;
	CHECK_EQ(wide->any(words + first, n), any);
	if (!n)
		return;
	wide->scan(words + first, n, &got_all, &got_any);
	CHECK_EQ(got_all, all);
	CHECK_EQ(got_any, any);
	/* each word counts */
	memset(words, 0, sizeof(words));
	words[first + n - 1] = 1ULL << 63;
	CHECK_EQ(wide->any(words + first, n), 1ULL << 63);
	CHECK_EQ(wide->any(words + first, n - 1), 0);
}

static void check_writes(const struct pt_wide *wide, u64 first, u64 n)
{
	const u64 mask = 0xff00000000000ff0, bits = 0x5500000000000a50;

	fill();
	wide->ramp(words + first, n, CANARY, 0x1234567890ULL);
	check_rest(first, n);
	for (u64 i = 0; i < n; i++)
		CHECK_EQ(words[first + i], CANARY + i * 0x1234567890ULL);
	fill();
	wide->change(words + first, n, mask, bits);
	check_rest(first, n);
	for (u64 i = 0; i < n; i++)
		CHECK_EQ(words[first + i], (pattern(first + i) & ~mask) | bits);
}

static void check_all(const struct pt_wide *wide)
{
	for (u64 first = EDGE; first < 2 * EDGE; first++) {
		for (u64 n = 0; n <= ROOM - EDGE; n++) {
			check_reads(wide, first, n);
			check_writes(wide, first, n);
		}
	}
}

static void avx2(void)
{
	if (__builtin_cpu_supports("avx2"))
		check_all(&pt_wide_avx2);
	else
		fprintf(stderr, "SKIPPED: long loops: this processor has no AVX2\n");
}

static void avx512(void)
{
	if (__builtin_cpu_supports("avx512f"))
		check_all(&pt_wide_avx512);
	else
		fprintf(stderr, "SKIPPED: long loops: this processor has no AVX-512\n");
}

/* The best that there is was chosen. */
static void choice(void)
{
	if (__builtin_cpu_supports("avx512f"))
		CHECK(pt_wide == &pt_wide_avx512);
	else
		CHECK(pt_wide == (__builtin_cpu_supports("avx2") ? &pt_wide_avx2 : NULL));
}

TEST_SUITE(hosted_wide, TEST(avx2), TEST(avx512), TEST(choice));
