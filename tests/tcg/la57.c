/* SPDX-License-Identifier: MIT */
/*
 * Intel SDM volume 3A: access rights 4.6, page-fault error codes 4.7; volume 1: canonical addresses
 * 3.3.7.1.
 */
#include "la57.h"
#include "test.h"
#include <stdio.h>

#define STUB	  0x10000u
#define USER_PAGE 0x1e000u /* code that the user may run */
#define MAILBOX	  0x20000u
#define STUB_END  0x30000u
#define TABLES	  0x4000000u

#define CR4_LA57 (1ULL << 12)
#define EFER_NXE (1ULL << 11)

#define FAULT_PRESENT 0x01u
#define FAULT_WRITE   0x02u
#define FAULT_USER    0x04u
#define FAULT_FETCH   0x10u

#define FAULTED		   (1ULL << 63) /* the stub's: vector 39:32, error code 31:0 */
#define PAGE_FAULT	   (FAULTED | 14ULL << 32)
#define GENERAL_PROTECTION (FAULTED | 13ULL << 32)

#define SIGNED_NX (IOMT_PT_SIGNED | IOMT_PT_NX)

const struct la57_config la57_configs[] = {
	{"4_signed", SIGNED_NX, 48, 0, 0},     {"4_dirty", SIGNED_NX | IOMT_PT_DIRTY, 48, 40, 0},
	{"4_lower", IOMT_PT_NX, 47, 0, 0},     {"4_plain", 0, 39, 32, 4},
	{"5_signed", SIGNED_NX, 57, 0, 0},     {"5_dirty", SIGNED_NX | IOMT_PT_DIRTY, 57, 40, 5},
	{"5_lower", IOMT_PT_NX, 56, 0, 0},     {"5_plain", 0, 49, 46, 0},
	{"5_narrow", IOMT_PT_DIRTY, 40, 0, 5},
};
const size_t la57_count = sizeof(la57_configs) / sizeof(la57_configs[0]);

static const char *const arguments[] = {"-machine", "q35,memory-backend=ram", "-bios",
					TCG_LA57_STUB, NULL};

#define MACHINE(more)                                                                              \
	{                                                                                          \
		.suite = "tcg_la57", .qemu = "qemu-system-x86_64", .cpu = "max", .features = more, \
		.args = arguments, .stub = TCG_LA57_STUB, .ram_bytes = LA57_DATA_END,              \
		.stub_offset = STUB, .mailbox_offset = MAILBOX, .tables_offset = TABLES,           \
		.tables_bytes = LA57_DATA - TABLES                                                 \
	}

static const struct machine_kind five_levels = MACHINE(",la57=on");
static const struct machine_kind four_levels = MACHINE(",la57=off");

struct want {
	uint64_t fault; /* as the stub tells it */
	uint64_t oa;
};

static struct want wants[MAILBOX_TRIALS];

void la57_map(struct la57_table *t, uint64_t iova, uint64_t oa, uint64_t length, uint32_t prot)
{
	int err;

	if (!t->nx)
		prot &= ~IOMT_EXEC;
	err = iomt_pt_map(&t->pt, iova, oa, length, prot, &t->gather);
	CHECK_MSG(!err, "%s: map 0x%" PRIx64 " to 0x%" PRIx64 ", 0x%" PRIx64 " bytes: %s",
		  t->config->name, iova, oa, length, iomt_strerror(err));
}

void la57_unmap(struct la57_table *t, uint64_t iova, uint64_t length)
{
	uint64_t bytes;

	CHECK_INT(iomt_pt_unmap(&t->pt, iova, length, &bytes, &t->gather), 0);
	CHECK_EQ(bytes, length);
}

/* What the stub needs is where it is in every table, and for the supervisor but for one page. */
static void map_stub(struct la57_table *t)
{
	const uint32_t own = IOMT_READ | IOMT_WRITE | IOMT_EXEC | IOMT_PRIV;

	la57_map(t, STUB, STUB, USER_PAGE - STUB, own);
	la57_map(t, USER_PAGE, USER_PAGE, 0x1000, IOMT_READ | IOMT_EXEC);
	la57_map(t, MAILBOX, MAILBOX, STUB_END - MAILBOX, own);
}

static void open_table(struct la57_table *t, struct machine *machine,
		       const struct la57_config *config)
{
	struct iomt_pt_cfg cfg = {
		.size = sizeof(cfg),
		.format = &iomt_x86_64,
		.mem = &machine->pool.mem,
		.flags = config->flags,
		.iova_bits = config->iova_bits,
		.oa_bits = config->oa_bits,
		.levels = config->levels,
	};
	struct iomt_pt_hw hw;

	*t = (struct la57_table){.config = config, .machine = machine};
	CHECK_INT(iomt_pt_init(&t->pt, &cfg), 0);
	iomt_gather_init(&t->gather);
	iomt_pt_bounds(&t->pt, &t->first, &t->last);
	iomt_pt_hw(&t->pt, &hw);
	CHECK_EQ(hw.u.x86.paging_mode, !!(machine->mailbox->regs[16] & CR4_LA57));
	t->nx = hw.u.x86.nx;
	t->upper = config->flags & IOMT_PT_SIGNED;
	machine->mailbox->regs[0] = hw.root;
	machine->mailbox->regs[1] = hw.u.x86.nx ? EFER_NXE : 0;
	snprintf(machine->note, sizeof(machine->note), "%s", config->name);
	map_stub(t);
}

static void close_table(struct la57_table *t)
{
	iomt_gather_release(&t->gather);
	iomt_pt_destroy(&t->pt);
	CHECK_EQ(t->machine->pool.live, 0);
}

/* The names begin with the number of levels. */
void la57_over_all(la57_case run)
{
	struct machine *machine = NULL;

	for (size_t i = 0; i < la57_count; i++) {
		bool five = la57_configs[i].name[0] == '5';
		struct la57_table t;

		machine = machine_get(five ? &five_levels : &four_levels);
		if (!machine)
			return;
		open_table(&t, machine, &la57_configs[i]);
		run(&t);
		close_table(&t);
	}
	machine->tests++;
}

/* With CR0.WP the supervisor too may write only what is writable. */
static uint64_t fault_of(const struct la57_table *t, enum la57_op op, uint32_t prot)
{
	bool user = op & LA57_USER_READ;
	enum la57_op kind = op & 3;
	uint64_t error = PAGE_FAULT | (user ? FAULT_USER : 0) |
			 (kind == LA57_WRITE ? FAULT_WRITE : 0) |
			 (kind == LA57_FETCH && t->nx ? FAULT_FETCH : 0);

	if (!prot)
		return error;
	if ((user && (prot & IOMT_PRIV)) || (kind == LA57_WRITE && !(prot & IOMT_WRITE)) ||
	    (kind == LA57_FETCH && t->nx && !(prot & IOMT_EXEC)))
		return error | FAULT_PRESENT;
	return 0;
}

/* "mov $page, %eax; int $0x80": depends on the place alone, as QEMU does not see it change. */
static uint64_t code_at(uint64_t oa)
{
	return 0xb8 | (oa >> 12 & 0xffffffff) << 8 | 0x80cdULL << 40;
}

static void add_trial(struct la57_table *t, struct trial trial, struct want want)
{
	struct mailbox *mailbox = t->machine->mailbox;

	if (mailbox->count == MAILBOX_TRIALS)
		la57_flush(t);
	wants[mailbox->count] = want;
	mailbox->trials[mailbox->count++] = trial;
}

void la57_ask(struct la57_table *t, enum la57_op op, uint64_t iova, uint64_t oa, uint32_t prot)
{
	if (prot)
		*machine_word(t->machine, oa) = (op & 3) == LA57_FETCH ? code_at(oa) : oa;
	add_trial(t, (struct trial){.op = op, .address = iova, .value = ~oa},
		  (struct want){.fault = fault_of(t, op, prot), .oa = oa});
}

void la57_ask_noncanonical(struct la57_table *t, uint64_t address)
{
	add_trial(t, (struct trial){.op = LA57_READ, .address = address},
		  (struct want){.fault = GENERAL_PROTECTION});
}

void la57_ask_all(struct la57_table *t, uint64_t iova, uint64_t oa, uint32_t prot)
{
	for (enum la57_op op = LA57_READ; op <= LA57_USER_FETCH; op++) {
		if ((op & 3) <= LA57_FETCH)
			la57_ask(t, op, iova + 8 * op, oa + 8 * op, prot);
	}
}

static void judge(const struct la57_table *t, const struct trial *trial, const struct want *want)
{
	uint64_t value = trial->value;

#define EXPECT(condition, format, ...)                                                         \
	CHECK_MSG(condition,                                                                   \
		  "%s: op %" PRIu64 " at 0x%" PRIx64 ", value 0x%" PRIx64 ", fault 0x%" PRIx64 \
		  ": " format,                                                                 \
		  t->machine->note, trial->op, trial->address, trial->value, trial->fault,     \
		  ##__VA_ARGS__)

	EXPECT(trial->fault == want->fault, "wanted fault 0x%" PRIx64, want->fault);
	if (trial->fault == GENERAL_PROTECTION)
		return;
	if (trial->fault) {
		EXPECT(value == trial->address, "another CR2");
		return;
	}
	if ((trial->op & 3) == LA57_WRITE)
		value = ~*machine_word(t->machine, want->oa);
	EXPECT(value == ((trial->op & 3) == LA57_FETCH ? want->oa >> 12 : want->oa),
	       "wanted the memory at 0x%" PRIx64, want->oa);
#undef EXPECT
}

void la57_flush(struct la57_table *t)
{
	uint64_t count = t->machine->mailbox->count;

	if (count)
		machine_run(t->machine);
	for (uint64_t i = 0; i < count; i++)
		judge(t, &t->machine->mailbox->trials[i], &wants[i]);
}
