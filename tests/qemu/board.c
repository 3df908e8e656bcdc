/* SPDX-License-Identifier: MIT */
#include "board.h"
#include "qtest.h"

/* Memory below 4 GiB ends at 2 GiB on a q35 with as much memory as this. */
const struct board board_q35 = {
	.program = "qemu-system-x86_64",
	.args = {"-machine", "q35"},
	.banks = {{0, 0x80000000}, {0x100000000, BOARD_RAM_BYTES - 0x80000000}},
	.data = 0x100000,
	.tables = 0x10000000,
	.edu = 0xe0000000,
	.code = 0xfdebf4fa, /* cli; hlt; jmp to the hlt */
	.code_at = 0xfff0,
};

/* Highmem is on: the configuration space of PCI stands above memory. */
const struct board board_virt = {
	.program = "qemu-system-aarch64",
	.args = {"-machine", "virt,iommu=smmuv3", "-cpu", "cortex-a57"},
	.banks = {{0x40000000, BOARD_RAM_BYTES}},
	.data = 0x40000000,
	.tables = 0x50000000,
	.ecam = 0x4010000000,
	.edu = 0x10000000,
	.code = 0x17ffffffd503207f, /* wfi; b to the wfi */
	.code_at = 0,
};
