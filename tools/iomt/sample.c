/* SPDX-License-Identifier: MIT */
/*
 * iomt-sample FILE: writes the core of a small machine with an AMD IOMMU, to try iomt on. Its tables are
 * made by the library, from the device table down:
 *
 *	00:1f.2		a host table with pages of 4K, 64K, 2M and 1G
 *	01:00.0		PASIDs: 5 has a guest table; requests without one are passed on
 *	00:04.0		a host table with mistakes: reserved bits, a loop, a table that is nowhere
 */
#include <elf.h>
#include <iomt/iomt.h>
#include <stdio.h>
#include <stdlib.h>

#define BASE	 0x100000ULL /* of the memory where tables are */
#define BYTES	 0x40000ULL
#define DATA	 0x140000000ULL /* of a page that devices reach */
#define PAGE	 0x1000ULL
#define DATA_TOP 0x200000ULL /* bytes of the segment, all but a page of zeros */

#define RW (IOMT_READ | IOMT_WRITE)

struct machine {
	unsigned char *memory;
	uint64_t used;
	struct iomt_mem mem;
};

__attribute__((noreturn)) static void give_up(const char *what)
{
	fprintf(stderr, "iomt-sample: %s\n", what);
	exit(2);
}

static void must(int err, const char *what)
{
	if (err)
		give_up(what);
}

static void *alloc(void *ctx, size_t bytes)
{
	struct machine *machine = ctx;
	uint64_t at = (machine->used + bytes - 1) & ~(uint64_t)(bytes - 1);

	if (at + bytes > BYTES)
		return NULL;
	machine->used = at + bytes;
	return machine->memory + at;
}

/* Nothing is used again: addresses stay what documentation says. */
static void keep(void *ctx, void *memory, size_t bytes)
{
	(void)ctx;
	(void)memory;
	(void)bytes;
}

static void sync_nothing(struct iomt_device_inv *inv)
{
	(void)inv;
}

static void sync_no_pasid(struct iomt_pasid_inv *inv)
{
	(void)inv;
}

static void make_table(struct machine *machine, const struct iomt_pt_format *format,
		       struct iomt_pt *pt)
{
	struct iomt_pt_cfg cfg = {
		.size = sizeof(cfg), .format = format, .mem = &machine->mem, .iova_bits = 48};

	if (format == &iomt_x86_64)
		cfg.flags = IOMT_PT_NX;
	must(iomt_pt_init(pt, &cfg), "a table");
}

static void set_device(struct iomt_device_table *devices, uint32_t rid,
		       const struct iomt_device_use *use)
{
	struct iomt_device_inv inv = {.sync = sync_nothing};
	struct iomt_device_entry entry;

	must(iomt_device_entry_for(devices, use, &entry), "an entry");
	must(iomt_device_table_set(devices, rid, &entry, 0, &inv), "a device");
}

/* 00:1f.2: what a driver maps. */
static void make_disk(struct machine *machine, struct iomt_device_table *devices)
{
	struct iomt_pt_hw hw;
	struct iomt_pt pt;

	make_table(machine, &iomt_amdv1, &pt);
	must(iomt_pt_map(&pt, 0x1000, DATA, 0x3000, RW, NULL), "4K");
	must(iomt_pt_map(&pt, 0x10000, 0x7fff0000, 0x10000, IOMT_READ, NULL), "64K");
	must(iomt_pt_map(&pt, 0x40000000, 0x80000000, 0x600000, RW, NULL), "2M");
	must(iomt_pt_map(&pt, 0x8000000000, 0x4000000000, 0x40000000, RW, NULL), "1G");
	iomt_pt_hw(&pt, &hw);
	set_device(devices, 0x00fa, &(struct iomt_device_use){.table = &hw, .domain = 5});
}

/* 01:00.0, PASID 5: a process's address space. */
static void make_accelerator(struct machine *machine, struct iomt_device_table *devices)
{
	struct iomt_pasid_table_cfg cfg = {.size = sizeof(cfg),
					   .mem = &machine->mem,
					   .format = IOMT_PASID_TABLE_GCR3,
					   .pasid_bits = 9};
	struct iomt_pasid_inv inv = {.sync = sync_no_pasid};
	struct iomt_pasid_table pasids;
	struct iomt_pasid_entry entry = {0};
	struct iomt_pasid_table_hw pasids_hw;
	struct iomt_pt_hw hw;
	struct iomt_pt pt;

	make_table(machine, &iomt_x86_64, &pt);
	must(iomt_pt_map(&pt, 0x400000, 0x200000, 0x200000, IOMT_READ | IOMT_EXEC, NULL), "text");
	must(iomt_pt_map(&pt, 0x7ffff7dd0000, DATA, PAGE, RW, NULL), "stack");
	iomt_pt_hw(&pt, &hw);
	must(iomt_pasid_table_init(&pasids, &cfg), "a PASID table");
	entry.gcr3.root = hw.root;
	must(iomt_pasid_table_set(&pasids, 5, &entry, 0, &inv), "a PASID");
	iomt_pasid_table_hw(&pasids, &pasids_hw);
	set_device(devices, 0x0100, &(struct iomt_device_use){.pasids = &pasids_hw, .domain = 6});
}

static uint64_t *word_at(struct machine *machine, uint64_t address)
{
	return (uint64_t *)(void *)(machine->memory + (address - BASE));
}

/* The table that the entry of an address points to, "level" steps below the top (48882, 2.2.3). */
static uint64_t below(struct machine *machine, uint64_t table, uint64_t iova, unsigned top,
		      unsigned steps)
{
	for (unsigned level = top; level > top - steps; level--)
		table = *word_at(machine, table + 8 * (iova >> (12 + 9 * level) & 511)) &
			0xffffffffff000;
	return table;
}

/* 00:04.0: a driver went wrong. */
static void make_broken(struct machine *machine, struct iomt_device_table *devices)
{
	struct iomt_pt_hw hw;
	struct iomt_pt pt;
	uint64_t last;

	make_table(machine, &iomt_amdv1, &pt);
	must(iomt_pt_map(&pt, 0, DATA, 0x4000, RW, NULL), "4K");
	iomt_pt_hw(&pt, &hw);
	last = below(machine, hw.root, 0, 3, 3);
	*word_at(machine, last + 8) |= 1ULL << 52; /* reserved */
	/* PR, NextLevel, IR, IW: the second table is its own, one level lower */
	*word_at(machine, below(machine, hw.root, 0, 3, 1) + 16) =
		3ULL << 61 | below(machine, hw.root, 0, 3, 1) | 2 << 9 | 1;
	*word_at(machine, hw.root + 8) = 3ULL << 61 | 0xdead000 | 3 << 9 | 1; /* nowhere */
	set_device(devices, 0x0020, &(struct iomt_device_use){.table = &hw, .domain = 7});
}

static FILE *file;

static void put(const void *bytes, size_t count)
{
	if (fwrite(bytes, 1, count, file) != count)
		give_up("it cannot be written");
}

static void write_core(const struct machine *machine)
{
	static const unsigned char padding[PAGE], data[PAGE] = "a page that devices read";
	Elf64_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
			     .e_type = ET_CORE,
			     .e_machine = EM_X86_64,
			     .e_version = EV_CURRENT,
			     .e_phoff = sizeof(header),
			     .e_ehsize = sizeof(header),
			     .e_phentsize = sizeof(Elf64_Phdr),
			     .e_phnum = 2};
	uint64_t used = (machine->used + PAGE - 1) & ~(PAGE - 1);
	Elf64_Phdr segments[] = {
		{PT_LOAD, PF_R, PAGE, 0, BASE, used, used, 0},
		{PT_LOAD, PF_R, PAGE + used, 0, DATA, PAGE, DATA_TOP, 0},
	};

	put(&header, sizeof(header));
	put(segments, sizeof(segments));
	put(padding, PAGE - sizeof(header) - sizeof(segments));
	put(machine->memory, used);
	put(data, PAGE);
}

int main(int argc, char **argv)
{
	static _Alignas(BYTES) unsigned char memory[BYTES];
	struct machine machine = {.memory = memory};
	struct iomt_device_table devices;
	struct iomt_device_table_cfg cfg = {.size = sizeof(cfg),
					    .mem = &machine.mem,
					    .format = IOMT_DEVICE_TABLE_AMD,
					    .id_bits = 9};

	if (argc != 2)
		give_up("usage: iomt-sample FILE");
	machine.mem = (struct iomt_mem){.size = sizeof(machine.mem),
					.alloc = alloc,
					.free = keep,
					.phys_offset = BASE - (uintptr_t)machine.memory,
					.ctx = &machine};
	must(iomt_device_table_init(&devices, &cfg), "a device table");
	make_disk(&machine, &devices);
	make_accelerator(&machine, &devices);
	make_broken(&machine, &devices);
	file = fopen(argv[1], "wb");
	if (!file)
		give_up("it cannot be opened");
	write_core(&machine);
	if (fclose(file))
		give_up("it cannot be written");
	return 0;
}
