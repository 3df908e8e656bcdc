/* SPDX-License-Identifier: MIT */
/* Two stages at once: addresses of the first are guest physical ones, of its tables too. */
#include "riscv.h"
#include "test.h"
#include <stdio.h>

#define RW   (IOMT_READ | IOMT_WRITE)
#define ALL  (RW | IOMT_EXEC)
#define VA   0x90000000ULL
#define GPA  0x60000000ULL
#define STEP 0x20000ULL

static const uint32_t prots1[] = {IOMT_READ, RW, ALL, RW | IOMT_PRIV, IOMT_EXEC, ALL | IOMT_PRIV};
static const uint32_t prots2[] = {0, IOMT_READ, RW, ALL, IOMT_READ | IOMT_EXEC, IOMT_EXEC};

#define PROTS1 (sizeof(prots1) / sizeof(prots1[0]))
#define PROTS2 (sizeof(prots2) / sizeof(prots2[0]))

/* The first stage decides first. The guest has SUM set. */
static void try_pair(struct machine *machine, uint64_t place, uint32_t prot1, uint32_t prot2)
{
	for (enum riscv_op op = RISCV_LOAD; op <= RISCV_USER_FETCH; op++) {
		uint64_t at = place + 0x1238 + 8 * op;
		struct riscv_want want = riscv_want_s1(op | RISCV_LENIENT, 0, prot1);

		if ((op & 3) > RISCV_FETCH)
			continue;
		if (!want.fault)
			want = riscv_want_s2(op, GPA + at, RISCV_DATA + at, prot2);
		riscv_ask(machine, op | RISCV_VIRTUAL, VA + at, want);
	}
}

static void nest(struct machine *machine, struct riscv_table *s1, struct riscv_table *s2)
{
	uint64_t place = 0;

	riscv_map(s2, RISCV_TABLES, RISCV_TABLES, RISCV_DATA - RISCV_TABLES, RW);
	riscv_load(machine, s1, s2);
	for (size_t i = 0; i < PROTS1 * PROTS2; i++, place += STEP) {
		riscv_map(s1, VA + place, GPA + place, STEP, prots1[i / PROTS2]);
		if (prots2[i % PROTS2])
			riscv_map(s2, GPA + place, RISCV_DATA + place, STEP, prots2[i % PROTS2]);
	}
	place = 0;
	for (size_t i = 0; i < PROTS1 * PROTS2; i++, place += STEP)
		try_pair(machine, place, prots1[i / PROTS2], prots2[i % PROTS2]);
	riscv_ask(machine, RISCV_LOAD | RISCV_VIRTUAL, VA - 8, (struct riscv_want){.fault = true});
	riscv_flush(machine);
	/* the first stage's tables themselves */
	riscv_unmap(s2, RISCV_TABLES, RISCV_DATA - RISCV_TABLES);
	riscv_load(machine, s1, s2);
	machine->mailbox->trials[0] =
		(struct trial){.op = RISCV_USER_LOAD | RISCV_VIRTUAL, .address = VA + 0x1238};
	machine->mailbox->count = 1;
	machine_run(machine);
	CHECK_EQ(machine->mailbox->trials[0].fault & 0xff, 0x80 | 21);
}

void riscv_nested(void)
{
	static const char *const firsts[] = {"sv39_napot", "sv48", "sv57"};
	struct machine *machine = riscv_machine();

	for (size_t i = 0; machine && i < riscv_count * 3; i++) {
		const struct riscv_config *first = riscv_config_named(firsts[i % 3]);
		const struct riscv_config *second = &riscv_configs[i / 3];
		struct riscv_table s1, s2;

		if (!second->stage2)
			continue;
		riscv_open(&s1, machine, first);
		riscv_open(&s2, machine, second);
		snprintf(machine->note, sizeof(machine->note), "%s over %s", first->name,
			 second->name);
		nest(machine, &s1, &s2);
		riscv_close(&s1);
		riscv_close(&s2);
		CHECK_EQ(machine->pool.live, 0);
	}
}
