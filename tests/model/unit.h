/* SPDX-License-Identifier: MIT */
/*
 * An IOMMU's command processor: reads a ring as the specifications say and no faster than it is told,
 * stores what syncs ask for, stops at commands that it is told to refuse. Runs in the caller's
 * wait function, or in a thread.
 */
#ifndef TESTS_MODEL_UNIT_H
#define TESTS_MODEL_UNIT_H

#include <iomt/iomt.h>

#define UNIT_LG2_MOST 10
#define UNIT_LOG      64

struct unit {
	const struct iomt_ring_kind *kind;
	struct iomt_ring ring;
	struct iomt_ring_ops ops;
	struct iomt_cmd entries[2 << UNIT_LG2_MOST];
	struct iomt_ring_slot slots[1 << UNIT_LG2_MOST];
	iomt_word stores[1 << UNIT_LG2_MOST];
	unsigned lg2;

	/* the registers, with the wrap bit of rings that have one */
	uint32_t head;
	uint32_t tail;
	uint32_t doorbells;

	/* what was executed: all of it counted, the first commands kept */
	uint64_t executed;
	uint64_t syncs;
	struct iomt_cmd log[UNIT_LOG];

	/* called for each command that is no sync, decoded by the library if it can */
	void (*execute)(void *ctx, const struct iomt_cmd *cmd, const struct iomt_inv *inv);
	/* called before each command: what devices do meanwhile */
	void (*meanwhile)(void *ctx);
	void *ctx;

	/* Stores of syncs stay on the way until unit_land. */
	bool late_stores;
	unsigned late;
	struct {
		uint64_t *word;
		uint64_t data;
	} on_the_way[UNIT_LOG];

	/* The command with this number (counted from 1) is refused, with this code, skipped or not. */
	uint64_t refuse;
	int refuse_code;
	bool refuse_skips;
	bool stopped;

	/* the wait function: executes this many commands a call, gives up after so many calls */
	unsigned pace;
	uint64_t patience;
	int give_up;
};

/* A ring of 2^lg2 entries that completes by stores, or by its head. Fails the test on errors. */
void unit_open(struct unit *unit, const struct iomt_ring_kind *kind, unsigned lg2, bool stores);

/* Executes one command. False: there is none, or it has stopped at one that it refuses. */
bool unit_step(struct unit *unit);

/* Executes all there is; returns how many. */
unsigned unit_run(struct unit *unit);

/* Stores what is on the way, the oldest first, at most so many. */
void unit_land(struct unit *unit, unsigned count);

/* The library's decoder for the ring's vendor. */
int unit_decode(const struct unit *unit, const struct iomt_cmd *cmd, struct iomt_inv *inv);

/* The entry at an index. */
static inline struct iomt_cmd *unit_entry(struct unit *unit, uint32_t index)
{
	return &unit->entries[(index & ((1u << unit->lg2) - 1)) * unit->kind->cmds];
}

#endif
