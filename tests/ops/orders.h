/* SPDX-License-Identifier: MIT */
/* Small programs on page tables in every order of their steps, see orders.c. */
#ifndef TESTS_OPS_ORDERS_H
#define TESTS_OPS_ORDERS_H

#include "test.h"
#include "world.h"

/* Something that thread k does in a range of its own. */
struct op {
	const char *name;
	void (*run)(unsigned k);
	void (*expect)(unsigned k);    /* what becomes of the table; NULL: nothing */
	uint64_t (*focus)(unsigned k); /* where readers look; NULL: a reader */
	unsigned kinds;		       /* of tables, bit by bit */
};

extern const struct op catalogue[];
extern const unsigned catalogue_ops;

/* The program under way: operations of the catalogue, or NULL in one of its own. */
extern const struct op *ops[EXPLORE_THREADS];
extern unsigned count;

/* Calls on n granules by thread k. Unmap and protect must succeed. */
int op_map(unsigned k, uint64_t iova, uint64_t n, uint64_t oa);
void op_unmap(unsigned k, uint64_t iova, uint64_t n);
void op_protect(unsigned k, uint64_t iova, uint64_t n);
uint64_t mapped_granule(unsigned k); /* one for each */

/* A program of n threads that is not of the catalogue; name says what was tried when it goes wrong. */
void begin_own(const char *name, unsigned table, unsigned n);

/* Tries it to its end. "end" is world_end but for those that overlap. */
void try_program(void (*work)(unsigned k), void (*end)(void));

/* Prints what was tried since the last time; all of it must have come to its end. */
void tell_own(const char *what);

/* orders_trim.c */
void cursor_and_trim(void);
void cursor_and_trims(void);
void readers_and_trim(void);
void mapper_and_trim(void);
void leaf_and_trim(void);
void marks(void);

/* orders_leaves.c */
void messages(void);
void writes(void);
void lines(void);
void ranges(void);

/* orders_top.c */
void tops(void);

#endif
