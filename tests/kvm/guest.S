/* SPDX-License-Identifier: MIT */
/*
 * What the virtual machine runs: one access, and then an exit that says how it went. The host sets
 * the instruction pointer to one of these and the address in rbx.
 */
	.section .rodata
	.balign	16
	.global	guest_begin, guest_end, guest_read, guest_write, guest_invalidate, guest_flush
	.global	guest_fault, guest_other

guest_begin:
guest_read:
	movq	(%rbx), %rax
	outb	%al, $1
guest_write:
	movq	%rax, (%rbx)
	outb	%al, $1
guest_invalidate:
	invlpg	(%rbx)
	outb	%al, $1
guest_flush:
	movq	%cr3, %rax
	movq	%rax, %cr3
	outb	%al, $1
guest_fault:				/* vector 14 */
	popq	%rcx			/* the error code */
	movq	%cr2, %rdx
	outb	%al, $2
guest_other:				/* any other vector */
	outb	%al, $3
guest_end:

	.section .note.GNU-stack, "", @progbits
