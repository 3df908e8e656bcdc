/* SPDX-License-Identifier: MIT */
/*
 * The IOTLB in front of an AMD unit and an SMMU: what is cached stays until the guest's own command is
 * about it, and then is gone.
 *
 * Devices 1 and 2 are of domains 5 and 6, with GV and GCR3 tables at 0x28000 and 0x29000; a host table
 * each, at 0x20000 and 0x24000, of two levels that both have 512 pages. Guest tables of PASIDs 0 and 1 of
 * each: four levels that begin at guest addresses 0x40000 to 0x43000 and end at 0x50000 to 0x53000.
 */
#include "guest.h"
#include "random.h"
#include <stdlib.h>

#define NONE   IOMT_TLB_NO_PASID
#define RIGHTS (3ULL << 61)

struct machine {
	struct guest guest;
	struct iomt_unit unit;
	struct iomt_unit_cache cache;
	struct iomt_tlb *tlb;
	void *memory;
	struct iomt_unit_device devices[2][3]; /* without PASID, with 0, with 1 */
	struct random random;
};

static void open_tlb(struct machine *machine)
{
	struct iomt_tlb_cfg cfg = {.size = sizeof(cfg), .entries = 256, .spaces = 64};

	machine->memory = aligned_alloc(IOMT_TLB_ALIGN, (iomt_tlb_bytes(&cfg) + 127) & ~127ULL);
	CHECK(machine->memory);
	CHECK_INT(iomt_tlb_init(&machine->tlb, &cfg, machine->memory), 0);
	CHECK_INT(iomt_unit_cache_init(&machine->cache, &machine->unit, machine->tlb, 0x10000),
		  IOMT_EINVAL);
	CHECK_INT(iomt_unit_cache_init(&machine->cache, &machine->unit, machine->tlb, 3), 0);
}

static void make_amd(struct machine *machine, unsigned n)
{
	uint64_t host = 0x20000 + 0x4000ULL * n, gcr3 = 0x28000 + 0x1000ULL * n;
	struct guest *guest = &machine->guest;

	*guest_word(guest, 0x10020 + 32 * n) =
		host | RIGHTS | 2 << 9 | 3 | 1ULL << 55 | (gcr3 >> 12 & 7) << 58;
	*guest_word(guest, 0x10028 + 32 * n) = (5 + n) | (gcr3 >> 15 & 0xffff) << 16;
	*guest_word(guest, host) = (host + 0x1000) | RIGHTS | 1 << 9 | 1;
	for (uint64_t page = 0; page < 96; page++) /* guest addresses are memory's */
		*guest_word(guest, host + 0x1000 + 8 * page) = page << 12 | RIGHTS | 1;
	for (uint64_t pasid = 0; pasid < 2; pasid++) {
		uint64_t top = 0x40000 + 0x4000 * (2 * n + pasid);

		*guest_word(guest, gcr3 + 8 * pasid) = top | 1;
		for (unsigned level = 0; level < 3; level++)
			*guest_word(guest, top + 0x1000 * level) =
				(top + 0x1000 * (level + 1)) | 0x27;
		for (uint64_t page = 0; page < 16; page++)
			*guest_word(guest, top + 0x3000 + 8 * page) = page << 12 | 0x67;
	}
}

static struct machine *open_amd(void)
{
	struct iomt_unit_cfg cfg = {.size = sizeof(cfg),
				    .arch = IOMT_UNIT_AMD,
				    .features = IOMT_UNIT_STAGE_1 | IOMT_UNIT_ATS,
				    .base = 0x10000,
				    .pasid_bits = 20};
	size_t align = _Alignof(struct machine);
	struct machine *machine =
		aligned_alloc(align, (sizeof(*machine) + align - 1) & ~(align - 1));

	CHECK(machine);
	memset(machine, 0, sizeof(*machine));
	guest_open(&machine->guest, false);
	make_amd(machine, 0);
	make_amd(machine, 1);
	cfg.mem = &machine->guest.mem;
	CHECK_INT(iomt_unit_init(&machine->unit, &cfg, NULL), 0);
	open_tlb(machine);
	return machine;
}

static void close_machine(struct machine *machine)
{
	free(machine->memory);
	free(machine);
}

static int translate_as(struct machine *machine, struct iomt_unit_device *device, uint32_t id,
			uint32_t pasid, uint64_t iova, uint32_t access,
			struct iomt_tlb_entry *entry)
{
	struct iomt_request request = {
		.device = id, .pasid = pasid, .iova = iova, .access = access};
	struct iomt_device_fault fault;

	return iomt_unit_translate(&machine->cache, device, &request, entry, &fault);
}

static int translate(struct machine *machine, unsigned n, unsigned which, uint64_t iova,
		     uint32_t access, struct iomt_tlb_entry *entry)
{
	return translate_as(machine, &machine->devices[n][which], n + 1, which ? which - 1 : NONE,
			    iova, access, entry);
}

static uint64_t output(struct machine *machine, unsigned n, unsigned which, uint64_t iova)
{
	struct iomt_tlb_entry entry = {0};

	CHECK_INT(translate(machine, n, which, iova, IOMT_READ, &entry), 0);
	return entry.oa;
}

static void send(struct machine *machine, const struct iomt_cmd *cmd)
{
	struct iomt_inv inv;

	CHECK_INT(iomt_amd_decode(cmd, &inv), 0);
	iomt_unit_invalidate(&machine->cache, &inv);
}

static void send_smmu(struct machine *machine, uint64_t low, uint64_t high)
{
	struct iomt_cmd cmd = {{low, high}};
	struct iomt_inv inv;

	CHECK_INT(iomt_smmu_decode(&cmd, IOMT_SMMU_RANGES, &inv), 0);
	iomt_unit_invalidate(&machine->cache, &inv);
}

/* 48882, 2.4: INVALIDATE_DEVTAB_ENTRY, INVALIDATE_IOMMU_PAGES with GN and PDE or without, ALL. */
static void send_device(struct machine *machine, unsigned n)
{
	send(machine, &(struct iomt_cmd){{2ULL << 60 | (n + 1), 0}});
}

static void send_page(struct machine *machine, unsigned n, uint64_t page)
{
	send(machine, &(struct iomt_cmd){{3ULL << 60 | (uint64_t)(5 + n) << 32, page << 12}});
}

static void send_pasid_page(struct machine *machine, unsigned n, uint32_t pasid, uint64_t page)
{
	send(machine,
	     &(struct iomt_cmd){{3ULL << 60 | (uint64_t)(5 + n) << 32 | pasid, page << 12 | 4}});
}

static void send_pasid(struct machine *machine, unsigned n, uint32_t pasid)
{
	send(machine, &(struct iomt_cmd){{3ULL << 60 | (uint64_t)(5 + n) << 32 | pasid,
					  0x7ffffffffffff000 | 7}});
}

static void hits(void)
{
	struct machine *machine = open_amd();
	struct iomt_tlb_entry entry;
	uint64_t reads, *leaf = guest_word(&machine->guest, 0x21018), was = *leaf;

	CHECK_EQ(output(machine, 0, 0, 0x3123), 0x3123);
	reads = machine->guest.reads;
	CHECK_EQ(output(machine, 0, 0, 0x3456), 0x3456);
	CHECK_EQ(machine->guest.reads, reads);
	*leaf = 0x55000 | RIGHTS | 1;
	CHECK_EQ(output(machine, 0, 0, 0x3456), 0x3456);
	send_page(machine, 1, 3); /* of the other domain */
	CHECK_EQ(machine->guest.reads, reads);
	send_page(machine, 0, 3);
	CHECK_EQ(output(machine, 0, 0, 0x3456), 0x55456);
	/* a right that is not cached is looked for, and a fault is not cached */
	*leaf = was & ~(1ULL << 62);
	send_page(machine, 0, 3);
	CHECK_INT(translate(machine, 0, 0, 0x3000, IOMT_WRITE, &entry), IOMT_EFAULT);
	CHECK_EQ(output(machine, 0, 0, 0x3000), 0x3000);
	CHECK_INT(translate(machine, 0, 0, 0x3000, IOMT_WRITE, &entry), IOMT_EFAULT);
	*leaf = was;
	CHECK_INT(translate(machine, 0, 0, 0x3000, IOMT_WRITE, &entry), 0);
	CHECK_INT(translate(machine, 0, 0, 0x3000, 0, &entry), IOMT_EINVAL);
	/* everything */
	*leaf = 0x55000 | RIGHTS | 1;
	send(machine, &(struct iomt_cmd){{8ULL << 60, 0}});
	CHECK_EQ(output(machine, 0, 0, 0x3000), 0x55000);
	*leaf = was;
	iomt_unit_invalidate_all(&machine->cache);
	CHECK_EQ(output(machine, 0, 0, 0x3000), 0x3000);
	close_machine(machine);
}

/* A context is kept until a command about entries; what it gave goes with the domain's pages. */
static void contexts(void)
{
	struct machine *machine = open_amd();
	uint64_t *dte = guest_word(&machine->guest, 0x10020), *gcr3;

	CHECK_EQ(output(machine, 0, 0, 0x3000), 0x3000);
	*dte = RIGHTS | 3; /* passed on */
	*guest_word(&machine->guest, 0x21020) = 0x9000 | RIGHTS | 1;
	CHECK_EQ(output(machine, 0, 0, 0x4000), 0x9000);
	send_device(machine, 0);
	CHECK_EQ(output(machine, 0, 0, 0x4000), 0x4000);
	close_machine(machine);
	machine = open_amd();
	gcr3 = guest_word(&machine->guest, 0x28008);
	CHECK_EQ(output(machine, 0, 2, 0x5678), 0x5678);
	*gcr3 = 0x40001; /* PASID 0's tables */
	*guest_word(&machine->guest, 0x43028) = 0xb067;
	CHECK_EQ(output(machine, 0, 2, 0x5678), 0x5678);
	send_pasid(machine, 0, 1);
	CHECK_EQ(output(machine, 0, 2, 0x5678), 0xb678);
	close_machine(machine);
}

/* Where GCR3 tables are the guest's (GCR3TRPMode), the host's pages say what its contexts are. */
static void contexts_behind_pages(void)
{
	struct machine *machine = open_amd();
	uint64_t *page = guest_word(&machine->guest, 0x21000 + 8 * 0x28);

	machine->unit.cfg.features |= IOMT_UNIT_GCR3_GPA;
	*guest_word(&machine->guest, 0x29008) = 0x40001;
	*guest_word(&machine->guest, 0x43028) = 0xb067;
	CHECK_EQ(output(machine, 0, 2, 0x5678), 0x5678);
	*page = 0x29000 | RIGHTS | 1;
	CHECK_EQ(output(machine, 0, 2, 0x5678), 0x5678);
	send_pasid_page(machine, 0, 1, 5);
	CHECK_EQ(output(machine, 0, 2, 0x5678), 0x5678);
	send_page(machine, 0, 0x28);
	CHECK_EQ(output(machine, 0, 2, 0x5678), 0xb678);
	close_machine(machine);
}

/* A privileged request's rights are no user's. */
static void privileges(void)
{
	struct machine *machine = open_amd();
	struct iomt_tlb_entry entry;

	*guest_word(&machine->guest, 0x43028) = 0x5063; /* US clear */
	CHECK_INT(translate(machine, 0, 1, 0x5000, IOMT_READ | IOMT_PRIV, &entry), 0);
	CHECK_EQ(entry.prot & IOMT_TLB_USER0, 0);
	CHECK_INT(translate(machine, 0, 1, 0x5000, IOMT_READ | IOMT_PRIV, &entry), 0);
	CHECK_INT(translate(machine, 0, 1, 0x5000, IOMT_READ, &entry), IOMT_EFAULT);
	close_machine(machine);
}

/* Dirty bits: the first write walks. */
static void dirty(void)
{
	struct machine *machine = open_amd();
	struct iomt_tlb_entry entry;
	uint64_t *leaf = guest_word(&machine->guest, 0x43028);

	*leaf = 0x5027;
	CHECK_INT(translate(machine, 0, 1, 0x5000, IOMT_READ, &entry), 0);
	CHECK_EQ(entry.prot & IOMT_WRITE, 0);
	CHECK_EQ(*leaf, 0x5027);
	CHECK_INT(translate(machine, 0, 1, 0x5000, IOMT_WRITE, &entry), 0);
	CHECK_EQ(*leaf, 0x5067);
	*leaf = 0x5027; /* cached as dirty now */
	CHECK_INT(translate(machine, 0, 1, 0x5000, IOMT_WRITE, &entry), 0);
	CHECK_EQ(*leaf, 0x5027);
	close_machine(machine);
}

/* The guest changes anything, and says so: what is cached is what walks say. */
static void change(struct machine *machine)
{
	struct random *random = &machine->random;
	unsigned n = (unsigned)random_below(random, 2);
	uint32_t pasid = (uint32_t)random_below(random, 2);
	uint64_t page = random_below(random, 16), to = random_below(random, 16);
	uint64_t host = 0x20000 + 0x4000ULL * n, top = 0x40000 + 0x4000ULL * (2 * n + pasid);
	uint64_t *word;

	switch (random_below(random, 5)) {
	case 0:
		*guest_word(&machine->guest, host + 0x1000 + 8 * page) =
			to << 12 | (to & 1 ? RIGHTS : 1ULL << 61) | (to != 7);
		send_page(machine, n, page);
		break;
	case 1:
	case 2:
		*guest_word(&machine->guest, top + 0x3000 + 8 * page) =
			to << 12 | (to & 1 ? 0x67 : 0x65);
		send_pasid_page(machine, n, pasid, page);
		break;
	case 3:
		word = guest_word(&machine->guest, 0x28000 + 0x1000 * n + 8 * pasid);
		*word = (to & 8 ? top : 0x50000) | (to != 7); /* or tables where there are none */
		send_pasid(machine, n, pasid);
		break;
	default:
		word = guest_word(&machine->guest, 0x10020 + 32 * n);
		*word ^= to & 1 ? 1ULL << 61 : 1ULL << 54; /* IR, GIOV */
		send_device(machine, n);
		send(machine, &(struct iomt_cmd){{3ULL << 60 | (uint64_t)(5 + n) << 32,
						  0x7ffffffffffff000 | 3}});
		break;
	}
}

static void random_changes(void)
{
	struct machine *machine = open_amd();
	uint64_t found = 0, faults = 0;

	machine->unit.cfg.features |= IOMT_UNIT_GIOV;
	random_init(&machine->random, 7);
	for (unsigned i = 0; i < 200000; i++) {
		unsigned n = (unsigned)random_below(&machine->random, 2);
		unsigned which = (unsigned)random_below(&machine->random, 3);
		struct iomt_request request = {
			.device = n + 1,
			.pasid = which ? which - 1 : NONE,
			.iova = random_below(&machine->random, 1 << 16),
			.access = 1 + (uint32_t)random_below(&machine->random, 3)};
		static struct iomt_context context;
		struct iomt_device_fault fault;
		struct iomt_tlb_entry entry = {0};
		struct iomt_walk_leaf leaf;
		int err, want;

		if (!random_below(&machine->random, 8))
			change(machine);
		err = iomt_unit_translate(&machine->cache, &machine->devices[n][which], &request,
					  &entry, &fault);
		want = iomt_unit_find(&machine->unit, &request, &context, &fault);
		if (!want)
			want = iomt_context_walk(&context, &request, &leaf, &fault);
		CHECK_MSG(err == want, "round %u: %d, not %d", i, err, want);
		if (err) {
			faults++;
			continue;
		}
		found++;
		CHECK_EQ(entry.oa, leaf.oa);
		CHECK(!(request.access & ~entry.prot));
		CHECK(!(entry.prot & RW & ~leaf.prot));
	}
	CHECK_MSG(found > 20000 && faults > 20000, "%" PRIu64 " and %" PRIu64, found, faults);
	close_machine(machine);
}

/*
 * Stage 1 of an SMMU, stream 1, substreams 1 and 2 with ASIDs 0x11 and 0x12: the tables of the first guest, in
 * both. "more" is of the descriptors' first words.
 */
static void make_substreams(struct machine *machine, uint64_t more)
{
	*guest_word(&machine->guest, 0x10040) = 1 | 5 << 1 | 0x14000 | 2ULL << 59;
	*guest_word(&machine->guest, 0x10048) = 2;
	*guest_word(&machine->guest, 0x10050) = 0;
	for (uint64_t n = 1; n < 3; n++) {
		*guest_word(&machine->guest, 0x14000 + 64 * n) = more | 16 | 1 << 30 | 1ULL << 31 |
								 5ULL << 32 | 1ULL << 41 |
								 3ULL << 45 | (0x10 + n) << 48;
		*guest_word(&machine->guest, 0x14008 + 64 * n) = 0x40000;
		*guest_word(&machine->guest, 0x14018 + 64 * n) = 0xff;
	}
	for (uint64_t table = 0x40000; table < 0x43000; table += 0x1000)
		*guest_word(&machine->guest, table) = (table + 0x1000) | 3;
}

/*
 * A global page of one ASID goes with its address whatever the ASID, and stays when an ASID goes (IHI 0070,
 * 4.4.1: TLBI_NH_VA, TLBI_NH_ASID).
 */
static void globals(void)
{
	struct iomt_unit_cfg cfg = {.size = sizeof(cfg),
				    .arch = IOMT_UNIT_SMMU,
				    .features = IOMT_UNIT_STAGE_1,
				    .base = 0x10000,
				    .base_cfg = 4,
				    .pasid_bits = 8};
	struct machine *machine = open_amd();
	uint64_t *leaf = guest_word(&machine->guest, 0x43028);

	make_substreams(machine, 0);
	cfg.mem = &machine->guest.mem;
	CHECK_INT(iomt_unit_init(&machine->unit, &cfg, NULL), 0);
	*leaf = 0x5443; /* AF, AP users, global */
	/* which = 2 is PASID 1; the first global page is noted alone */
	CHECK_EQ(output(machine, 0, 2, 0x5000), 0x5000);
	CHECK_EQ(output(machine, 0, 2, 0x5000), 0x5000);
	*leaf = 0x9443;
	CHECK_EQ(output(machine, 0, 2, 0x5000), 0x5000);
	send_smmu(machine, 0x12ULL << 48 | 0x11, 0); /* TLBI_NH_ASID of the other */
	CHECK_EQ(output(machine, 0, 2, 0x5000) & ~0xc000ULL, 0x1000);
	*leaf = 0xd443;
	send_smmu(machine, 0x12ULL << 48 | 0x12, 0x5000); /* TLBI_NH_VA of the other */
	CHECK_EQ(output(machine, 0, 2, 0x5000), 0xd000);
	close_machine(machine);
}

/*
 * With TBI0 an address is the same whatever its top byte is: cached once, and gone with a command that
 * has another top byte, or none. A stream without it has a fault for such an address.
 */
static void tags(void)
{
	struct iomt_unit_cfg cfg = {.size = sizeof(cfg),
				    .arch = IOMT_UNIT_SMMU,
				    .features = IOMT_UNIT_STAGE_1,
				    .base = 0x10000,
				    .base_cfg = 4,
				    .pasid_bits = 8};
	struct machine *machine = open_amd();
	uint64_t *leaf = guest_word(&machine->guest, 0x43028), reads;
	struct iomt_tlb_entry entry;

	make_substreams(machine, 1ULL << 38);
	cfg.mem = &machine->guest.mem;
	CHECK_INT(iomt_unit_init(&machine->unit, &cfg, NULL), 0);
	*leaf = 0x5c43;
	CHECK_EQ(output(machine, 0, 2, 0xa500000000005000), 0x5000);
	reads = machine->guest.reads;
	CHECK_EQ(output(machine, 0, 2, 0xa500000000005008), 0x5008);
	CHECK_EQ(output(machine, 0, 2, 0x5a00000000005010), 0x5010);
	CHECK_EQ(output(machine, 0, 2, 0x5018), 0x5018);
	CHECK_EQ(machine->guest.reads, reads);
	*leaf = 0x9c43;
	send_smmu(machine, 0x11ULL << 48 | 0x12, 0x5000); /* TLBI_NH_VA */
	CHECK_EQ(output(machine, 0, 2, 0xa500000000005000), 0x9000);
	*leaf = 0xdc43;
	send_smmu(machine, 0x11ULL << 48 | 0x12, 0x7700000000005000);
	CHECK_EQ(output(machine, 0, 2, 0xa500000000005000), 0xd000);
	*leaf = 0x5c43; /* a range over more than one top byte: NUM 31, SCALE 31, of 4K */
	send_smmu(machine, 0x11ULL << 48 | 31 << 20 | 31 << 12 | 0x12,
		  0x77ffffffffff8000 | 1 << 10);
	CHECK_EQ(output(machine, 0, 2, 0xa500000000005000), 0x5000);
	*leaf = 0xdc43;
	send_smmu(machine, 0x11ULL << 48 | 0x12, 0x5000);
	/* the same ASID without TBI */
	*guest_word(&machine->guest, 0x14080) =
		*guest_word(&machine->guest, 0x14040) & ~(1ULL << 38);
	machine->devices[1][2] = (struct iomt_unit_device){0};
	iomt_unit_invalidate_all(&machine->cache);
	CHECK_EQ(output(machine, 0, 2, 0xa500000000005000), 0xd000);
	CHECK_INT(translate_as(machine, &machine->devices[1][2], 1, 2, 0xa500000000005000,
			       IOMT_READ, &entry),
		  IOMT_EFAULT);
	close_machine(machine);
}

/*
 * VT-d: requests without a PASID are a supervisor's with RID_PRIV (D51397, 9.4). They share a PASID-table
 * entry with a user's requests, and no rights.
 */
static void supervisors(void)
{
	struct iomt_unit_cfg cfg = {.size = sizeof(cfg),
				    .arch = IOMT_UNIT_VTD,
				    .features = IOMT_UNIT_STAGE_1 | IOMT_UNIT_PRIV,
				    .base = 0x12400,
				    .pasid_bits = 8};
	struct machine *machine = open_amd();
	struct guest *guest = &machine->guest;
	struct iomt_unit_device *none = &machine->devices[0][0], *one = &machine->devices[0][2];
	struct iomt_tlb_entry entry;
	uint64_t reads;

	*guest_word(guest, 0x12000) = 0x13001;
	*guest_word(guest, 0x13020) = 0x14009;	   /* PASIDE */
	*guest_word(guest, 0x13028) = 1 << 20 | 1; /* RID_PRIV, RID_PASID 1 */
	*guest_word(guest, 0x14000) = 0x15001;
	*guest_word(guest, 0x15040) = 1 << 6 | 1; /* first stage */
	*guest_word(guest, 0x15048) = 6;
	*guest_word(guest, 0x15050) = 0x40000 | 1; /* SRE */
	*guest_word(guest, 0x43028) = 0x5063;	   /* US clear */
	cfg.mem = &guest->mem;
	CHECK_INT(iomt_unit_init(&machine->unit, &cfg, NULL), 0);
	CHECK_INT(translate_as(machine, none, 1, NONE, 0x5000, IOMT_READ, &entry), 0);
	CHECK_EQ(entry.prot & IOMT_TLB_USER0, 0);
	CHECK_INT(translate_as(machine, one, 1, 1, 0x5000, IOMT_READ, &entry), IOMT_EFAULT);
	reads = guest->reads;
	CHECK_INT(translate_as(machine, none, 1, NONE, 0x5000, IOMT_READ, &entry), 0);
	CHECK_EQ(guest->reads, reads);
	CHECK_INT(translate_as(machine, one, 1, 1, 0x5000, IOMT_READ | IOMT_PRIV, &entry), 0);
	CHECK_EQ(entry.prot & IOMT_TLB_USER0, 0);
	CHECK_EQ(guest->reads, reads);
	/* what a user is given is no supervisor's, where there is none */
	*guest_word(guest, 0x43028) = 0x5067;
	*guest_word(guest, 0x15050) = 0x40000;
	iomt_unit_invalidate_all(&machine->cache);
	CHECK_INT(translate_as(machine, one, 1, 1, 0x5000, IOMT_READ, &entry), 0);
	CHECK_INT(translate_as(machine, none, 1, NONE, 0x5000, IOMT_READ, &entry), IOMT_EFAULT);
	close_machine(machine);
}

/* IR and IW are a device's, though its domain is another's too. */
static void denied(void)
{
	struct machine *machine = open_amd();
	struct iomt_tlb_entry entry;

	*guest_word(&machine->guest, 0x10040) =
		*guest_word(&machine->guest, 0x10020) & ~(1ULL << 62);
	*guest_word(&machine->guest, 0x10048) = *guest_word(&machine->guest, 0x10028);
	for (unsigned which = 0; which < 3; which += 2) {
		CHECK_INT(translate(machine, 0, which, 0x5000, IOMT_WRITE, &entry), 0);
		CHECK_INT(translate(machine, 1, which, 0x5000, IOMT_WRITE, &entry), IOMT_EFAULT);
		CHECK_INT(translate(machine, 1, which, 0x5000, IOMT_READ, &entry), 0);
		CHECK_EQ(entry.prot & IOMT_WRITE, 0);
		CHECK_INT(translate(machine, 0, which, 0x5000, IOMT_WRITE, &entry), 0);
	}
	close_machine(machine);
}

/* One struct for whoever comes: what is cached of another PASID, or another device, is not its. */
static void shared(void)
{
	struct machine *machine = open_amd();
	struct iomt_unit_device device = {0};

	for (unsigned n = 0; n < 2; n++) {
		for (uint64_t pasid = 0; pasid < 2; pasid++)
			*guest_word(&machine->guest, 0x43000 + 0x4000 * (2 * n + pasid) + 8) =
				(0x10 + 2 * n + pasid) << 12 | 0x67;
	}
	for (unsigned i = 0; i < 12; i++) {
		unsigned n = i / 2 % 2, pasid = i % 2;
		struct iomt_request request = {
			.device = n + 1, .pasid = pasid, .iova = 0x1008, .access = IOMT_READ};
		struct iomt_tlb_entry entry = {0};
		struct iomt_device_fault fault;

		for (unsigned again = 0; again < 2; again++) {
			CHECK_INT(iomt_unit_translate(&machine->cache, &device, &request, &entry,
						      &fault),
				  0);
			CHECK_EQ(entry.oa, (0x10 + 2 * n + pasid) * 0x1000 + 8);
		}
		request.pasid = NONE; /* the host's table */
		CHECK_INT(iomt_unit_translate(&machine->cache, &device, &request, &entry, &fault),
			  0);
		CHECK_EQ(entry.oa, 0x1008);
	}
	close_machine(machine);
}

TEST_SUITE(walk_cached, TEST(hits), TEST(contexts), TEST(contexts_behind_pages), TEST(privileges),
	   TEST(dirty), TEST(globals), TEST(tags), TEST(supervisors), TEST(denied), TEST(shared),
	   TEST(random_changes));
