/* SPDX-License-Identifier: MIT */
/*
 * Runs in machine mode, untranslated, and does what the mailbox says (machine.h, riscv.h): loads
 * satp, hgatp and vsatp, forgets all that is cached, and tries addresses: loads and stores with the
 * privileges that mstatus.MPRV lends, or hlv.d and hsv.d through two stages; fetches by going there.
 * Privileged architecture, "Machine Status Registers", "Hypervisor Extension".
 *
 * s0: the mailbox, s1: requests done, s2: trials left, s3: the trial. Code that is fetched changes
 * a2 alone.
 */
	.option	norvc
	.set	REGS, 0x20
	.set	TRIALS, 0x100
	.set	KIND, 3		/* of an op: load 0, store 1, fetch 2 */
	.set	USER, 4
	.set	VIRTUAL, 8
	.set	LENIENT, 16	/* SUM: the supervisor may touch what is the user's */
	.set	FETCH, 2
	.set	STATUS_S, 1 << 11
	.set	STATUS_MPRV, 1 << 17
	.set	STATUS_SUM, 1 << 18
	.set	STATUS_MPV_BIT, 39
	.set	VSSTATUS, 0x200
	.set	VSATP, 0x280
	.set	MENVCFG, 0x30a
	.set	MTINST, 0x34a
	.set	MTVAL2, 0x34b
	.set	IMPLICIT, 0x3000 /* a load of the first stage's own */
	.set	ON_TABLE, 0x80
	.set	HSTATUS, 0x600
	.set	STATUS_SPVP, 1 << 8
	.set	HENVCFG, 0x60a
	.set	HGATP, 0x680

	.text
	.globl	_start
_start:
	li	s0, MAILBOX
	li	s1, 0
	la	t0, absent
	csrw	mtvec, t0
	csrw	mie, zero
	li	t0, -1
	csrw	pmpaddr0, t0
	li	t0, 0x1f	/* all memory for all */
	csrw	pmpcfg0, t0
	li	t0, 3
	slli	t0, t0, 61	/* PBMTE and ADUE, as far as they are there */
	csrw	MENVCFG, t0
	csrw	HENVCFG, t0
	li	t0, STATUS_SUM	/* QEMU 7.2 does as if it were set for hlv.d */
	csrw	VSSTATUS, t0
	la	t0, trap
	csrw	mtvec, t0
	li	t0, 0x31544d4f49
	fence
	sd	t0, 0(s0)

await:
	ld	t0, 8(s0)
	beq	t0, s1, await

	mv	s1, t0
	fence
	ld	t0, REGS + 0 * 8(s0)
	csrw	satp, t0
	ld	t0, REGS + 1 * 8(s0)
	csrw	HGATP, t0
	ld	t0, REGS + 2 * 8(s0)
	csrw	VSATP, t0
	/* what a CPU has no mode for reads back as it was */
	csrr	t0, satp
	sd	t0, REGS + 16 * 8(s0)
	csrr	t0, HGATP
	sd	t0, REGS + 17 * 8(s0)
	csrr	t0, VSATP
	sd	t0, REGS + 18 * 8(s0)
	sfence.vma
	.word	0x22000073	/* hfence.vvma */
	.word	0x62000073	/* hfence.gvma */
	fence.i
	ld	s2, 0x18(s0)
	addi	s3, s0, TRIALS

trial:
	beqz	s2, done
	ld	a0, 0(s3)
	ld	a1, 8(s3)
	ld	a2, 16(s3)
	li	a3, 0
	li	t0, 1
	slli	t0, t0, STATUS_MPV_BIT
	li	t1, 3 << 11 | STATUS_MPRV | STATUS_SUM
	or	t1, t1, t0
	csrc	mstatus, t1
	andi	t1, a0, VIRTUAL
	bnez	t1, 1f
	li	t0, 0
1:	andi	t1, a0, USER
	bnez	t1, 1f
	li	t1, STATUS_S
	or	t0, t0, t1
1:	andi	t1, a0, LENIENT
	beqz	t1, 1f
	li	t1, STATUS_SUM
	or	t0, t0, t1
1:	andi	t2, a0, KIND
	li	t1, FETCH
	beq	t2, t1, fetch
	andi	t1, a0, VIRTUAL
	bnez	t1, virtual
	li	t1, STATUS_MPRV
	or	t0, t0, t1
	csrs	mstatus, t0
	bnez	t2, 1f
	ld	a2, 0(a1)
	j	2f
1:	sd	a2, 0(a1)
2:	li	t1, STATUS_MPRV
	csrc	mstatus, t1

next:
	sd	a2, 16(s3)
	sd	a3, 24(s3)
	addi	s3, s3, 32
	addi	s2, s2, -1
	j	trial

done:
	fence
	sd	s1, 0x10(s0)
	j	await

virtual:
	li	t1, STATUS_SPVP
	csrc	HSTATUS, t1
	andi	t0, a0, USER
	bnez	t0, 1f
	csrs	HSTATUS, t1
1:	bnez	t2, 1f
	.word	0x6c05c673	/* hlv.d a2, (a1) */
	j	next
1:	.word	0x6ec5c073	/* hsv.d a2, (a1) */
	j	next

fetch:
	csrs	mstatus, t0
	csrw	mepc, a1
	mret

	/*
	 * The cause, whether it was of an entry of a table, and above it mtval2; ecall leaves a2 as the
	 * code set it.
	 */
	.balign	4
trap:
	li	t1, STATUS_MPRV
	csrc	mstatus, t1
	csrr	a3, mcause
	li	t1, 8
	blt	a3, t1, 1f
	li	t1, 10
	ble	a3, t1, next
1:	csrr	a2, mtval
	csrr	t1, MTVAL2
	slli	t1, t1, 8
	or	a3, a3, t1
	csrr	t1, MTINST
	li	t2, IMPLICIT
	bne	t1, t2, next
	ori	a3, a3, ON_TABLE
	j	next

	/* While it starts: a register that this CPU does not have. */
	.balign	4
absent:
	csrr	t1, mepc
	addi	t1, t1, 4
	csrw	mepc, t1
	mret
