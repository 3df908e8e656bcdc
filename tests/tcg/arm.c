/* SPDX-License-Identifier: MIT */
/*
 * Arm DDI 0487, D19.2: HCR_EL2, ID_AA64MMFR0_EL1, MAIR_EL1, SCTLR_EL1, TCR_EL1, TTBRn_EL1,
 * VTCR_EL2, VTTBR_EL2.
 */
#include "arm.h"
#include "test.h"
#include <stdio.h>

#define RAM_BASE 0x40000000u
#define STUB	 0x200000u
#define MAILBOX	 0x210000u

#define HCR_VM	 (1ULL << 0)
#define HCR_DC	 (1ULL << 12)
#define HCR_RW	 (1ULL << 31)
#define SCTLR	 0x30d00800ULL /* RES1 */
#define SCTLR_M	 1ULL
#define TCR_EPD0 (1ULL << 7)
#define TCR_EPD1 (1ULL << 23)
#define VTCR	 (1ULL << 31) /* RES1 */

static const char *const arguments[] = {"-machine", "virt,virtualization=on,memory-backend=ram",
					"-device", "loader,addr=0x40200000,cpu-num=0", NULL};

static const struct machine_kind arm_kind = {
	.suite = "tcg_arm",
	.qemu = "qemu-system-aarch64",
	.cpu = "max",
	.features = "",
	.args = arguments,
	.stub = TCG_ARM_STUB,
	.ram_base = RAM_BASE,
	.ram_bytes = ARM_RAM_END - RAM_BASE,
	.stub_offset = STUB,
	.mailbox_offset = MAILBOX,
	.tables_offset = ARM_TABLES - RAM_BASE,
	.tables_bytes = ARM_RAM_END - ARM_TABLES,
};

struct machine *arm_machine(void)
{
	struct machine *machine = machine_get(&arm_kind);

	if (machine)
		machine->tests++;
	return machine;
}

/*
 * ID_AA64MMFR0_EL1: TGran4 31:28 and TGran16 23:20 say with 1 and 2 that there is FEAT_LPA2,
 * TGran64 27:24 is 0 where there is a 64K granule; PARange 3:0 is 6 for 52 bits.
 */
static bool cpu_has(uint64_t mmfr0, const struct arm_config *config, const struct iomt_pt_hw *hw)
{
	unsigned gran4 = mmfr0 >> 28 & 15, gran16 = mmfr0 >> 20 & 15, gran64 = mmfr0 >> 24 & 15;

	if (hw->oa_bits == 52 && (mmfr0 & 15) < 6)
		return false;
	if (config->granule_lg2 == 16)
		return !gran64 && (hw->iova_bits <= 48 || (mmfr0 & 15) >= 6);
	if (config->granule_lg2 == 14)
		return gran16 >= (hw->u.arm.ds ? 2 : 1);
	return gran4 != 15 && gran4 >= hw->u.arm.ds;
}

const char *arm_lacks(struct machine *machine, const struct arm_config *config)
{
	struct iomt_pt_hw hw;
	struct arm_table table;

	arm_open(&table, machine, config);
	iomt_pt_hw(&table.pt, &hw);
	arm_close(&table);
	if (!cpu_has(machine->mailbox->regs[16], config, &hw))
		return "the CPU has no such tables (ID_AA64MMFR0_EL1)";
	if (config->stage2 && config->granule_lg2 == 14 && hw.u.arm.sl == 3 && machine->qemu < 8)
		return "this QEMU begins no 16K stage 2 at level 0 (VTCR_EL2.SL0 = 3)";
	return NULL;
}

/* What the hook of a gather is for: the machine does not remember across requests. */
static void forget(struct iomt_gather *gather)
{
	struct machine *machine = gather->ctx;

	CHECK_EQ(machine->mailbox->count, 0);
	machine_run(machine);
}

void arm_open(struct arm_table *table, struct machine *machine, const struct arm_config *config)
{
	struct iomt_pt_cfg cfg = {
		.size = sizeof(cfg),
		.format = config->format,
		.mem = &machine->pool.mem,
		.flags = config->flags,
		.iova_bits = config->iova_bits,
		.oa_bits = config->oa_bits,
		.levels = config->levels,
		.bbm = config->bbm,
	};
	struct iomt_pt_cfg_error why = {"", ""};
	struct iomt_pt_hw hw;

	CHECK_MSG(!iomt_pt_cfg_check(&cfg, &why), "%s: %s: %s", config->name, why.field,
		  why.reason);
	CHECK_INT(iomt_pt_init(&table->pt, &cfg), 0);
	snprintf(machine->note, sizeof(machine->note), "%s", config->name);
	table->config = config;
	table->machine = machine;
	table->granule = 1ULL << config->granule_lg2;
	iomt_pt_hw(&table->pt, &hw);
	table->ds = hw.u.arm.ds;
	iomt_pt_bounds(&table->pt, &table->first, &table->last);
	iomt_gather_init(&table->gather);
	table->gather.sync = forget;
	table->gather.ctx = machine;
}

void arm_close(struct arm_table *table)
{
	iomt_gather_release(&table->gather);
	iomt_pt_destroy(&table->pt);
}

void arm_map(struct arm_table *table, uint64_t iova, uint64_t oa, uint64_t length, uint32_t prot)
{
	int err = iomt_pt_map(&table->pt, iova, oa, length, prot, &table->gather);

	CHECK_MSG(!err, "%s: map 0x%" PRIx64 " to 0x%" PRIx64 ", 0x%" PRIx64 " bytes: %s",
		  table->config->name, iova, oa, length, iomt_strerror(err));
}

void arm_map_stub(struct arm_table *table)
{
	arm_map(table, RAM_BASE + STUB, RAM_BASE + STUB, 0x10000, IOMT_READ | IOMT_EXEC);
}

/* TCR_EL1: T0SZ 5:0, IRGN0 9:8, ORGN0 11:10, SH0 13:12, TG0 15:14; for TTBR1 16 bits higher. */
static uint64_t tcr_half(const struct iomt_pt_hw *hw, bool upper)
{
	uint64_t walks = (uint64_t)hw->u.arm.irgn << 8 | (uint64_t)hw->u.arm.orgn << 10 |
			 (uint64_t)hw->u.arm.sh << 12 | hw->u.arm.tsz;

	return upper ? walks << 16 | (uint64_t)hw->u.arm.tg << 30
		     : walks | (uint64_t)hw->u.arm.tg << 14;
}

/* IPS 34:32, HA 39, HD 40, DS 59: both halves share them. */
static uint64_t tcr_shared(const struct iomt_pt_hw *hw)
{
	return (uint64_t)hw->u.arm.ps << 32 | (uint64_t)hw->u.arm.ha << 39 |
	       (uint64_t)hw->u.arm.hd << 40 | (uint64_t)hw->u.arm.ds << 59;
}

/* VTCR_EL2: T0SZ 5:0, SL0 7:6, SH0 13:12, TG0 15:14, PS 18:16, HA 21, HD 22, DS 32, SL2 33. */
static uint64_t vtcr(const struct iomt_pt_hw *hw)
{
	return VTCR | tcr_half(hw, false) | (uint64_t)hw->u.arm.sl << 6 |
	       (uint64_t)hw->u.arm.ps << 16 | (uint64_t)hw->u.arm.ha << 21 |
	       (uint64_t)hw->u.arm.hd << 22 | (uint64_t)hw->u.arm.ds << 32 |
	       (uint64_t)hw->u.arm.sl2 << 33;
}

void arm_load(struct machine *machine, const struct arm_table *lower, const struct arm_table *upper,
	      const struct arm_table *stage2)
{
	bool stage1 = lower || upper;
	uint64_t tcr = 0, *regs = machine->mailbox->regs;
	struct iomt_pt_hw hw;

	memset(regs, 0, 8 * sizeof(*regs));
	regs[0] = HCR_RW | (stage1 ? 0 : HCR_DC) | (stage2 ? HCR_VM : 0);
	regs[1] = SCTLR | (stage1 ? SCTLR_M : 0);
	if (lower) {
		iomt_pt_hw(&lower->pt, &hw);
		tcr |= tcr_half(&hw, false) | tcr_shared(&hw);
		regs[3] = hw.u.arm.mair;
		regs[4] = hw.u.arm.ttbr;
	}
	if (upper) {
		iomt_pt_hw(&upper->pt, &hw);
		tcr |= tcr_half(&hw, true) | tcr_shared(&hw);
		regs[3] = hw.u.arm.mair;
		regs[5] = hw.u.arm.ttbr;
	}
	regs[2] =
		tcr | (lower ? 0 : TCR_EPD0 | 16) | (upper ? 0 : TCR_EPD1 | 2ULL << 30 | 16 << 16);
	if (stage2) {
		iomt_pt_hw(&stage2->pt, &hw);
		regs[6] = vtcr(&hw);
		regs[7] = hw.u.arm.ttbr;
	}
}
