/* SPDX-License-Identifier: MIT */
/*
 * Plays records against the library and the reference model at once, and compares what the library,
 * the model and the walker say. Whatever differs ends the program (fail.c).
 */
#ifndef FUZZ_PLAY_H
#define FUZZ_PLAY_H

#include "aim.h"
#include "test.h"
#include <stdio.h>

struct player {
	struct table *table;
	struct model model;
	struct field field;
	struct iomt_pt_cursor cursor;
	struct iomt_gather *gather;
	void (*sync)(struct iomt_gather *gather); /* its hook */
	unsigned levels;			  /* of the table, when last looked at */
	bool shadow; /* the walker reads what an incoherent machine's hardware sees */
	bool alone;  /* no other thread uses the table */

	/* exhaustion.c */
	bool fails;	       /* memory, when the records say so */
	uint64_t fail_at;      /* the allocation of the next call that does; 0 for none */
	struct range reserved; /* cannot fail for memory; empty when first > last */

	/* print.c: each call is written here before it is made */
	FILE *calls;
	const char *table_name;
	const char *gather_name; /* a pointer */
};

/* Opens a table for the script, and a player that may use all of it. */
void player_open(struct player *player, struct table *table, const struct script *script);

/* Another player on an open table, with a gather of its own, for [first, last]. */
void player_join(struct player *player, struct table *table, const struct script *script,
		 struct iomt_gather *gather);

/* Plays the first of "count" records; returns how many were used up. */
size_t player_step(struct player *player, const struct record *records, size_t count);

/* Plays them all. */
void player_run(struct player *player, const struct script *script);

/* Checks all that is mapped, ends as the header wants, and checks that no memory stays. */
void player_close(struct player *player, const struct script *script);

/* The gather that the record wants: the player's, without its sync hook perhaps, or NULL. */
struct iomt_gather *player_gather(struct player *player, const struct record *record);

/* How print.c calls it. */
static inline const char *say_gather(const struct player *player, const struct record *record)
{
	return (record->flags & RECORD_GATHER) == GATHER_NONE ? "NULL" : player->gather_name;
}

/* The check around the next call: one that may run out of memory is allowed to say so. */
static inline const char *say_check(const struct player *player)
{
	return player->fail_at ? "CHECK_OR_ENOMEM" : "CHECK_INT";
}

/* Writes a line of C, if anybody reads along. */
void say(const struct player *player, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define EXPECT(player, condition, format, ...) \
	CHECK_MSG(condition, "%s: " format, (player)->table->kind->name, ##__VA_ARGS__)

/* What stands in a slot of this kind's table changes its size only by break-before-make. */
static inline bool kind_breaks(const struct kind *kind)
{
	return kind->bbm < 2 && (kind->walk == WALK_ARM_S1 || kind->walk == WALK_ARM_S2);
}

#endif
