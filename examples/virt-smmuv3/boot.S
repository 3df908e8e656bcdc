/* SPDX-License-Identifier: MIT */
/*
 * From EL1 with the MMU off to C with it on, as memory that is not mapped is of device type, where neither unaligned
 * nor exclusive accesses need work. One table of 1 GiB blocks maps one to one what the board uses (DDI 0487, D8.3).
 */
	.set	STACK_BYTES, 0x10000
	.set	DEVICE, 1 << 54 | 1 << 53 | 1 << 10 | 0 << 2 | 1 /* block, AF, never executed */
	.set	NORMAL, 1 << 10 | 3 << 8 | 1 << 2 | 1 /* block, AF, inner shareable */
	.set	MAIR, 0xff04 /* 0: device, nGnRE; 1: normal, write-back */
	/* 39 bits of input: T0SZ 25, walks write-back and inner shareable, no TTBR1; 40 of output */
	.set	TCR, 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2 << 32
	.set	SCTLR_M, 1 << 0
	.set	SCTLR_C, 1 << 2
	.set	SCTLR_I, 1 << 12

	.section .boot, "ax"
	.globl	start
start:
	msr	daifset, #0xf
	ldr	x0, =MAIR
	msr	mair_el1, x0
	ldr	x0, =TCR
	msr	tcr_el1, x0
	adrp	x0, table
	msr	ttbr0_el1, x0
	dsb	sy
	tlbi	vmalle1
	dsb	sy
	isb
	mrs	x0, sctlr_el1
	mov	x1, #(SCTLR_M | SCTLR_C)
	orr	x0, x0, x1
	orr	x0, x0, #SCTLR_I
	msr	sctlr_el1, x0
	isb
	adrp	x0, stack_end
	add	x0, x0, :lo12:stack_end
	mov	sp, x0
	mov	x29, #0
	mov	x30, #0
	ldr	x0, =0x40000000 /* where QEMU leaves the device tree for a program that is not Linux */
	bl	bare_main
1:	wfi
	b	1b
	.ltorg

	.section .rodata
	.balign	4096
table:
	.quad	DEVICE /* flash, UART, SMMU, the window of PCI */
	.quad	0x40000000 | NORMAL /* memory */
	.skip	(256 - 2) * 8
	.quad	0x4000000000 | DEVICE /* configuration space of PCI */
	.skip	(512 - 257) * 8

	.bss
	.balign	16
	.skip	STACK_BYTES
stack_end:

	.section .note.GNU-stack, "", %progbits
