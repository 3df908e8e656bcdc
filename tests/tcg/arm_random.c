/* SPDX-License-Identifier: MIT */
/* Random tables and questions; what fails names its seed, IOMT_TEST_SEED=n repeats it. */
#include "arm_cases.h"
#include "play.h"

#define RW (IOMT_READ | IOMT_WRITE)

static const uint32_t stage1_prots[] = {
	IOMT_READ, RW, IOMT_READ | IOMT_PRIV, RW | IOMT_PRIV, IOMT_READ | IOMT_EXEC, 0};
static const uint32_t stage2_prots[] = {IOMT_READ,	RW, IOMT_WRITE, IOMT_READ | IOMT_EXEC,
					RW | IOMT_EXEC, 0};

static void ask(void *ctx, uint64_t address, const struct interval *in)
{
	if (in)
		arm_ask_all(ctx, address, in->oa + (address - in->first), in->prot);
	else
		arm_ask_all(ctx, address, 0, 0);
}

static void answer(void *ctx)
{
	struct arm_table *t = ctx;

	arm_flush(t->machine);
}

static void random_in(struct arm_table *t)
{
	struct play run = {
		.pt = &t->pt,
		.gather = &t->gather,
		.granule = t->granule,
		.first = t->first,
		.last = t->last,
		.oa_last = (1ULL << t->config->oa_bits) - 1,
		.prots = t->config->stage2 ? stage2_prots : stage1_prots,
		.name = t->config->name,
		.ask = ask,
		.answer = answer,
		.ctx = t,
	};

	play_random(&run, 2, t->config->iova_bits, t->machine->note, sizeof(t->machine->note));
}

void arm_random(void)
{
	arm_over_all(random_in);
}
