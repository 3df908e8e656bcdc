/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the solver share.
 *
 *	repack_input.c   checks the snapshot, brings devices into an order, finds those that are equal
 *	repack_merge.c   goes over the keys of all contents at once
 *	repack_graph.c   who may not share with whom, and what falls apart
 *	repack_clique.c  a lower bound
 *	repack_colour.c  DSATUR, and branch and bound on it
 *	repack_improve.c local search for one colour less
 *	repack_label.c   from colours to ids
 *	repack_settle.c  what stays as it was
 *	repack.c         one after the other
 *
 * Devices that are equal are one content; contents are numbered in an order that does not depend on
 * that of devices. Sets of contents are bits in 64-bit words.
 */
#ifndef IOMT_PASID_REPACK_PARTS_H
#define IOMT_PASID_REPACK_PARTS_H

#include "product.h"
#include <iomt/repack.h>

#define REPACK_NONE UINT32_MAX

/* Contents and their conflicts: a bit matrix. */
struct repack_graph {
	uint32_t size;
	uint32_t words; /* of a row */
	uint64_t *rows;
};

/* Goes over the keys of all contents in order: a heap of places. */
struct repack_merge {
	uint32_t *heap; /* contents */
	uint32_t *at;	/* of each content: its next key */
	uint32_t size;
};

/* One part of the graph, and the search for its colours. */
struct repack_search {
	struct repack_graph graph; /* vertices in order of degrees, largest first */
	uint32_t bound;
	uint32_t colours;  /* of the best answer */
	uint32_t *best;	   /* its colour of each vertex */
	uint32_t *colour;  /* under way */
	uint32_t *count;   /* of each vertex, or of each colour */
	uint32_t *stack;   /* vertices */
	uint32_t *used;	   /* at each place of the stack: colours below it */
	uint32_t *clique;  /* the largest that was found */
	uint32_t cliques;  /* its size */
	uint64_t *blocked; /* of each colour: who may not have it */
	uint64_t *saved;   /* a set for each place of the stack, or members of each colour */
	uint64_t *set[2];
	uint64_t effort; /* words that may still be looked at */
	uint64_t spent;
	uint64_t random;
};

struct repack {
	const struct iomt_repack_cfg *cfg;
	const struct iomt_repack_device *devices;
	uint32_t count;	    /* devices */
	uint32_t contents;  /* that differ */
	uint32_t leaves;    /* the most at one key */
	uint64_t *hash;	    /* of each device */
	uint32_t *order;    /* devices, sorted */
	uint32_t *content;  /* of each device */
	uint32_t *device;   /* of each content: its first */
	uint32_t *by_sends; /* contents, in order of what they can send */
	uint32_t *colour;   /* of each content */
	uint32_t *part;	    /* contents of the part that is looked at */
	uint32_t *list;	    /* contents at a key */
	uint32_t *first;    /* in "order": of each content its first device; one more at the end */
	uint32_t *scratch[7];
	uint64_t *bits[2];
	struct repack_merge merge;
	struct repack_graph graph;
	struct repack_search search;
};

static inline bool repack_has(const uint64_t *set, uint32_t bit)
{
	return set[bit / 64] >> bit % 64 & 1;
}

static inline void repack_add(uint64_t *set, uint32_t bit)
{
	set[bit / 64] |= 1ULL << bit % 64;
}

static inline void repack_remove(uint64_t *set, uint32_t bit)
{
	set[bit / 64] &= ~(1ULL << bit % 64);
}

/* 0 to count - 1, and nothing else. */
static inline void repack_fill(uint64_t *set, uint32_t words, uint32_t count)
{
	__builtin_memset(set, 0, (size_t)words * 8);
	__builtin_memset(set, 0xff, (size_t)(count / 64) * 8);
	if (count % 64)
		set[count / 64] = (1ULL << count % 64) - 1;
}

/* The smallest of a set from "from" on; REPACK_NONE when there is none. */
static inline uint32_t repack_next(const uint64_t *set, uint32_t words, uint32_t from)
{
	uint32_t word = from / 64;
	uint64_t bits;

	if (word >= words)
		return REPACK_NONE;
	bits = set[word] & ~0ULL << from % 64;
	while (!bits) {
		if (++word == words)
			return REPACK_NONE;
		bits = set[word];
	}
	return word * 64 + (uint32_t)__builtin_ctzll(bits);
}

/* Without the instruction GCC would call its own library. */
static inline uint32_t repack_bits(uint64_t x)
{
	x -= x >> 1 & 0x5555555555555555ULL;
	x = (x & 0x3333333333333333ULL) + (x >> 2 & 0x3333333333333333ULL);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return (uint32_t)(x * 0x0101010101010101ULL >> 56);
}

static inline uint32_t repack_size(const uint64_t *set, uint32_t words)
{
	uint32_t size = 0;

	for (uint32_t i = 0; i < words; i++)
		size += repack_bits(set[i]);
	return size;
}

static inline uint64_t *repack_row(const struct repack_graph *graph, uint32_t vertex)
{
	return graph->rows + (size_t)vertex * graph->words;
}

/* splitmix64's: of a word, another with all bits mixed */
static inline uint64_t repack_mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* What a content says at each key. */
static inline const struct iomt_repack_device *repack_of(const struct repack *r, uint32_t content)
{
	return &r->devices[r->device[content]];
}

static inline bool repack_giov(const struct iomt_repack_device *device)
{
	return device->flags & IOMT_PACK_GIOV;
}

/* It can send the PASIDs below this: PASID 0 in any case where requests without one are that. */
static inline uint32_t repack_sends(const struct iomt_repack_device *device)
{
	return device->sends ? device->sends : repack_giov(device);
}

/* Spends some effort; false when it is gone. */
static inline bool repack_spend(struct repack_search *s, uint64_t words)
{
	bool enough = s->effort >= words;

	s->spent += words;
	s->effort = enough ? s->effort - words : 0;
	return enough;
}

/* Whether a comes before b; equal is false. */
typedef bool repack_before(const void *ctx, uint32_t a, uint32_t b);

/* Puts list[at] where it belongs in a heap whose first comes before all others. */
void iomt_repack_sift(uint32_t *list, uint32_t size, uint32_t at, repack_before *before,
		      const void *ctx);
void iomt_repack_sort(uint32_t *list, uint32_t size, repack_before *before, const void *ctx);

/* 0, or what is wrong with the configuration or the devices. */
int iomt_repack_validate(const struct iomt_repack_cfg *cfg,
			 const struct iomt_repack_device *devices, uint32_t count,
			 struct iomt_repack_fault *fault);
bool iomt_repack_cfg_ok(const struct iomt_repack_cfg *cfg);

/* Finds contents: fills hash, order, content and device. */
void iomt_repack_collapse(struct repack *r);

/*
 * Begins anew; then: the next key, and those who have it into list[], in order of leaves. Returns
 * how many; 0 at the end.
 */
void iomt_repack_merge_begin(struct repack *r);
uint32_t iomt_repack_merge_next(struct repack *r, uint32_t *key);
uint32_t iomt_repack_merge_leaf(const struct repack *r, uint32_t content);

/* Fills the graph, and counts the most leaves at a key. */
void iomt_repack_graph(struct repack *r);

/*
 * Of the contents in "open" takes those that hang together by being able to share, directly or over
 * others, into part[], in order. Returns how many.
 */
uint32_t iomt_repack_split(struct repack *r, uint64_t *open);

/* Copies the graph of part[] into the search; list[i] is the content of vertex i. */
void iomt_repack_take(struct repack *r, uint32_t size);

/* A large clique: from each vertex on, takes the one of the largest degree again and again. */
void iomt_repack_clique_greedy(struct repack_search *s);

/* The largest clique, as far as the effort goes. */
void iomt_repack_clique_exact(struct repack_search *s);

/*
 * Looks for answers with fewer than s->colours colours: the first, or the best. True when the search
 * came to its end, or to the bound; false when the effort did.
 */
bool iomt_repack_colour(struct repack_search *s, bool first);

/* Tries to do with one colour less, once and again, while there is effort. */
void iomt_repack_improve(struct repack_search *s);

/*
 * Splits classes whose members have nothing in common, up to so many classes; returns how many there
 * are then.
 */
uint32_t iomt_repack_spread(struct repack *r, uint32_t classes, uint32_t enough);

/* Numbers classes by their first contents, then gives them ids. */
void iomt_repack_label(struct repack *r, uint32_t classes, uint32_t *ids);

/* The ids in use now; 0 when a device has none, or two share one that may not. */
uint32_t iomt_repack_present(struct repack *r);

/* Puts contents back where they were, as far as they may stay there. */
void iomt_repack_settle(struct repack *r, uint32_t *ids);

/* Counts what these ids mean: ids, tags and moves. */
void iomt_repack_count(struct repack *r, const uint32_t *ids, struct iomt_repack_result *result);

/* What that costs. */
struct product iomt_repack_cost(const struct iomt_repack_cfg *cfg,
				const struct iomt_repack_result *result);

#endif
