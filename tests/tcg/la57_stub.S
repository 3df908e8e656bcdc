/* SPDX-License-Identifier: MIT */
/*
 * A firmware of 64K that enters 64-bit mode, with five levels where the CPU has them, and does what
 * the mailbox says (machine.h, la57.h): loads CR3 and tries addresses, with the privileges of
 * supervisor and user. The test puts the same bytes at BASE in RAM: all but the first
 * instructions run there. Tables under test must map BASE to where it is.
 *
 * r12: the mailbox, r15: requests done, r13: the trial, r14: trials left, rbp: CR3 of the boot.
 */
	.set	BASE, 0x10000
	.set	MAILBOX, 0x20000
	.set	REGS, 0x20
	.set	TRIALS, 0x100
	.set	GENERAL_PROTECTION, 0x0800 /* offsets from BASE */
	.set	PAGE_FAULT, 0x0840
	.set	TRAP, 0x0880
	.set	PML5, 0x4000
	.set	PML4, 0x5000
	.set	PDPT, 0x6000
	.set	PD, 0x7000
	.set	TSS, 0x8100
	.set	IDT, 0x9000
	.set	STACK, BASE + 0xe000
	.set	CODE64, 0x08
	.set	DATA, 0x10
	.set	USER_DATA, 0x1b
	.set	USER_CODE, 0x23
	.set	CODE32, 0x28
	.set	TASK, 0x30

	.text
	.code64
	.globl	_start
_start:
start64:
	mov	$DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$STACK, %esp
	lidt	idt_register
	mov	$TASK, %eax
	ltr	%ax
	mov	%cr3, %rbp
	mov	$MAILBOX, %r12d
	xor	%r15d, %r15d
	mov	%cr4, %rax
	mov	%rax, REGS + 16 * 8(%r12)
	movabs	$0x31544d4f49, %rax
	mov	%rax, (%r12)

await:
	mov	8(%r12), %rax
	cmp	%r15, %rax
	jne	request
	pause
	jmp	await

request:
	mov	%rax, %r15
	mov	$0xc0000080, %ecx /* EFER; NXE is bit 11 */
	rdmsr
	and	$~(1 << 11), %eax
	or	REGS + 1 * 8(%r12), %eax
	wrmsr
	mov	REGS + 0 * 8(%r12), %rax
	mov	%rax, %cr3
	mov	0x18(%r12), %r14
	lea	TRIALS(%r12), %r13

	/* op: 0 read, 1 write, 2 fetch; with 4 as user */
trial:
	test	%r14, %r14
	jz	done
	mov	(%r13), %rcx
	mov	8(%r13), %rdi
	mov	16(%r13), %rax
	xor	%ebx, %ebx
	mov	$DATA, %edx
	mov	$CODE64, %esi
	test	$4, %cl
	jz	supervisor
	mov	$USER_DATA, %edx
	mov	$USER_CODE, %esi
supervisor:
	mov	%rdi, %r8
	and	$3, %ecx
	cmp	$2, %ecx
	je	enter
	lea	accesses(, %rcx, 8), %r8
enter:
	mov	$STACK, %esp
	push	%rdx
	push	$STACK
	push	$2
	push	%rsi
	push	%r8
	iretq

next:
	mov	%rax, 16(%r13)
	mov	%rbx, 24(%r13)
	add	$32, %r13
	dec	%r14
	jmp	trial

done:
	mov	%rbp, %cr3
	mov	%r15, 0x10(%r12)
	jmp	await

	.org	GENERAL_PROTECTION
	pop	%rbx
	mov	$0x8000000d, %ecx
	jmp	fault
	.org	PAGE_FAULT
	pop	%rbx
	mov	$0x8000000e, %ecx
fault:
	shl	$32, %rcx
	or	%rcx, %rbx
	mov	%cr2, %rax
	jmp	next
	.org	TRAP
	jmp	next

	/* The tables of the boot: the lowest 2M, for five levels and for four. */
	.org	PML5
	.quad	BASE + PML4 + 3
	.org	PML4
	.quad	BASE + PDPT + 3
	.org	PDPT
	.quad	BASE + PD + 3
	.org	PD
	.quad	0x83

	.org	0x8000
gdt:
	.quad	0
	.quad	0x00af9b000000ffff
	.quad	0x00cf93000000ffff
	.quad	0x00cff3000000ffff
	.quad	0x00affb000000ffff
	.quad	0x00cf9b000000ffff
	.quad	0x0000890000000067 | ((BASE + TSS) & 0xffffff) << 16
	.quad	0
gdt_register:
	.word	gdt_register - gdt - 1
	.long	gdt
idt_register:
	.word	0x81 * 16 - 1
	.quad	BASE + IDT

	.org	TSS + 4
	.quad	STACK

	.macro	gate	vector, handler, kind
	.org	IDT + \vector * 16
	.word	(BASE + \handler) & 0xffff, CODE64, \kind, (BASE + \handler) >> 16
	.quad	0
	.endm
	gate	13, GENERAL_PROTECTION, 0x8e00
	gate	14, PAGE_FAULT, 0x8e00
	gate	0x80, TRAP, 0xee00

	/* A page for the user too. */
	.org	0xe000
accesses:
	mov	(%rdi), %rax
	int	$0x80
	.balign	8
	mov	%rax, (%rdi)
	int	$0x80

	.org	0xf000
	.code16
start16:
	cli
	lgdtl	%cs:gdt_register - _start
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmpl	$CODE32, $start32

	.code32
start32:
	mov	$DATA, %eax
	mov	%eax, %ds
	mov	$7, %eax
	xor	%ecx, %ecx
	cpuid
	mov	$1 << 5, %edx /* CR4.PAE */
	mov	$BASE + PML4, %edi
	test	$1 << 16, %ecx
	jz	paging
	or	$1 << 12, %edx /* CR4.LA57 */
	mov	$BASE + PML5, %edi
paging:
	mov	%edx, %cr4
	mov	%edi, %cr3
	mov	$0xc0000080, %ecx
	rdmsr
	or	$1 << 8, %eax /* LME */
	wrmsr
	mov	%cr0, %eax
	or	$0x80010001, %eax /* PG, WP, PE */
	mov	%eax, %cr0
	ljmp	$CODE64, $start64

	.org	0xfff0
	.code16
	jmp	start16
	.org	0x10000
