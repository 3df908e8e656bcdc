/* SPDX-License-Identifier: MIT */
/*
 * A virtual machine without an operating system: one processor in 64-bit mode whose page tables are
 * those under test, and memory that starts at physical address 0. It makes one access at a time.
 */
#ifndef TESTS_KVM_VM_H
#define TESTS_KVM_VM_H

#include "pool.h"
#include <iomt/iomt.h>

#define VM_BYTES     (3ULL << 30)  /* of memory, taken only where it is touched */
#define VM_DATA	     (64ULL << 20) /* what lies above is for mappings to point at */
#define VM_OWN_PAGES 4u		   /* code, descriptors, interrupt table, stack */

struct vm {
	int kvm, fd, cpu;
	struct kvm_run *run;
	size_t run_bytes;
	char *memory;
	struct pool pool; /* for page tables */
	uint64_t own;	  /* where the guest's own pages are mapped, from here on */
	unsigned cpl;
	bool giant_leaves; /* 1G pages are offered */
	bool shadowed;	   /* KVM walks the tables, and the processor walks KVM's */
	uint64_t accesses;
};

/* How an access went. */
struct vm_result {
	bool fault;
	uint64_t value;	  /* that was read */
	uint64_t address; /* CR2 */
	uint32_t error;	  /* the page-fault error code */
};

/* Bits of the page-fault error code (Intel SDM volume 3A, section 4.7). */
#define VM_FAULT_PRESENT  0x01u
#define VM_FAULT_WRITE	  0x02u
#define VM_FAULT_USER	  0x04u
#define VM_FAULT_RESERVED 0x08u
#define VM_FAULT_FETCH	  0x10u

/* False, with a reason, where there is no such machine: no /dev/kvm, or too few levels. */
bool vm_open(struct vm *vm, unsigned levels, const char **why);
void vm_close(struct vm *vm);

/* Maps the guest's own pages at "own" in a table and makes the processor use it. */
void vm_use(struct vm *vm, struct iomt_pt *pt, uint64_t own, struct iomt_gather *gather);

struct vm_result vm_read(struct vm *vm, uint64_t address, bool user);
struct vm_result vm_write(struct vm *vm, uint64_t address, uint64_t value, bool user);

/* Executes what vm_plant_code left at the address; value is what it returns. */
struct vm_result vm_fetch(struct vm *vm, uint64_t address, bool user);

void vm_invalidate(struct vm *vm, uint64_t address);
void vm_flush(struct vm *vm);

/*
 * Where KVM shadows the guest's tables it notices what the guest writes to them, but not what the
 * host writes: this makes it read them anew (taking a memory slot away drops all shadows). Nothing
 * to do where the processor walks the guest's tables itself.
 */
void vm_tables_changed(struct vm *vm);

/* Physical memory. */
uint64_t *vm_word(struct vm *vm, uint64_t phys);

#define VM_CODE_BYTES 8u

/* Code that returns "value", at a physical address with that many bytes left in its page. */
void vm_plant_code(struct vm *vm, uint64_t phys, uint32_t value);

#endif
