/* SPDX-License-Identifier: MIT */
/*
 * Trials on the Arm machine, and what must come out of them. Arm DDI 0487: permissions D8.4;
 * PAR_EL1 and ESR_ELx D19.2.
 */
#include "arm.h"
#include "test.h"

#define HVC    0xd4000002u
#define SVC    0xd4000001u
#define EC_SVC 0x15u
#define EC_HVC 0x16u

static struct arm_want wants[MAILBOX_TRIALS];

static bool is_translation(enum arm_op op)
{
	return op <= ARM_AT_S12E0W;
}

static bool is_fetch(enum arm_op op)
{
	return op == ARM_FETCH || op == ARM_FETCH_EL0;
}

static bool writes(enum arm_op op)
{
	return op == ARM_STORE || op == ARM_STORE_EL0 || (is_translation(op) && (op & 1));
}

static bool from_el0(enum arm_op op)
{
	return is_translation(op)
		       ? (op & 2)
		       : op == ARM_LOAD_EL0 || op == ARM_STORE_EL0 || op == ARM_FETCH_EL0;
}

/* EL1 may always read, and may not execute what EL0 may write (D8.4.1). */
struct arm_want arm_want_s1(enum arm_op op, uint64_t oa, uint32_t prot)
{
	bool user = !(prot & IOMT_PRIV), writable = prot & IOMT_WRITE;
	bool allowed = user || !from_el0(op);

	if (writes(op))
		allowed = allowed && writable;
	if (is_fetch(op))
		allowed = allowed && (prot & IOMT_EXEC) &&
			  (op == ARM_FETCH_EL0 || !(user && writable));
	return (struct arm_want){
		.result = allowed ? ARM_OK : ARM_NO_PERMISSION, .oa = oa, .prot = prot};
}

struct arm_want arm_want_s2(enum arm_op op, uint64_t oa, uint32_t prot)
{
	uint32_t needed = is_fetch(op) ? IOMT_READ | IOMT_EXEC
			  : writes(op) ? IOMT_WRITE
				       : IOMT_READ;

	return (struct arm_want){.result = (prot & needed) == needed ? ARM_OK : ARM_NO_PERMISSION,
				 .stage2 = true,
				 .oa = oa,
				 .prot = prot};
}

static enum arm_result class_of(const struct machine *machine, unsigned status)
{
	if ((status >= 0x04 && status <= 0x07) || status == 0x2b)
		return ARM_NO_TRANSLATION;
	CHECK_MSG(status >= 0x0c && status <= 0x0f, "%s: fault status code 0x%x", machine->note,
		  status);
	return ARM_NO_PERMISSION;
}

#define EXPECT(machine, trial, condition, format, ...)                                            \
	CHECK_MSG(condition,                                                                      \
		  "%s: op %" PRIu64 " at 0x%" PRIx64 ", value 0x%" PRIx64 ", fault 0x%" PRIx64    \
		  ": " format,                                                                    \
		  (machine)->note, (trial)->op, (trial)->address, (trial)->value, (trial)->fault, \
		  ##__VA_ARGS__)

static void expect_fault(const struct machine *machine, const struct trial *trial,
			 const struct arm_want *want, unsigned status, bool stage2)
{
	enum arm_result got = class_of(machine, status);

	EXPECT(machine, trial, got == want->result, "status 0x%x, wanted result %d", status,
	       want->result);
	EXPECT(machine, trial, stage2 == want->stage2, "it is stage %d that faults", 1 + stage2);
}

/*
 * PAR_EL1: F 0; without a fault SH 8:7, PA 51:12, ATTR 63:56 as in MAIR; with one FST 6:1, S 9.
 * What is not write-back is outer shareable there, whatever entry or control register say; early
 * QEMUs repeat what these say, and with DS that is another value.
 */
static void judge_translation(const struct machine *machine, const struct trial *trial,
			      const struct arm_want *want)
{
	bool raw_sh = want->raw_sh && machine->qemu < 8;
	uint32_t type = want->prot & IOMT_TYPE_MASK;
	uint64_t par = trial->value, attr;

	if (par & 1) {
		expect_fault(machine, trial, want, par >> 1 & 0x3f, par >> 9 & 1);
		return;
	}
	EXPECT(machine, trial, want->result == ARM_OK, "no fault, wanted result %d", want->result);
	EXPECT(machine, trial, (par & 0xffffffffff000) == (want->oa & 0xffffffffff000),
	       "wanted 0x%" PRIx64, want->oa);
	attr = type == IOMT_TYPE_DEVICE ? 0x04 : type == IOMT_TYPE_UNCACHED ? 0x44 : 0xff;
	EXPECT(machine, trial, par >> 56 == attr, "wanted attributes 0x%" PRIx64, attr);
	EXPECT(machine, trial, (par >> 7 & 3) == (type && !raw_sh ? 2 : 3), "shareability");
}

/* ESR_ELx: EC 31:26, ISS 24:0 with the fault status in 5:0; bit 63 is the stub's: EL1 took it. */
static void judge_access(struct machine *machine, const struct trial *trial,
			 const struct arm_want *want)
{
	unsigned class = trial->fault >> 26 & 0x3f, wanted_class = EC_HVC;
	uint64_t page = want->oa >> 12 & 0x7fff;

	if (class >= 0x20 && class <= 0x25) {
		expect_fault(machine, trial, want, trial->fault & 0x3f, !(trial->fault >> 63));
		if (want->result == ARM_NO_PERMISSION && !is_fetch(trial->op))
			CHECK_EQ(*machine_word(machine, want->oa), want->oa);
		return;
	}
	if (trial->op == ARM_FETCH_EL0)
		wanted_class = EC_SVC;
	EXPECT(machine, trial, class == wanted_class, "exception class 0x%x", class);
	EXPECT(machine, trial, want->result == ARM_OK, "no fault, wanted result %d", want->result);
	if (is_fetch(trial->op))
		EXPECT(machine, trial, (trial->fault & 0xffff) == page,
		       "fetched from another page");
	else if (writes(trial->op))
		CHECK_EQ(*machine_word(machine, want->oa), ~want->oa);
	else
		EXPECT(machine, trial, trial->value == want->oa, "wanted 0x%" PRIx64, want->oa);
}

/*
 * Every word holds its own physical address, or code that says its page. What code it is depends on
 * the place alone, as QEMU does not see it change.
 */
static void prepare_access(struct machine *machine, enum arm_op op, const struct arm_want *want)
{
	uint32_t page = want->oa >> 12 & 0x7fff;
	uint64_t code = (op == ARM_FETCH ? HVC : SVC) | page << 5;

	if (!is_translation(op) && want->oa)
		*machine_word(machine, want->oa) = is_fetch(op) ? code : want->oa;
}

void arm_ask(struct machine *machine, enum arm_op op, uint64_t address, struct arm_want want)
{
	struct mailbox *mailbox = machine->mailbox;

	if (mailbox->count == MAILBOX_TRIALS)
		arm_flush(machine);
	prepare_access(machine, op, &want);
	wants[mailbox->count] = want;
	mailbox->trials[mailbox->count++] =
		(struct trial){.op = op, .address = address, .value = ~want.oa};
}

void arm_ask_all(struct arm_table *t, uint64_t iova, uint64_t oa, uint32_t prot)
{
	bool stage2 = t->config->stage2;
	enum arm_op first = stage2 ? ARM_AT_S12E1R : ARM_AT_S1E1R;

	for (enum arm_op op = first; op < first + 4; op++) {
		struct arm_want want =
			stage2 ? arm_want_s2(op, oa, prot) : arm_want_s1(op, oa, prot);

		if (!prot)
			want.result = ARM_NO_TRANSLATION;
		want.raw_sh = t->ds && !stage2;
		arm_ask(t->machine, op, iova, want);
	}
}

void arm_flush(struct machine *machine)
{
	uint64_t count = machine->mailbox->count;

	if (count)
		machine_run(machine);
	for (uint64_t i = 0; i < count; i++) {
		const struct trial *trial = &machine->mailbox->trials[i];

		if (is_translation(trial->op))
			judge_translation(machine, trial, &wants[i]);
		else
			judge_access(machine, trial, &wants[i]);
	}
}
