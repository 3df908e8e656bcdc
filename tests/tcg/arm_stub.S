/* SPDX-License-Identifier: MIT */
/*
 * Runs at EL2 with its MMU off and does what the mailbox says (machine.h, arm.h): loads the
 * registers of the EL1&0 translation regime, forgets all TLB entries, and tries addresses, by AT
 * instructions or by real accesses from EL1 and EL0. Position-independent but for MAILBOX.
 *
 * x19: the mailbox, x20: requests done, x21: the trial, x22: trials left.
 */
	.arch	armv8.4-a
	.set	REGS, 0x20
	.set	TRIALS, 0x100
	.set	SPSR_EL1H, 0x3c5
	.set	SPSR_EL0T, 0x3c0
	.set	FROM_EL1, 0xffff

	.text
	.globl	_start
_start:
	ldr	x19, =MAILBOX
	mov	x20, #0
	adr	x0, vectors_el2
	msr	vbar_el2, x0
	adr	x0, vectors_el1
	msr	vbar_el1, x0
	mrs	x0, id_aa64mmfr0_el1
	mrs	x1, id_aa64mmfr1_el1
	mrs	x2, id_aa64mmfr2_el1
	stp	x0, x1, [x19, #REGS + 16 * 8]
	str	x2, [x19, #REGS + 18 * 8]
	isb
	ldr	x0, =0x31544d4f49
	stlr	x0, [x19]

await:
	add	x1, x19, #8
	ldar	x0, [x1]
	cmp	x0, x20
	b.ne	request
	yield
	b	await

request:
	mov	x20, x0
	ldp	x0, x1, [x19, #REGS + 0 * 8]
	msr	hcr_el2, x0
	msr	sctlr_el1, x1
	ldp	x0, x1, [x19, #REGS + 2 * 8]
	msr	tcr_el1, x0
	msr	mair_el1, x1
	ldp	x0, x1, [x19, #REGS + 4 * 8]
	msr	ttbr0_el1, x0
	msr	ttbr1_el1, x1
	ldp	x0, x1, [x19, #REGS + 6 * 8]
	msr	vtcr_el2, x0
	msr	vttbr_el2, x1
	isb
	dsb	sy
	tlbi	alle1
	ic	iallu
	dsb	sy
	isb
	ldr	x22, [x19, #0x18]
	add	x21, x19, #TRIALS

trial:
	cbz	x22, done
	ldp	x0, x2, [x21]
	ldr	x3, [x21, #16]
	cmp	x0, #8
	b.hs	access
	adr	x1, translations
	add	x1, x1, x0, lsl #3
	br	x1

translations:
	at	s1e1r, x2
	b	translated
	at	s1e1w, x2
	b	translated
	at	s1e0r, x2
	b	translated
	at	s1e0w, x2
	b	translated
	at	s12e1r, x2
	b	translated
	at	s12e1w, x2
	b	translated
	at	s12e0r, x2
	b	translated
	at	s12e0w, x2
translated:
	isb
	mrs	x3, par_el1
	mov	x4, #0

next:
	stp	x3, x4, [x21, #16]
	add	x21, x21, #32
	sub	x22, x22, #1
	b	trial

done:
	add	x1, x19, #0x10
	dsb	sy
	stlr	x20, [x1]
	b	await

	/* 8 load, 9 store, 10 and 11 the same as EL0; 12 and 13: fetch at EL1 and EL0 */
access:
	mov	x4, #SPSR_EL1H
	cmp	x0, #12
	b.hi	fetch_el0
	b.eq	fetch
	adr	x1, accesses
	sub	x0, x0, #8
	add	x1, x1, x0, lsl #3
	b	drop
fetch_el0:
	mov	x4, #SPSR_EL0T
fetch:
	mov	x1, x2
drop:
	msr	spsr_el2, x4
	msr	elr_el2, x1
	eret

accesses:
	ldr	x3, [x2]
	hvc	#0
	str	x3, [x2]
	hvc	#0
	ldtr	x3, [x2]
	hvc	#0
	sttr	x3, [x2]
	hvc	#0

	/* Back from EL1: by hvc, because of a fault of stage 2, or (bit 63) with what EL1 took. */
returned:
	mrs	x4, esr_el2
	ldr	x5, =(0x16 << 26 | 1 << 25 | FROM_EL1)
	cmp	x4, x5
	b.ne	next
	mrs	x4, esr_el1
	orr	x4, x4, #1 << 63
	b	next

	/* The stub itself faulted: an AT whose walk went where no memory is. */
broken:
	mov	x3, #-1
	mrs	x4, esr_el2
	b	next

	.ltorg
	.balign	0x800
vectors_el2:
	.rept	8
	b	broken
	.balign	0x80
	.endr
	.rept	8
	b	returned
	.balign	0x80
	.endr

vectors_el1:
	.rept	16
	hvc	#FROM_EL1
	.balign	0x80
	.endr
