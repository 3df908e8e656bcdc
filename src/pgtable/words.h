/* SPDX-License-Identifier: MIT */
/*
 * Table entries as memory: single entries with their orderings, and many side by side.
 *
 * The bulk loops move vectors. Every lane is an aligned 64-bit word, which the hardware reads and
 * writes whole; C has no word for that, so builds for the thread sanitizer go entry by entry, as do
 * those without vector registers (kernels).
 */
#ifndef PT_WORDS_H
#define PT_WORDS_H

#include "../entry/debug.h"
#include "format.h"

#define pt_likely(x)   __builtin_expect(!!(x), 1)
#define pt_unlikely(x) __builtin_expect(!!(x), 0)

/* Acquire: what a table held when its pointer was published is seen after the pointer. */
PT_INLINE u64 pt_load(const u64 *slot)
{
	u64 entry = __atomic_load_n(slot, __ATOMIC_ACQUIRE);

	DEBUG_ENTRY(entry, slot);
	return entry;
}

PT_INLINE void pt_store(u64 *slot, u64 entry)
{
	__atomic_store_n(slot, entry, __ATOMIC_RELEASE);
}

/* Replaces *expected by entry; on failure *expected is what was found. */
PT_INLINE bool pt_replace(u64 *slot, u64 *expected, u64 entry)
{
	return __atomic_compare_exchange_n(slot, expected, entry, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
}

#if defined(__SANITIZE_THREAD__)
#define PT_WORDS_SCALAR 1
#define PT_NO_FENCE	1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PT_WORDS_SCALAR 1
#define PT_NO_FENCE	1
#endif
#endif
#if !defined(__SSE2__) && !defined(__ARM_NEON)
#define PT_WORDS_SCALAR 1
#endif

/*
 * Before many stores that have no order of their own: who sees one sees what came before them. On x86-64
 * a word to the compiler. The thread sanitizer knows no fences; there the stores have an order.
 */
PT_INLINE void pt_fence(void)
{
#ifndef PT_NO_FENCE
	__atomic_thread_fence(__ATOMIC_RELEASE);
#endif
}

#ifdef PT_WORDS_SCALAR

#define PT_VEC_WORDS 1
typedef u64 pt_vec;

#ifdef PT_NO_FENCE
#define PT_VEC_ACQUIRE __ATOMIC_ACQUIRE
#define PT_VEC_RELEASE __ATOMIC_RELEASE
#else
/* as vectors are: tests with these find what would rely on an order */
#define PT_VEC_ACQUIRE __ATOMIC_RELAXED
#define PT_VEC_RELEASE __ATOMIC_RELAXED
#endif

PT_INLINE pt_vec pt_vec_load(const u64 *p)
{
	return __atomic_load_n(p, PT_VEC_ACQUIRE);
}

PT_INLINE void pt_vec_store(u64 *p, pt_vec value)
{
	__atomic_store_n(p, value, PT_VEC_RELEASE);
}

PT_INLINE pt_vec pt_vec_ramp(u64 first, u64 step)
{
	(void)step;
	return first;
}

PT_INLINE u64 pt_vec_or(pt_vec v)
{
	return v;
}

PT_INLINE u64 pt_vec_and(pt_vec v)
{
	return v;
}

#else

#if defined(__AVX512F__)
#define PT_VEC_WORDS 8
#elif defined(__AVX2__)
#define PT_VEC_WORDS 4
#else
#define PT_VEC_WORDS 2
#endif
typedef u64 pt_vec __attribute__((vector_size(PT_VEC_WORDS * 8), aligned(8), may_alias));

PT_INLINE pt_vec pt_vec_load(const u64 *p)
{
	return *(const pt_vec *)p;
}

PT_INLINE void pt_vec_store(u64 *p, pt_vec value)
{
	*(pt_vec *)p = value;
}

PT_INLINE pt_vec pt_vec_ramp(u64 first, u64 step)
{
	pt_vec lane = {0}, v = lane + first;

	for (unsigned i = 0; i < PT_VEC_WORDS; i++)
		lane[i] = i;
	/* lane * step; vectors multiply words slowly, if at all */
	for (unsigned bit = 0; 1u << bit < PT_VEC_WORDS; bit++)
		v += -(lane >> bit & 1) & (step << bit);
	return v;
}

typedef u64 pt_vec2 __attribute__((vector_size(16)));
union pt_halves {
	pt_vec whole;
	pt_vec2 parts[PT_VEC_WORDS / 2];
};

PT_INLINE u64 pt_vec_or(pt_vec v)
{
	union pt_halves halves = {v};
	pt_vec2 any = halves.parts[0];

#pragma GCC unroll 4
	for (unsigned i = 1; i < PT_VEC_WORDS / 2; i++)
		any |= halves.parts[i];
	return any[0] | any[1];
}

PT_INLINE u64 pt_vec_and(pt_vec v)
{
	union pt_halves halves = {v};
	pt_vec2 all = halves.parts[0];

#pragma GCC unroll 4
	for (unsigned i = 1; i < PT_VEC_WORDS / 2; i++)
		all &= halves.parts[i];
	return all[0] & all[1];
}

#endif

/* So few entries that looking for wider vectors does not pay; fewer than a table has. */
#define PT_FEW 63u

/* A cache line of entries: what the loops take at a time. */
#ifndef PT_LINE
#define PT_LINE 8u
#endif
#define PT_LINE_VECS (PT_LINE / PT_VEC_WORDS)

/* The OR of n entries. */
PT_INLINE u64 pt_lines_any(const u64 *p, u64 n)
{
	const u64 *end = p + n, *lines = p + (n & ~(u64)(PT_LINE - 1));
	pt_vec acc = {0};
	u64 any;

	for (; p != lines; p += PT_LINE) {
#pragma GCC unroll 8
		for (size_t i = 0; i < PT_LINE_VECS; i++)
			acc |= pt_vec_load(p + i * PT_VEC_WORDS);
	}
	for (any = pt_vec_or(acc); p != end;)
		any |= pt_load(p++);
	return any;
}

/* The AND and the OR of n entries, n > 0. */
PT_INLINE void pt_lines_scan(const u64 *p, u64 n, u64 *all, u64 *any)
{
	pt_vec acc_any = {0}, acc_all = ~acc_any;

	for (; n >= PT_LINE; n -= PT_LINE, p += PT_LINE) {
#pragma GCC unroll 8
		for (size_t i = 0; i < PT_LINE_VECS; i++) {
			pt_vec v = pt_vec_load(p + i * PT_VEC_WORDS);

			acc_all &= v;
			acc_any |= v;
		}
	}
	*all = pt_vec_and(acc_all);
	*any = pt_vec_or(acc_any);
	for (; n; n--, p++) {
		u64 entry = pt_load(p);

		*all &= entry;
		*any |= entry;
	}
}

/* Writes first, first + step, first + 2 * step, ... into n slots. */
PT_INLINE void pt_lines_ramp(u64 *p, u64 n, u64 first, u64 step)
{
	const u64 *end = p + n, *lines = p + (n & ~(u64)(PT_LINE - 1));
	pt_vec value = pt_vec_ramp(first, step);

	if (p != lines)
		pt_fence();
	first += (u64)(lines - p) * step;
	for (; p != lines; p += PT_LINE) {
#pragma GCC unroll 8
		for (size_t i = 0; i < PT_LINE_VECS; i++) {
			pt_vec_store(p + i * PT_VEC_WORDS, value);
			value += step * PT_VEC_WORDS;
		}
	}
	for (; p != end; first += step)
		pt_store(p++, first);
}

/* The compiler must not know that it is one: it would call memset, which may write bytes. */
PT_INLINE u64 pt_hidden_zero(void)
{
	u64 zero = 0;

	__asm__("" : "+r"(zero));
	return zero;
}

PT_INLINE void pt_lines_clear(u64 *p, u64 n)
{
	pt_lines_ramp(p, n, pt_hidden_zero(), 0);
}

/* Gives n entries these bits in place of those in mask. */
PT_INLINE void pt_lines_change(u64 *p, u64 n, u64 mask, u64 bits)
{
	const u64 *end = p + n, *lines = p + (n & ~(u64)(PT_LINE - 1));
	pt_vec keep = pt_vec_ramp(~mask, 0), set = pt_vec_ramp(bits, 0);

	if (p != lines)
		pt_fence();
	for (; p != lines; p += PT_LINE) {
#pragma GCC unroll 8
		for (size_t i = 0; i < PT_LINE_VECS; i++) {
			u64 *at = p + i * PT_VEC_WORDS;

			pt_vec_store(at, (pt_vec_load(at) & keep) | set);
		}
	}
	for (; p != end; p++)
		pt_store(p, (pt_load(p) & ~mask) | bits);
}

/*
 * The same for any number of entries, compiled once for all formats: by the widest vectors of the
 * machine, in hosted builds (wide.h). The loops above are for those who know that they are few.
 */
u64 pt_words_any(const u64 *p, u64 n);
void pt_words_scan(const u64 *p, u64 n, u64 *all, u64 *any);
void pt_words_ramp(u64 *p, u64 n, u64 first, u64 step);
void pt_words_change(u64 *p, u64 n, u64 mask, u64 bits);
void pt_words_clear(u64 *p, u64 n);

/* The slots of a run, which are most often few. */
PT_INLINE void pt_run_fill(u64 *p, u64 n, u64 entry)
{
	if (pt_likely(n <= PT_FEW))
		pt_lines_ramp(p, n, entry, 0);
	else
		pt_words_ramp(p, n, entry, 0);
}

#endif
