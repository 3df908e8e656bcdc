/* SPDX-License-Identifier: MIT */
#include "vm.h"
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* guest.S */
extern const char guest_begin[], guest_end[], guest_read[], guest_write[], guest_invalidate[],
	guest_flush[], guest_fault[], guest_other[];

/* The guest's own pages in physical memory: code, descriptors, interrupt table, stack. */
#define OWN_PHYS    0x1000u
#define DESCRIPTORS 0x1000u
#define INTERRUPTS  0x2000u
#define STACK_TOP   0x4000u
#define TASK	    0x800u /* the task state, behind the descriptors */
#define POOL_PHYS   0x100000u

#define CODE_SELECTOR 0x08u
#define EXIT_DONE     1u
#define EXIT_FAULT    2u

#define CR0_BITS 0x80010011u /* PG, WP, ET, PE */
#define CR4_PAE	 0x20u
#define CR4_LA57 0x1000u
#define EFER	 0xd00u /* NXE, LMA, LME */

/* A feature bit that KVM offers to its guests: SDM volume 2A, CPUID. */
static bool offers(const struct kvm_cpuid2 *cpuid, uint32_t function, bool edx, unsigned bit)
{
	for (uint32_t i = 0; i < cpuid->nent; i++) {
		const struct kvm_cpuid_entry2 *entry = &cpuid->entries[i];

		if (entry->function == function && !entry->index)
			return (edx ? entry->edx : entry->ecx) >> bit & 1;
	}
	return false;
}

/* Whether the processor itself walks the guest's tables, or KVM reads them and builds others. */
static bool walks_guest_tables(void)
{
	static const char *const parameters[] = {"/sys/module/kvm_intel/parameters/ept",
						 "/sys/module/kvm_amd/parameters/npt"};
	bool walks = false;

	for (unsigned i = 0; i < 2; i++) {
		FILE *file = fopen(parameters[i], "r");
		int answer = file ? fgetc(file) : 'N';

		walks |= answer == 'Y' || answer == '1';
		if (file)
			fclose(file);
	}
	return walks;
}

static bool open_cpu(struct vm *vm, unsigned levels, const char **why)
{
	static struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[256];
	} cpuid;
	int bytes = ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

	cpuid.head.nent = 256;
	CHECK(!ioctl(vm->kvm, KVM_GET_SUPPORTED_CPUID, &cpuid));
	if (levels > 4 && !offers(&cpuid.head, 7, false, 16)) {
		*why = "this processor has no five-level paging";
		return false;
	}
	vm->giant_leaves = offers(&cpuid.head, 0x80000001, true, 26);
	vm->shadowed = !walks_guest_tables();
	vm->cpu = ioctl(vm->fd, KVM_CREATE_VCPU, 0);
	CHECK(vm->cpu >= 0 && bytes > 0);
	CHECK(!ioctl(vm->cpu, KVM_SET_CPUID2, &cpuid));
	CHECK(ioctl(vm->kvm, KVM_CHECK_EXTENSION, KVM_CAP_SYNC_REGS) & KVM_SYNC_X86_REGS);
	vm->run_bytes = (size_t)bytes;
	vm->run = mmap(NULL, vm->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vm->cpu, 0);
	CHECK(vm->run != MAP_FAILED);
	return true;
}

bool vm_open(struct vm *vm, unsigned levels, const char **why)
{
	struct kvm_userspace_memory_region region = {.memory_size = VM_BYTES};

	memset(vm, 0, sizeof(*vm));
	vm->cpu = -1;
	vm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm->kvm < 0) {
		*why = strerror(errno);
		return false;
	}
	vm->fd = ioctl(vm->kvm, KVM_CREATE_VM, 0);
	if (vm->fd < 0) {
		*why = strerror(errno);
		close(vm->kvm);
		return false;
	}
	vm->memory = mmap(NULL, VM_BYTES + VM_DATA, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(vm->memory != MAP_FAILED);
	/* on a boundary, so that large tables are aligned on both sides */
	vm->memory = (char *)(((uintptr_t)vm->memory + VM_DATA - 1) & ~(uintptr_t)(VM_DATA - 1));
	region.userspace_addr = (uintptr_t)vm->memory;
	CHECK(!ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region));
	pool_init(&vm->pool, vm->memory + POOL_PHYS, VM_DATA - POOL_PHYS, POOL_PHYS);
	if (open_cpu(vm, levels, why))
		return true;
	vm_close(vm);
	return false;
}

void vm_close(struct vm *vm)
{
	if (vm->run)
		munmap(vm->run, vm->run_bytes);
	if (vm->cpu >= 0)
		close(vm->cpu);
	munmap(vm->memory, VM_BYTES);
	close(vm->fd);
	close(vm->kvm);
}

uint64_t *vm_word(struct vm *vm, uint64_t phys)
{
	CHECK(phys <= VM_BYTES - 8);
	return (uint64_t *)(void *)(vm->memory + phys);
}

void vm_plant_code(struct vm *vm, uint64_t phys, uint32_t value)
{
	unsigned char code[VM_CODE_BYTES] = {0xb8, 0, 0, 0, 0, 0xe6, EXIT_DONE, 0xf4};

	memcpy(&code[1], &value, sizeof(value)); /* mov $value, %eax; out %al, $1; hlt */
	memcpy(vm->memory + phys, code, sizeof(code));
}

static void set_gate(struct vm *vm, unsigned vector, uint64_t handler)
{
	uint64_t *gate = vm_word(vm, OWN_PHYS + INTERRUPTS + vector * 16);

	/* a present 64-bit interrupt gate (SDM volume 3A, figure 6-8) */
	gate[0] = (handler & 0xffff) | CODE_SELECTOR << 16 | 0x8eULL << 40 |
		  (handler >> 16 & 0xffff) << 48;
	gate[1] = handler >> 32;
}

static void write_own_pages(struct vm *vm)
{
	uint64_t stack = vm->own + STACK_TOP;

	memset(vm->memory + OWN_PHYS, 0, VM_OWN_PAGES * 0x1000);
	memcpy(vm->memory + OWN_PHYS, guest_begin, (size_t)(guest_end - guest_begin));
	*vm_word(vm, OWN_PHYS + DESCRIPTORS + CODE_SELECTOR) = 0x00af9b000000ffff;
	memcpy(vm->memory + OWN_PHYS + DESCRIPTORS + TASK + 4, &stack, sizeof(stack)); /* RSP0 */
	for (unsigned vector = 0; vector < 32; vector++)
		set_gate(vm, vector,
			 vm->own + (uint64_t)((vector == 14 ? guest_fault : guest_other) -
					      guest_begin));
}

static struct kvm_segment segment(unsigned selector, unsigned type, unsigned cpl)
{
	return (struct kvm_segment){
		.limit = 0xffffffff,
		.selector = (uint16_t)(selector | cpl),
		.type = (uint8_t)type,
		.present = 1,
		.dpl = (uint8_t)cpl,
		.s = 1,
		.g = 1,
		.l = type == 11,
		.db = type != 11,
	};
}

static void set_privilege(struct vm *vm, struct kvm_sregs *sregs, unsigned cpl)
{
	vm->cpl = cpl;
	sregs->cs = segment(cpl ? 0x20 : CODE_SELECTOR, 11, cpl);
	sregs->ss = sregs->ds = sregs->es = segment(0x28, 3, cpl);
}

void vm_use(struct vm *vm, struct iomt_pt *pt, uint64_t own, struct iomt_gather *gather)
{
	struct kvm_sregs sregs;
	struct iomt_pt_hw hw;

	vm->own = own;
	write_own_pages(vm);
	CHECK_INT(iomt_pt_map(pt, own, OWN_PHYS, 0x1000, IOMT_READ | IOMT_EXEC, gather), 0);
	CHECK_INT(iomt_pt_map(pt, own + 0x1000, OWN_PHYS + 0x1000, 0x3000,
			      IOMT_READ | IOMT_WRITE | IOMT_PRIV, gather),
		  0);
	iomt_pt_hw(pt, &hw);
	CHECK(!ioctl(vm->cpu, KVM_GET_SREGS, &sregs));
	sregs.cr0 = CR0_BITS;
	sregs.cr3 = hw.root;
	sregs.cr4 = CR4_PAE | (hw.levels == 5 ? CR4_LA57 : 0);
	sregs.efer = EFER;
	sregs.gdt.base = own + DESCRIPTORS;
	sregs.gdt.limit = 0xff;
	sregs.idt.base = own + INTERRUPTS;
	sregs.idt.limit = 32 * 16 - 1;
	sregs.tr = segment(0x30, 11, 0);
	sregs.tr.s = sregs.tr.l = sregs.tr.db = 0;
	sregs.tr.base = own + DESCRIPTORS + TASK;
	sregs.tr.limit = 0x67;
	set_privilege(vm, &sregs, 0);
	CHECK(!ioctl(vm->cpu, KVM_SET_SREGS, &sregs));
	vm->run->kvm_valid_regs = KVM_SYNC_X86_REGS;
}

/* Runs from "rip" to the exit. */
static struct vm_result run(struct vm *vm, uint64_t rip, uint64_t rbx, uint64_t rax, bool user)
{
	struct kvm_regs *regs = &vm->run->s.regs.regs;
	struct kvm_sregs sregs;
	struct vm_result result = {.fault = false};
	int err;

	if (vm->cpl != (user ? 3 : 0)) {
		CHECK(!ioctl(vm->cpu, KVM_GET_SREGS, &sregs));
		set_privilege(vm, &sregs, user ? 3 : 0);
		CHECK(!ioctl(vm->cpu, KVM_SET_SREGS, &sregs));
	}
	*regs = (struct kvm_regs){.rip = rip,
				  .rbx = rbx,
				  .rax = rax,
				  .rsp = vm->own + STACK_TOP,
				  .rflags = 0x3002}; /* user code may do I/O: it is how it exits */
	vm->run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
	while ((err = ioctl(vm->cpu, KVM_RUN, 0)) && errno == EINTR) {
	} /* the test was stopped and goes on */
	CHECK_MSG(!err, "KVM_RUN: %s", strerror(errno));
	CHECK_MSG(vm->run->exit_reason == KVM_EXIT_IO, "exit %u at 0x%" PRIx64 " for 0x%" PRIx64,
		  vm->run->exit_reason, (uint64_t)regs->rip, rbx);
	CHECK_MSG(vm->run->io.port == EXIT_DONE || vm->run->io.port == EXIT_FAULT,
		  "an exception that is no page fault, for 0x%" PRIx64, rbx);
	result.value = regs->rax;
	if (vm->run->io.port == EXIT_FAULT) {
		vm->cpl = 0;
		result.fault = true;
		result.error = (uint32_t)regs->rcx;
		result.address = regs->rdx;
	}
	vm->accesses++;
	return result;
}

static uint64_t entry(const struct vm *vm, const char *code)
{
	return vm->own + (uint64_t)(code - guest_begin);
}

struct vm_result vm_read(struct vm *vm, uint64_t address, bool user)
{
	return run(vm, entry(vm, guest_read), address, 0, user);
}

struct vm_result vm_write(struct vm *vm, uint64_t address, uint64_t value, bool user)
{
	return run(vm, entry(vm, guest_write), address, value, user);
}

struct vm_result vm_fetch(struct vm *vm, uint64_t address, bool user)
{
	return run(vm, address, address, 0, user);
}

void vm_invalidate(struct vm *vm, uint64_t address)
{
	run(vm, entry(vm, guest_invalidate), address, 0, false);
	vm->accesses--;
}

void vm_flush(struct vm *vm)
{
	run(vm, entry(vm, guest_flush), 0, 0, false);
	vm->accesses--;
}

void vm_tables_changed(struct vm *vm)
{
	struct kvm_userspace_memory_region region = {
		.slot = 1,
		.guest_phys_addr = VM_BYTES,
		.memory_size = 0x1000,
		.userspace_addr = (uintptr_t)vm->memory,
	};

	if (!vm->shadowed)
		return;
	CHECK(!ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region));
	region.memory_size = 0;
	CHECK(!ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region));
}
