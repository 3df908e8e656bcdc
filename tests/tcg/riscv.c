/* SPDX-License-Identifier: MIT */
/*
 * RISC-V privileged architecture: mcause values in "Machine Cause Register"; permissions in
 * "Virtual Address Translation Process" and "Guest Physical Address Translation".
 */
#include "riscv.h"
#include "test.h"
#include <stdio.h>

#define STUB_OFFSET    0x123000u
#define MAILBOX_OFFSET 0x130000u
#define DIRTY	       IOMT_PT_DIRTY
#define SIGNED	       IOMT_PT_SIGNED
#define PBMT	       IOMT_PT_PBMT
#define NAPOT_39       0x40211000
#define NAPOT_48       0x8040211000
#define NAPOT_57       0x1008040211000

enum cause {
	FETCH_ACCESS = 1,
	LOAD_ACCESS = 5,
	STORE_ACCESS = 7,
	USER_ECALL = 8,
	SUPERVISOR_ECALL = 9,
	VIRTUAL_ECALL = 10,
	FETCH_PAGE = 12,
	LOAD_PAGE = 13,
	STORE_PAGE = 15,
	FETCH_GUEST_PAGE = 20,
	LOAD_GUEST_PAGE = 21,
	STORE_GUEST_PAGE = 23,
};

const struct riscv_config riscv_configs[] = {
	{"sv39", false, SIGNED, 39, 0, 0, 0},
	{"sv39_napot", false, SIGNED | DIRTY | PBMT, 39, 0, 0, NAPOT_39},
	{"sv39_lower", false, 0, 38, 34, 0, NAPOT_39},
	{"sv48", false, SIGNED | PBMT, 48, 0, 0, NAPOT_48},
	{"sv48_lower", false, DIRTY, 47, 0, 0, 0},
	{"sv48_narrow", false, PBMT, 32, 0, 4, 0x11000},
	{"sv57", false, SIGNED | DIRTY, 57, 0, 0, NAPOT_57},
	{"sv57_lower", false, PBMT, 56, 0, 0, 0},
	{"sv39x4", true, 0, 41, 0, 0, 0},
	{"sv39x4_napot", true, DIRTY | PBMT, 41, 0, 0, NAPOT_39},
	{"sv39x4_narrow", true, PBMT, 36, 40, 0, NAPOT_39},
	{"sv48x4", true, PBMT, 50, 0, 0, NAPOT_48},
	{"sv48x4_narrow", true, DIRTY, 41, 0, 4, 0},
	{"sv57x4", true, PBMT, 59, 0, 0, NAPOT_57},
	{"sv57x4_dirty", true, DIRTY, 59, 0, 0, 0},
};
const size_t riscv_count = sizeof(riscv_configs) / sizeof(riscv_configs[0]);

/*
 * The stub lies where no test looks: QEMU 7.2 remembers the page that machine mode runs in, and
 * takes that for loads with MPRV too.
 */
static const char *const arguments[] = {"-machine", "virt,memory-backend=ram",
					"-bios",    "none",
					"-device",  "loader,addr=0x80123000,cpu-num=0",
					NULL};

static const struct machine_kind riscv_kind = {
	.suite = "tcg_riscv",
	.qemu = "qemu-system-riscv64",
	.cpu = "rv64",
	.features = ",h=on,svnapot=on,svpbmt=on",
	.args = arguments,
	.stub = TCG_RISCV_STUB,
	.ram_base = RISCV_RAM,
	.ram_bytes = RISCV_RAM_END - RISCV_RAM,
	.stub_offset = STUB_OFFSET,
	.mailbox_offset = MAILBOX_OFFSET,
	.tables_offset = RISCV_TABLES - RISCV_RAM,
	.tables_bytes = RISCV_DATA - RISCV_TABLES,
};

static struct riscv_want wants[MAILBOX_TRIALS];

const struct riscv_config *riscv_config_named(const char *name)
{
	for (size_t i = 0; i < riscv_count; i++) {
		if (!strcmp(riscv_configs[i].name, name))
			return &riscv_configs[i];
	}
	test_fail(__FILE__, __LINE__, "no configuration %s", name);
}

struct machine *riscv_machine(void)
{
	struct machine *machine = machine_get(&riscv_kind);

	if (machine)
		machine->tests++;
	return machine;
}

bool riscv_halves(const struct machine *machine)
{
	return machine->qemu < 9;
}

/* The last address of a second stage that the machine takes. */
static void clip(struct riscv_table *t)
{
	struct iomt_pt_hw hw;
	uint64_t half;

	iomt_pt_hw(&t->pt, &hw);
	half = 1ULL << (12 + 9 * hw.levels + 1);
	if (t->config->stage2 && riscv_halves(t->machine) && t->last >= half)
		t->last = half - 1;
}

void riscv_open(struct riscv_table *t, struct machine *machine, const struct riscv_config *config)
{
	struct iomt_pt_cfg cfg = {
		.size = sizeof(cfg),
		.format = config->stage2 ? &iomt_riscv_s2 : &iomt_riscv_s1,
		.mem = &machine->pool.mem,
		.flags = config->flags,
		.iova_bits = config->iova_bits,
		.oa_bits = config->oa_bits,
		.levels = config->levels,
		.page_sizes = config->page_sizes,
	};
	struct iomt_pt_cfg_error why = {"", ""};

	CHECK_MSG(!iomt_pt_cfg_check(&cfg, &why), "%s: %s: %s", config->name, why.field,
		  why.reason);
	*t = (struct riscv_table){.config = config, .machine = machine};
	CHECK_INT(iomt_pt_init(&t->pt, &cfg), 0);
	iomt_gather_init(&t->gather);
	iomt_pt_bounds(&t->pt, &t->first, &t->last);
	clip(t);
	snprintf(machine->note, sizeof(machine->note), "%s", config->name);
}

void riscv_close(struct riscv_table *t)
{
	iomt_gather_release(&t->gather);
	iomt_pt_destroy(&t->pt);
}

/*
 * satp for a first stage alone; with a second one vsatp and hgatp. satp then too: QEMU 7.2 looks
 * there for whether a fault of hlv.d is a page fault.
 */
void riscv_load(struct machine *machine, const struct riscv_table *s1, const struct riscv_table *s2)
{
	uint64_t *regs = machine->mailbox->regs;
	struct iomt_pt_hw hw;

	memset(regs, 0, 3 * sizeof(*regs));
	if (s1) {
		iomt_pt_hw(&s1->pt, &hw);
		regs[0] = hw.u.riscv.atp;
		regs[2] = s2 ? hw.u.riscv.atp : 0;
	}
	if (s2) {
		iomt_pt_hw(&s2->pt, &hw);
		regs[1] = hw.u.riscv.atp;
	}
	machine_run(machine);
	CHECK_MSG(!memcmp(regs, regs + 16, 3 * sizeof(*regs)), "%s: the CPU has no such mode",
		  machine->note);
}

void riscv_over_all(riscv_case run)
{
	struct machine *machine = riscv_machine();

	for (size_t i = 0; machine && i < riscv_count; i++) {
		bool stage2 = riscv_configs[i].stage2;
		struct riscv_table t;

		riscv_open(&t, machine, &riscv_configs[i]);
		riscv_load(machine, stage2 ? NULL : &t, stage2 ? &t : NULL);
		run(&t);
		riscv_close(&t);
		CHECK_EQ(machine->pool.live, 0);
	}
}

void riscv_map(struct riscv_table *t, uint64_t iova, uint64_t oa, uint64_t length, uint32_t prot)
{
	int err = iomt_pt_map(&t->pt, iova, oa, length, prot, &t->gather);

	CHECK_MSG(!err, "%s: map 0x%" PRIx64 " to 0x%" PRIx64 ", 0x%" PRIx64 " bytes: %s",
		  t->config->name, iova, oa, length, iomt_strerror(err));
}

void riscv_unmap(struct riscv_table *t, uint64_t iova, uint64_t length)
{
	uint64_t bytes;

	CHECK_INT(iomt_pt_unmap(&t->pt, iova, length, &bytes, &t->gather), 0);
	CHECK_EQ(bytes, length);
}

static uint32_t needed(enum riscv_op op)
{
	return (op & 3) == RISCV_FETCH	 ? IOMT_EXEC
	       : (op & 3) == RISCV_STORE ? IOMT_WRITE
					 : IOMT_READ;
}

/* Supervisors never fetch what is the user's, and load and store it with SUM alone. */
struct riscv_want riscv_want_s1(enum riscv_op op, uint64_t oa, uint32_t prot)
{
	bool user = op & RISCV_USER_LOAD, lenient = op & RISCV_LENIENT;
	bool fetch = (op & 3) == RISCV_FETCH, allowed = prot & needed(op);

	if (user)
		allowed = allowed && !(prot & IOMT_PRIV);
	else if (!(prot & IOMT_PRIV))
		allowed = allowed && lenient && !fetch;
	return (struct riscv_want){.fault = !allowed, .oa = oa};
}

struct riscv_want riscv_want_s2(enum riscv_op op, uint64_t gpa, uint64_t oa, uint32_t prot)
{
	bool allowed = prot & needed(op);

	return (struct riscv_want){.fault = !allowed, .guest = !allowed, .gpa = gpa, .oa = oa};
}

static bool in_ram(uint64_t oa)
{
	return oa >= RISCV_RAM && oa < RISCV_RAM_END;
}

/* "lui a2, page; ecall": depends on the place alone, as QEMU does not see it change. */
static uint64_t code_at(uint64_t oa)
{
	return 0x637 | (oa & 0xfffff000) | 0x73ULL << 32;
}

void riscv_ask(struct machine *machine, enum riscv_op op, uint64_t address, struct riscv_want want)
{
	struct mailbox *mailbox = machine->mailbox;

	if (mailbox->count == MAILBOX_TRIALS)
		riscv_flush(machine);
	if (!want.fault && in_ram(want.oa))
		*machine_word(machine, want.oa) =
			(op & 3) == RISCV_FETCH ? code_at(want.oa) : want.oa;
	wants[mailbox->count] = want;
	mailbox->trials[mailbox->count++] =
		(struct trial){.op = op, .address = address, .value = ~want.oa};
}

void riscv_ask_one(struct riscv_table *t, enum riscv_op op, uint64_t iova, uint64_t oa,
		   uint32_t prot)
{
	bool stage2 = t->config->stage2;

	riscv_ask(t->machine, op | (stage2 ? RISCV_VIRTUAL : 0), iova,
		  stage2 ? riscv_want_s2(op, iova, oa, prot) : riscv_want_s1(op, oa, prot));
}

void riscv_ask_all(struct riscv_table *t, uint64_t iova, uint64_t oa, uint32_t prot)
{
	for (enum riscv_op op = RISCV_LOAD; op <= RISCV_USER_FETCH; op++) {
		if ((op & 3) <= RISCV_FETCH)
			riscv_ask_one(t, op, iova + 8 * op, oa + 8 * op, prot);
	}
	if (!t->config->stage2) {
		riscv_ask_one(t, RISCV_LOAD | RISCV_LENIENT, iova + 24, oa + 24, prot);
		riscv_ask_one(t, RISCV_STORE | RISCV_LENIENT, iova + 56, oa + 56, prot);
	}
}

/* What mcause must say; 0 for a load or store that comes through. */
static enum cause cause_of(enum riscv_op op, const struct riscv_want *want)
{
	static const enum cause page[] = {LOAD_PAGE, STORE_PAGE, FETCH_PAGE};
	static const enum cause guest[] = {LOAD_GUEST_PAGE, STORE_GUEST_PAGE, FETCH_GUEST_PAGE};
	static const enum cause access[] = {LOAD_ACCESS, STORE_ACCESS, FETCH_ACCESS};
	unsigned kind = op & 3;

	if (want->fault)
		return want->guest ? guest[kind] : page[kind];
	if (!in_ram(want->oa))
		return access[kind];
	if (kind != RISCV_FETCH)
		return 0;
	return op & RISCV_USER_LOAD ? USER_ECALL
	       : op & RISCV_VIRTUAL ? VIRTUAL_ECALL
				    : SUPERVISOR_ECALL;
}

static void judge(struct machine *machine, const struct trial *trial, const struct riscv_want *want)
{
	enum cause cause = cause_of((enum riscv_op)trial->op, want);
	uint64_t value = trial->value;

#define EXPECT(condition, format, ...)                                                         \
	CHECK_MSG(condition,                                                                   \
		  "%s: op %" PRIu64 " at 0x%" PRIx64 ", value 0x%" PRIx64 ", fault 0x%" PRIx64 \
		  ": " format,                                                                 \
		  machine->note, trial->op, trial->address, trial->value, trial->fault,        \
		  ##__VA_ARGS__)

	/* QEMU 7.2 calls a fault of a table's entry a load's, whatever was asked for */
	EXPECT((trial->fault & 0x7f) == cause ||
		       (want->on_table && (trial->fault & 0x7f) == LOAD_GUEST_PAGE),
	       "wanted cause %u", cause);
	if (want->fault || !in_ram(want->oa)) {
		EXPECT(value == trial->address, "another mtval");
		if (want->guest)
			EXPECT(trial->fault >> 8 == want->gpa << 6 >> 8, "another mtval2");
		EXPECT((trial->fault >> 7 & 1) == want->on_table, "another mtinst");
		return;
	}
	if ((trial->op & 3) == RISCV_FETCH) {
		EXPECT((value & 0xfffff000) == (want->oa & 0xfffff000), "another page's code");
		return;
	}
	if ((trial->op & 3) == RISCV_STORE)
		value = ~*machine_word(machine, want->oa);
	EXPECT(value == want->oa, "wanted the memory at 0x%" PRIx64, want->oa);
#undef EXPECT
}

void riscv_flush(struct machine *machine)
{
	uint64_t count = machine->mailbox->count;

	if (count)
		machine_run(machine);
	for (uint64_t i = 0; i < count; i++)
		judge(machine, &machine->mailbox->trials[i], &wants[i]);
}
