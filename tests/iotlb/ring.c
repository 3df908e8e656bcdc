/* SPDX-License-Identifier: MIT */
/* Rings of every vendor against a command processor: order, wrap, full rings, errors. */
#include "test.h"
#include "unit.h"
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

static const struct iomt_ring_kind *const ring_kinds[] = {
	&iomt_ring_amd, &iomt_ring_vtd, &iomt_ring_vtd_wide, &iomt_ring_smmu, &iomt_ring_riscv,
};

#define KINDS (sizeof(ring_kinds) / sizeof(ring_kinds[0]))

static struct unit unit;

/* A command that the ring passes on as it is: an illegal one for every vendor, with a number. */
static struct iomt_cmd numbered(uint64_t number)
{
	return (struct iomt_cmd){{0xff, number}};
}

static int put(uint64_t first, unsigned count, bool sync, struct iomt_ring_batch *batch)
{
	struct iomt_cmd cmds[2 * 64] = {{{0}}};

	for (unsigned i = 0; i < count; i++)
		cmds[i * unit.kind->cmds] = numbered(first + i);
	return iomt_ring_put(&unit.ring, cmds, count * unit.kind->cmds, sync, batch);
}

static bool completes_by_head(const struct iomt_ring_kind *kind)
{
	return kind->vendor == IOMT_VENDOR_SMMU || kind->vendor == IOMT_VENDOR_RISCV;
}

#define IS(cmd, low, high)                        \
	do {                                      \
		CHECK_EQ((cmd)->word[0], (low));  \
		CHECK_EQ((cmd)->word[1], (high)); \
	} while (0)

/* AMD 2.4.1: the store's address in 51:3, S 0, the data in 127:64; the position is the data. */
static void amd_literally(void)
{
	struct iomt_ring_batch batch = {0};
	uint64_t word = (uintptr_t)&unit.stores[2];

	unit_open(&unit, &iomt_ring_amd, 3, true);
	CHECK_INT(put(7, 2, true, &batch), 0);
	IS(unit_entry(&unit, 0), 0xff, 7);
	IS(unit_entry(&unit, 1), 0xff, 8);
	IS(unit_entry(&unit, 2), 0x1000000000000001 | word, 3);
	IS(unit_entry(&unit, 3), 0xa5a5a5a5a5a5a5a5, 0xa5a5a5a5a5a5a5a5);
	CHECK_EQ(unit.tail, 3);
	CHECK_EQ(unit.doorbells, 1);
	CHECK_EQ(batch.first, 0);
	CHECK_EQ(batch.end, 3);
}

/* VT-d 6.5.2.8: SW 5, data 63:32, address 127:66; the upper half of a wide one is 0. */
static void vtd_literally(void)
{
	struct iomt_ring_batch batch = {0};

	unit_open(&unit, &iomt_ring_vtd, 3, true);
	CHECK_INT(put(7, 1, true, &batch), 0);
	IS(unit_entry(&unit, 1), 0x200000025, (uintptr_t)&unit.stores[1]);
	unit_open(&unit, &iomt_ring_vtd_wide, 3, true);
	batch = (struct iomt_ring_batch){0};
	CHECK_INT(put(7, 1, true, &batch), 0);
	IS(&unit.entries[0], 0xff, 7);
	IS(&unit.entries[2], 0x200000025, (uintptr_t)&unit.stores[1]);
	IS(&unit.entries[3], 0, 0);
	CHECK_EQ(unit.tail, 2);
}

/* SMMUv3 4.7.3: CS 13:12 (1: MSI), MSH 23:22 inner, MSIAttr 27:24 write-back, MSIData 63:32. */
static void smmu_literally(void)
{
	struct iomt_ring_batch batch = {0};

	unit_open(&unit, &iomt_ring_smmu, 2, true);
	CHECK_INT(put(7, 1, true, &batch), 0);
	IS(unit_entry(&unit, 1), 0x20fc01046, (uintptr_t)&unit.stores[1]);
	unit_open(&unit, &iomt_ring_smmu, 2, false);
	batch = (struct iomt_ring_batch){0};
	CHECK_INT(put(7, 3, true, &batch), 0); /* all four entries are used */
	IS(unit_entry(&unit, 3), 0x46, 0);
	CHECK_EQ(unit.tail, 4); /* the wrap bit */
}

/* RISC-V: AV 10, PR 12, PW 13, data 63:32, the address from bit 2 on. */
static void riscv_literally(void)
{
	struct iomt_ring_batch batch = {0};

	unit_open(&unit, &iomt_ring_riscv, 3, true);
	CHECK_INT(put(7, 1, true, &batch), 0);
	IS(unit_entry(&unit, 1), 0x200003402, (uintptr_t)&unit.stores[1] >> 2);
	unit_open(&unit, &iomt_ring_riscv, 3, false);
	batch = (struct iomt_ring_batch){0};
	CHECK_INT(put(7, 1, true, &batch), 0);
	IS(unit_entry(&unit, 1), 0x3002, 0);
}

static uint64_t expected;

static void in_order(void *ctx, const struct iomt_cmd *cmd, const struct iomt_inv *inv)
{
	(void)ctx;
	(void)inv;
	CHECK_EQ(cmd->word[0], 0xff);
	CHECK_EQ(cmd->word[1], expected);
	expected++;
}

/* Batches of each length begin at each index, some laps long; all arrives once and in order. */
static void wraps(const struct iomt_ring_kind *kind, unsigned lg2, bool stores)
{
	for (unsigned length = 0; length < (1u << lg2) - !kind->wrap_bit; length++) {
		uint64_t next = 0;

		unit_open(&unit, kind, lg2, stores);
		unit.execute = in_order;
		expected = 0;
		for (unsigned i = 0; i < 5u << lg2; i++) {
			struct iomt_ring_batch batch = {0};

			CHECK_INT(put(next, length, true, &batch), 0);
			next += length;
			CHECK_INT(iomt_ring_done(&unit.ring, &batch), IOMT_EBUSY);
			CHECK_EQ(unit_run(&unit), length + 1);
			CHECK_INT(iomt_ring_done(&unit.ring, &batch), 0);
			CHECK_EQ(expected, next);
		}
	}
}

static void wrap_at_every_index(void)
{
	for (unsigned k = 0; k < KINDS; k++) {
		for (unsigned lg2 = 2; lg2 < 6; lg2++) {
			wraps(ring_kinds[k], lg2, true);
			if (completes_by_head(ring_kinds[k]))
				wraps(ring_kinds[k], lg2, false);
		}
	}
}

/* 2^32 positions are a few minutes of hardware: what is stored has 32 bits. */
static void far_positions(void)
{
	for (unsigned k = 0; k < KINDS; k++) {
		const uint64_t begin = (1ULL << 32) - 16;

		unit_open(&unit, ring_kinds[k], 3, true);
		unit.ring.reserved_ = unit.ring.published_ = unit.ring.head_ = begin;
		unit.ring.done_ = begin;
		for (unsigned i = 0; i < 40; i++) {
			struct iomt_ring_batch batch = {0};

			CHECK_INT(put(i, 1, true, &batch), 0);
			CHECK_EQ(batch.end, begin + 2 * i + 2);
			CHECK_INT(iomt_ring_done(&unit.ring, &batch), IOMT_EBUSY);
			unit_run(&unit);
			CHECK_INT(iomt_ring_done(&unit.ring, &batch), 0);
		}
	}
}

/* Without a wait function nothing waits, and nothing is lost. */
static void full_ring(void)
{
	for (unsigned k = 0; k < KINDS; k++) {
		unsigned capacity = ring_kinds[k]->wrap_bit ? 8 : 7, room = capacity;
		struct iomt_ring_batch none = {0}, batch = {0};

		unit_open(&unit, ring_kinds[k], 3, true);
		unit.ops.wait = NULL;
		CHECK_EQ(iomt_ring_capacity(&unit.ring), capacity);
		for (; room; room--)
			CHECK_INT(put(room, 1, false, &batch), 0);
		CHECK_INT(put(99, 1, false, &none), IOMT_EBUSY);
		CHECK_INT(put(99, 0, true, &none), IOMT_EBUSY);
		CHECK(!none.begun);
		CHECK_EQ(batch.end - batch.first, capacity);
		unit_step(&unit);
		CHECK_INT(put(99, 2, false, &none), IOMT_EBUSY);
		CHECK_INT(put(1, 0, true, &batch), 0);
		CHECK_INT(iomt_ring_wait(&unit.ring, &batch), IOMT_EBUSY);
		CHECK_EQ(unit_run(&unit), capacity);
		CHECK_INT(iomt_ring_wait(&unit.ring, &batch), 0);
		CHECK_EQ(unit.syncs, 1);
	}
}

/* With one, a put waits as long as it takes, and the caller's code ends it. */
static void waits(void)
{
	struct iomt_ring_batch batch = {0}, other = {0};

	for (unsigned k = 0; k < KINDS; k++) {
		unit_open(&unit, ring_kinds[k], 2, true);
		unit.execute = in_order;
		expected = 0;
		batch = other = (struct iomt_ring_batch){0};
		for (unsigned i = 0; i < 100; i++)
			CHECK_INT(put(i, 1, false, &batch), 0);
		CHECK_INT(put(100, 2, true, &batch), 0);
		CHECK_INT(iomt_ring_wait(&unit.ring, &batch), 0);
		CHECK_EQ(expected, 102);
		/* what hangs is given up by the caller, and can be waited for again */
		unit.pace = 0;
		unit.patience = 3;
		unit.give_up = -12345;
		CHECK_INT(put(102, 2, true, &other), 0);
		CHECK_INT(put(104, 2, false, &batch), -12345);
		CHECK_INT(iomt_ring_wait(&unit.ring, &other), -12345);
		unit.pace = 1;
		unit.patience = 100;
		CHECK_INT(iomt_ring_wait(&unit.ring, &other), 0);
		CHECK_EQ(expected, 104);
	}
}

/* Hardware fetches a wait before what it waits for is done: only the store tells. */
static void late_stores(void)
{
	struct iomt_ring_batch first = {0}, second = {0};

	unit_open(&unit, &iomt_ring_vtd, 2, true);
	unit.late_stores = true;
	CHECK_INT(put(0, 1, true, &first), 0);
	CHECK_EQ(unit_run(&unit), 2);
	CHECK_INT(iomt_ring_done(&unit.ring, &first), IOMT_EBUSY);
	/* a lap later the same word is another's */
	second = (struct iomt_ring_batch){0};
	CHECK_INT(put(1, 2, false, &second), 0);
	CHECK_EQ(unit_run(&unit), 2);
	CHECK_INT(put(3, 1, true, &second), 0);
	CHECK_EQ(unit_run(&unit), 2);
	CHECK_INT(iomt_ring_done(&unit.ring, &first), IOMT_EBUSY);
	CHECK_INT(iomt_ring_done(&unit.ring, &second), IOMT_EBUSY);
	unit_land(&unit, 1);
	CHECK_INT(iomt_ring_done(&unit.ring, &second), IOMT_EBUSY);
	CHECK_INT(iomt_ring_done(&unit.ring, &first), 0);
	unit_land(&unit, 1);
	CHECK_INT(iomt_ring_done(&unit.ring, &second), 0);
}

/* One whose word was taken over before it looked is done with the next, not earlier. */
static void word_taken_over(void)
{
	struct iomt_ring_batch first = {0}, second = {0};

	unit_open(&unit, &iomt_ring_vtd, 2, true);
	CHECK_INT(put(0, 1, true, &first), 0);
	unit_run(&unit);
	CHECK_INT(put(1, 2, false, &second), 0);
	unit_run(&unit);
	CHECK_INT(put(3, 1, true, &second), 0);
	CHECK_INT(iomt_ring_done(&unit.ring, &first), IOMT_EBUSY);
	unit_run(&unit);
	CHECK_INT(iomt_ring_done(&unit.ring, &first), 0);
}

static void all_but_the_fourth(void *ctx, const struct iomt_cmd *cmd, const struct iomt_inv *inv)
{
	expected += expected == 3;
	in_order(ctx, cmd, inv);
}

/* An illegal command: who put it hears of it, and nobody else; hardware goes on over it. */
static void refused_commands(void)
{
	for (unsigned k = 0; k < KINDS; k++) {
		for (unsigned begin = 0; begin < 8; begin++) {
			struct iomt_ring_batch batches[3] = {{0}}, before = {0};

			unit_open(&unit, ring_kinds[k], 4, true);
			if (begin)
				CHECK_INT(put(0, begin - 1, true, &before), 0);
			unit_run(&unit);
			unit.execute = all_but_the_fourth;
			expected = 0;
			for (unsigned i = 0; i < 3; i++)
				CHECK_INT(put(i * 2, 2, true, &batches[i]), 0);
			/* the second of the second */
			unit.refuse = begin + 5;
			unit.refuse_code = IOMT_EINVAL - 1;
			unit.refuse_skips = true;
			CHECK_INT(iomt_ring_wait(&unit.ring, &batches[0]), 0);
			unit_run(&unit);
			CHECK_EQ(unit.executed, begin + 9);
			CHECK_EQ(expected, 6);
			CHECK_EQ(unit.syncs, (begin ? 1 : 0) + 4);
			CHECK_INT(iomt_ring_wait(&unit.ring, &batches[1]), IOMT_EINVAL - 1);
			CHECK_EQ(batches[1].refused, (begin + 4) & 15);
			CHECK_INT(iomt_ring_wait(&unit.ring, &batches[2]), 0);
			CHECK_INT(iomt_ring_wait(&unit.ring, &batches[0]), 0);
		}
	}
}

/* A lap after a refused command, its place is as good as any. */
static void places_forget(void)
{
	struct iomt_ring_batch old = {0}, batch = {0}, bad = {0};

	unit_open(&unit, &iomt_ring_smmu, 2, false);
	unit.refuse = 1;
	unit.refuse_code = IOMT_EIO;
	unit.refuse_skips = true;
	CHECK_INT(put(0, 3, true, &old), 0);
	unit_run(&unit);
	CHECK_INT(iomt_ring_done(&unit.ring, &old), IOMT_EIO);
	unit.stopped = false;
	unit.refuse = 7;
	CHECK_INT(put(0, 1, true, &batch), 0);
	CHECK_INT(put(0, 1, true, &bad), 0);
	unit_run(&unit);
	CHECK_INT(iomt_ring_done(&unit.ring, &batch), 0);
	CHECK_INT(iomt_ring_done(&unit.ring, &bad), IOMT_EIO);
	CHECK_EQ(bad.refused, 2);
}

static void count_ones(void *ctx, const struct iomt_cmd *cmd, const struct iomt_inv *inv)
{
	(void)ctx;
	(void)inv;
	expected += cmd->word[1] == 1;
}

/* A device that does not answer: the sync stays, the driver gives up, and later tries again. */
static void devices_that_time_out(void)
{
	struct iomt_ring_batch batch = {0};

	unit_open(&unit, &iomt_ring_smmu, 3, false);
	unit.execute = count_ones;
	expected = 0;
	unit.refuse = 2;
	unit.refuse_code = -110;
	CHECK_INT(put(1, 1, true, &batch), 0);
	CHECK_INT(iomt_ring_wait(&unit.ring, &batch), -110);
	CHECK_EQ(batch.refused, 1);
	CHECK_EQ(unit.syncs, 0);
	unit_run(&unit); /* goes on now, and completes, but the batch stays failed */
	CHECK_EQ(unit.syncs, 1);
	CHECK_EQ(expected, 1);
	CHECK_INT(iomt_ring_done(&unit.ring, &batch), -110);
	batch = (struct iomt_ring_batch){0};
	CHECK_INT(put(1, 1, true, &batch), 0);
	CHECK_INT(iomt_ring_wait(&unit.ring, &batch), 0);
}

/* The driver reports what cannot be, or an index in either form. */
static void bad_reports(void)
{
	struct iomt_ring_batch batch = {0};

	unit_open(&unit, &iomt_ring_smmu, 2, false);
	CHECK_INT(iomt_ring_fault(&unit.ring, 0, IOMT_EIO, false), IOMT_ERANGE);
	CHECK_INT(put(0, 3, true, &batch), 0);
	unit_run(&unit);
	CHECK_INT(iomt_ring_wait(&unit.ring, &batch), 0);
	batch = (struct iomt_ring_batch){0};
	CHECK_INT(put(0, 1, true, &batch), 0);
	CHECK_INT(iomt_ring_fault(&unit.ring, 1, 0, false), IOMT_EINVAL);
	CHECK_INT(iomt_ring_fault(&unit.ring, 1, 5, false), IOMT_EINVAL);
	CHECK_INT(iomt_ring_fault(&unit.ring, 1, IOMT_EBUSY, false), IOMT_EINVAL);
	CHECK_INT(iomt_ring_fault(&unit.ring, 2, IOMT_EIO, false), IOMT_ERANGE);
	CHECK_INT(iomt_ring_fault(&unit.ring, 8, IOMT_EIO, false), IOMT_ERANGE);
	CHECK_INT(iomt_ring_done(&unit.ring, &batch), IOMT_EBUSY);
	CHECK_INT(iomt_ring_fault(&unit.ring, 5, IOMT_EIO, false), 0); /* with the wrap bit */
	CHECK_INT(iomt_ring_done(&unit.ring, &batch), IOMT_EIO);
	CHECK_EQ(batch.refused, 1);
}

/* Registers of hardware that is gone read as all ones. */
static void impossible_heads(void)
{
	for (unsigned k = 0; k < KINDS; k++) {
		struct iomt_ring_batch batch = {0};
		static const uint32_t heads[] = {UINT32_MAX, 32, 9, 6};

		for (unsigned i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
			unit_open(&unit, ring_kinds[k], 3, true);
			batch = (struct iomt_ring_batch){0};
			CHECK_INT(put(0, 4, true, &batch), 0);
			unit.head = heads[i];
			CHECK_INT(put(0, 4, true, &batch), IOMT_EIO);
			CHECK_EQ(batch.end, 5);
			unit.head = 0;
			unit_run(&unit);
			CHECK_INT(iomt_ring_wait(&unit.ring, &batch), 0);
		}
	}
}

static void bad_arguments(void)
{
	struct iomt_cmd cmds[32] = {{{0}}};
	struct iomt_ring_batch batch = {0};
	struct iomt_ring_cfg good, cfg;
	struct iomt_ring ring;

	unit_open(&unit, &iomt_ring_vtd_wide, 3, true);
	CHECK_INT(iomt_ring_put(&unit.ring, cmds, 1, true, &batch), IOMT_EINVAL);
	CHECK_INT(iomt_ring_put(&unit.ring, cmds, 14, true, &batch), IOMT_ENOSPC);
	CHECK_INT(iomt_ring_put(&unit.ring, cmds, 16, false, &batch), IOMT_ENOSPC);
	CHECK_INT(iomt_ring_put(&unit.ring, cmds, 0, false, &batch), 0);
	CHECK_EQ(unit.doorbells, 0);
	CHECK_INT(iomt_ring_put(&unit.ring, cmds, 2, false, &batch), 0);
	CHECK_INT(iomt_ring_wait(&unit.ring, &batch), IOMT_EINVAL); /* no sync */
	good = unit.ring.cfg_;
	CHECK_INT(iomt_ring_init(&ring, &good), 0);
#define REFUSED(change)                                              \
	do {                                                         \
		cfg = good;                                          \
		change;                                              \
		CHECK_INT(iomt_ring_init(&ring, &cfg), IOMT_EINVAL); \
	} while (0)
	REFUSED(cfg.size = sizeof(cfg) - 1);
	REFUSED(cfg.kind = NULL);
	REFUSED(cfg.ops = NULL);
	REFUSED(cfg.entries = NULL);
	REFUSED(cfg.slots = NULL);
	REFUSED(cfg.entries_lg2 = 1);
	REFUSED(cfg.entries_lg2 = 21);
	REFUSED(cfg.stores = NULL);
	REFUSED(cfg.stores_phys = 0);
	REFUSED(cfg.stores_phys |= 4);
	REFUSED(cfg.stores = (void *)((char *)cfg.stores + 4));
	REFUSED((cfg.stores = NULL, cfg.stores_phys = 0)); /* VT-d must store */
	/* the last word must be within reach: of 64 bits of address, and of 52 */
	REFUSED(cfg.stores_phys = 0ULL - 56);
	REFUSED(cfg.stores_phys = 0ULL - 8);
	cfg.stores_phys = 0ULL - 64;
	CHECK_INT(iomt_ring_init(&ring, &cfg), 0);
	good.kind = &iomt_ring_amd;
	REFUSED(cfg.stores_phys = 1ULL << 52);
	REFUSED(cfg.stores_phys = (1ULL << 52) - 56);
	cfg.stores_phys = (1ULL << 52) - 64;
	CHECK_INT(iomt_ring_init(&ring, &cfg), 0);
	cfg.kind = &iomt_ring_smmu;
	CHECK_INT(iomt_ring_init(&ring, &cfg), 0);
	cfg.stores = NULL;
	cfg.stores_phys = 0;
	CHECK_INT(iomt_ring_init(&ring, &cfg), 0);
}

static uint64_t cleaned;

static void clean(void *ctx, const void *memory, size_t bytes)
{
	(void)ctx;
	CHECK((uintptr_t)memory - (uintptr_t)unit.entries < sizeof(unit.entries));
	CHECK_EQ(bytes, 32);
	cleaned |= 1ULL << (((uintptr_t)memory - (uintptr_t)unit.entries) / 32);
	CHECK_EQ(unit.doorbells, 0);
}

/* For hardware that does not snoop, every entry is written back before the doorbell. */
static void written_back(void)
{
	struct iomt_ring_batch batch = {0};

	unit_open(&unit, &iomt_ring_vtd_wide, 3, true);
	unit.ops.clean = clean;
	cleaned = 0;
	CHECK_INT(put(0, 3, true, &batch), 0);
	CHECK_EQ(cleaned, 0xf);
	CHECK_EQ(unit.doorbells, 1);
}

static void (*ring_doorbell)(void *ctx, uint32_t tail);
static struct iomt_ring_batch nested;
static unsigned nesting;

/* Another thread puts while this one rings. It leaves its batch to who rings. */
static void put_meanwhile(void *ctx, uint32_t tail)
{
	ring_doorbell(ctx, tail);
	if (!nesting++) {
		CHECK_INT(put(1, 1, true, &nested), 0);
		CHECK_EQ(unit.tail, 2);
	}
}

static void put_while_another_rings(void)
{
	struct iomt_ring_batch batch = {0};

	unit_open(&unit, &iomt_ring_amd, 4, true);
	ring_doorbell = unit.ops.doorbell;
	unit.ops.doorbell = put_meanwhile;
	nested = (struct iomt_ring_batch){0};
	nesting = 0;
	CHECK_INT(put(0, 1, true, &batch), 0);
	CHECK_EQ(unit.tail, 4);
	CHECK_EQ(unit.doorbells, 2);
	CHECK_INT(iomt_ring_wait(&unit.ring, &nested), 0);
}

static void put_in_between(void *ctx, const void *memory, size_t bytes)
{
	(void)ctx;
	(void)memory;
	(void)bytes;
	if (nesting++)
		return;
	CHECK_INT(put(2, 1, true, &nested), 0);
	CHECK_EQ(unit.doorbells, 0);
}

/* Another thread puts all of its commands while this one writes: hardware must not see a gap. */
static void put_while_another_writes(void)
{
	struct iomt_ring_batch batch = {0};

	unit_open(&unit, &iomt_ring_amd, 4, true);
	unit.ops.clean = put_in_between;
	nested = (struct iomt_ring_batch){0};
	nesting = 0;
	CHECK_INT(put(0, 2, true, &batch), 0);
	CHECK_EQ(unit.tail, 5);
	CHECK_EQ(unit.doorbells, 1);
	unit.execute = in_order;
	expected = 0;
	CHECK_INT(iomt_ring_wait(&unit.ring, &nested), 0);
	CHECK_EQ(expected, 3);
}

#define PRODUCERS 4u
#define BATCHES	  2000u

struct producer {
	pthread_t thread;
	unsigned index;
	uint64_t put; /* commands */
};

static uint64_t arrived[PRODUCERS];
static bool stop;

/* Each producer's commands arrive once and in its order. */
static void sorted_by_producer(void *ctx, const struct iomt_cmd *cmd, const struct iomt_inv *inv)
{
	uint64_t number = cmd->word[1] & 0xffffffff, producer = cmd->word[1] >> 32;

	(void)ctx;
	REQUIRE(!inv && producer < PRODUCERS);
	REQUIRE(number == __atomic_load_n(&arrived[producer], __ATOMIC_RELAXED));
	__atomic_store_n(&arrived[producer], number + 1, __ATOMIC_RELEASE);
}

static void *hardware(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		if (!unit_run(&unit))
			sched_yield();
	}
	return NULL;
}

static int yield(void *ctx, uint64_t tries)
{
	(void)ctx;
	(void)tries;
	sched_yield();
	return 0;
}

static void *produce(void *arg)
{
	struct producer *p = arg;
	uint64_t state = p->index + 1;

	for (unsigned i = 0; i < BATCHES; i++) {
		struct iomt_ring_batch batch = {0};
		struct iomt_cmd cmds[2 * 6] = {{{0}}};
		unsigned count, step = unit.kind->cmds;

		state = state * 6364136223846793005ULL + 1442695040888963407ULL;
		count = (unsigned)(state >> 33) % 6;
		for (unsigned j = 0; j < count; j++)
			cmds[j * step] = numbered((uint64_t)p->index << 32 | p->put++);
		REQUIRE(!iomt_ring_put(&unit.ring, cmds, (size_t)count * step, true, &batch));
		if (i % 4 == 3)
			continue; /* never waited for */
		REQUIRE(!iomt_ring_wait(&unit.ring, &batch));
		REQUIRE(__atomic_load_n(&arrived[p->index], __ATOMIC_ACQUIRE) == p->put);
	}
	return NULL;
}

static void race(const struct iomt_ring_kind *kind, unsigned lg2, bool stores)
{
	struct producer producers[PRODUCERS];
	struct iomt_ring_batch batch = {0};
	pthread_t processor;
	uint64_t total = 0;

	unit_open(&unit, kind, lg2, stores);
	unit.ops.wait = yield;
	unit.execute = sorted_by_producer;
	memset(arrived, 0, sizeof(arrived));
	__atomic_store_n(&stop, false, __ATOMIC_RELAXED);
	CHECK(!pthread_create(&processor, NULL, hardware, NULL));
	for (unsigned i = 0; i < PRODUCERS; i++) {
		producers[i] = (struct producer){.index = i};
		CHECK(!pthread_create(&producers[i].thread, NULL, produce, &producers[i]));
	}
	for (unsigned i = 0; i < PRODUCERS; i++)
		pthread_join(producers[i].thread, NULL);
	CHECK_INT(iomt_ring_put(&unit.ring, NULL, 0, true, &batch), 0);
	CHECK_INT(iomt_ring_wait(&unit.ring, &batch), 0);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	pthread_join(processor, NULL);
	for (unsigned i = 0; i < PRODUCERS; i++) {
		CHECK_EQ(arrived[i], producers[i].put);
		total += arrived[i];
	}
	CHECK_EQ(unit.executed, total + PRODUCERS * BATCHES + 1);
}

static void producers_side_by_side(void)
{
	race(&iomt_ring_amd, 3, true);
	race(&iomt_ring_amd, 8, true);
	race(&iomt_ring_vtd_wide, 4, true);
	race(&iomt_ring_smmu, 3, false);
	race(&iomt_ring_smmu, 3, true);
	race(&iomt_ring_riscv, 6, false);
}

TEST_SUITE(ring, TEST(amd_literally), TEST(vtd_literally), TEST(smmu_literally),
	   TEST(riscv_literally), TEST(wrap_at_every_index), TEST(far_positions), TEST(full_ring),
	   TEST(waits), TEST(late_stores), TEST(word_taken_over), TEST(refused_commands),
	   TEST(devices_that_time_out), TEST(bad_reports), TEST(impossible_heads),
	   TEST(bad_arguments), TEST(written_back), TEST(put_while_another_rings),
	   TEST(put_while_another_writes), TEST(places_forget), TEST(producers_side_by_side));
