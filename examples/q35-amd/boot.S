/* SPDX-License-Identifier: MIT */
/*
 * From the PVH entry (32 bits, flat segments, no paging, %ebx: struct hvm_start_info) to 64-bit C, with the
 * lowest 4 GiB mapped one to one in pages of 2 MiB. Where registers are, the firmware's MTRRs say that
 * nothing is cached.
 */
	.set	STACK_BYTES, 0x10000
	.set	TABLE, 0x1000
	.set	PRESENT, 0x3 /* and writable */
	.set	LARGE, 0x80
	.set	CODE64, 0x08

	/* XEN_ELFNOTE_PHYS32_ENTRY: how loaders find the entry */
	.section .note.pvh, "a", %note
	.balign	4
	.long	4, 4, 18
	.asciz	"Xen"
	.long	start32

	.section .boot, "ax"
	.code32
	.globl	start32
start32:
	cli
	mov	$directories, %edi /* four of 512 entries, one after the other */
	mov	$(PRESENT | LARGE), %eax
	mov	$2048, %ecx
1:	mov	%eax, (%edi)
	movl	$0, 4(%edi)
	add	$0x200000, %eax
	add	$8, %edi
	loop	1b
	movl	$(directories + 0 * TABLE + PRESENT), pointers + 0
	movl	$(directories + 1 * TABLE + PRESENT), pointers + 8
	movl	$(directories + 2 * TABLE + PRESENT), pointers + 16
	movl	$(directories + 3 * TABLE + PRESENT), pointers + 24
	movl	$(pointers + PRESENT), root

	mov	%cr4, %eax
	or	$1 << 5, %eax /* PAE */
	mov	%eax, %cr4
	mov	$root, %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx
	rdmsr
	or	$1 << 8, %eax /* EFER.LME */
	wrmsr
	mov	%cr0, %eax
	or	$1 << 31, %eax /* PG */
	mov	%eax, %cr0
	lgdt	gdt_register
	ljmp	$CODE64, $start64

	.code64
start64:
	xor	%eax, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$stack_end, %esp
	mov	%ebx, %edi
	xor	%ebp, %ebp
	call	bare_main
	ud2

	.section .rodata
	.balign	8
gdt:
	.quad	0
	.quad	0x00af9b000000ffff /* 64-bit code */
gdt_end:
gdt_register:
	.word	gdt_end - gdt - 1
	.long	gdt

	.bss
	.balign	TABLE
root:
	.skip	TABLE
pointers:
	.skip	TABLE
directories:
	.skip	4 * TABLE
	.skip	STACK_BYTES
stack_end:

	.section .note.GNU-stack, "", %progbits
