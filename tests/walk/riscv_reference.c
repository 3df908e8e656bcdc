/* SPDX-License-Identifier: MIT */
/*
 * What the public tests of the RISC-V IOMMU reference model expect (github.com/riscv-non-isa/riscv-iommu,
 * iommu_ref_model/test/test_app.c), said again over tables of our own: each group below names the test that
 * its cases are from. Left out is what is about registers, queues, counters, page requests and 32-bit
 * modes, and where words are corrupted (causes 268 to 274).
 *
 * As there: PAS of 50, contexts of 64 bytes behind three levels, both stages' sizes of 4K to 256T; devices
 * 0x012345 (second stage), 0x012349 (first stage, PSCID 10), 0x112233 (processes behind a second stage,
 * GSCID 0x1234) and 0x042874 (interrupt files); process 0xbabec.
 */
#include "guest.h"

#define NONE	   IOMT_TLB_NO_PASID
#define ATS	   IOMT_WALK_ATS
#define TRANSLATED IOMT_REQUEST_TRANSLATED
#define V	   1ULL
#define RWX	   0xeULL
#define U	   0x10ULL
#define AD	   0xc0ULL
#define PPN(a)	   ((uint64_t)(a) >> 2)
#define ATP(m, a)  ((uint64_t)(m) << 60 | (uint64_t)(a) >> 12)
#define FAR	   (1ULL << 48)	    /* where pages are: beyond the memory that has tables */
#define MODE(bits) ((bits) / 9 + 4) /* of 39, 48, 57 bits, and of 41, 50, 59 */
#define EN_ATS	   (1ULL << 1)
#define T2GPA	   (1ULL << 3)
#define DTF	   (1ULL << 4)
#define PDTV	   (1ULL << 5)
#define ADE	   (3ULL << 7)
#define DPE	   (1ULL << 9)

static const uint64_t all = IOMT_RISCV_CAP_SV39 | IOMT_RISCV_CAP_SV48 | IOMT_RISCV_CAP_SV57 |
			    IOMT_RISCV_CAP_SV39X4 | IOMT_RISCV_CAP_SV48X4 | IOMT_RISCV_CAP_SV57X4 |
			    IOMT_RISCV_CAP_AMO_HWAD | IOMT_RISCV_CAP_ATS | IOMT_RISCV_CAP_T2GPA |
			    IOMT_RISCV_CAP_MSI_FLAT | IOMT_RISCV_CAP_PD8 | IOMT_RISCV_CAP_PD17 |
			    IOMT_RISCV_CAP_PD20 | IOMT_RISCV_CAP_PAS(50);

struct world {
	struct guest guest;
	uint64_t free;	 /* the next page without a use */
	uint64_t absent; /* a word that cannot be read: an access fault; 0: none */
	uint64_t ddt;
	uint64_t mode; /* of ddtp */
	uint64_t capabilities;
	struct iomt_context context;
	struct iomt_walk_leaf leaf;
	struct iomt_device_fault fault;
};

static struct iomt_guest_word read_word(void *ctx, uint64_t address)
{
	struct world *world = ctx;

	if (address == world->absent)
		return (struct iomt_guest_word){.err = IOMT_EIO};
	return guest_read64(&world->guest, address);
}

static int replace_word(void *ctx, uint64_t address, uint64_t *expected, uint64_t desired)
{
	struct world *world = ctx;

	return address == world->absent ? IOMT_EIO
					: guest_cas64(&world->guest, address, expected, desired);
}

static uint64_t *word(struct world *world, uint64_t address)
{
	return guest_word(&world->guest, address);
}

static uint64_t new_pages(struct world *world, unsigned count)
{
	uint64_t page = (world->free + 0x1000 * (uint64_t)count - 1) & ~(0x1000ULL * count - 1);

	world->free = page + 0x1000 * (uint64_t)count;
	CHECK(world->free <= GUEST_BASE + GUEST_BYTES);
	return page;
}

static struct world *open_world(void)
{
	static struct world world;

	memset(&world, 0, sizeof(world));
	guest_open(&world.guest, false);
	world.guest.mem.read64 = read_word;
	world.guest.mem.cas64 = replace_word;
	world.guest.mem.ctx = &world;
	world.free = GUEST_BASE;
	world.ddt = new_pages(&world, 1);
	world.mode = 4;
	world.capabilities = all;
	return &world;
}

/* The entry for an index of a directory that is no last one; its table is made when there is none. */
static uint64_t below(struct world *world, uint64_t table, uint64_t index)
{
	uint64_t *entry = word(world, table + 8 * index);

	if (!*entry)
		*entry = PPN(new_pages(world, 1)) | V;
	return (*entry & ~0x3ffULL) << 2;
}

/* Eight words of the context of a device. */
static uint64_t add_device(struct world *world, uint32_t id, uint64_t tc, uint64_t iohgatp,
			   uint64_t ta, uint64_t fsc)
{
	uint64_t at = below(world, below(world, world->ddt, id >> 15), id >> 6 & 511);

	at += 64 * (id & 63);
	*word(world, at) = V | tc;
	*word(world, at + 8) = iohgatp;
	*word(world, at + 16) = ta;
	*word(world, at + 24) = fsc;
	return at;
}

/* An entry of page tables, for a leaf at a level of "bits" of address; where tables are, is as it is. */
static uint64_t map(struct world *world, uint64_t root, unsigned bits, uint64_t address,
		    uint64_t entry, unsigned level)
{
	unsigned top = bits / 9 - 2; /* 12 bits, and nine a level */
	uint64_t index = address >> (12 + 9 * top) & ((1 << (bits % 9 == 5 ? 11 : 9)) - 1);

	for (; top > level; top--) {
		root = below(world, root, index);
		index = address >> (3 + 9 * top) & 511;
	}
	*word(world, root + 8 * index) = entry;
	return root + 8 * index;
}

static int ask(struct world *world, uint32_t device, uint32_t pasid, uint64_t iova, uint32_t access)
{
	struct iomt_unit_cfg cfg = {.size = sizeof(cfg),
				    .mem = &world->guest.mem,
				    .arch = IOMT_UNIT_RISCV,
				    .base = PPN(world->ddt) | world->mode,
				    .capabilities = world->capabilities};
	struct iomt_request request = {device, pasid, iova, access};
	struct iomt_unit unit;
	int err;

	CHECK_INT(iomt_unit_init(&unit, &cfg, NULL), 0);
	err = iomt_unit_find(&unit, &request, &world->context, &world->fault);
	return err ? err
		   : iomt_context_walk(&world->context, &request, &world->leaf, &world->fault);
}

static void check(struct world *world, int err, unsigned cause, uint64_t iotval2, const char *what)
{
	uint64_t record[4] = {0};

	if (err)
		iomt_device_riscv_record(&world->fault, record);
	CHECK_MSG(err == (cause ? IOMT_EFAULT : 0) && (record[0] & 0xfff) == cause &&
			  record[3] == iotval2,
		  "%s: %d, cause %u with 0x%" PRIx64, what, err, (unsigned)(record[0] & 0xfff),
		  record[3]);
}

#define EXPECT(device, pasid, iova, access, cause, iotval2) \
	check(world, ask(world, device, pasid, iova, access), cause, iotval2, #device " " #cause)

/* What a device may ask: read, write, execute, for itself or a process, plainly, translated, to translate. */
static const uint32_t accesses[] = {
	IOMT_READ,
	IOMT_WRITE,
	IOMT_EXEC | IOMT_READ,
	IOMT_READ | TRANSLATED,
	IOMT_WRITE | TRANSLATED,
	IOMT_READ | ATS,
	IOMT_READ | IOMT_WRITE | ATS,
	IOMT_READ | IOMT_PRIV,
};

static void expect_all(struct world *world, uint32_t device, unsigned cause)
{
	for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
		for (unsigned process = 0; process < 2; process++) {
			int err =
				ask(world, device, process ? 0x99 : NONE, 0xdeadbeef, accesses[i]);

			check(world, err, cause, 0, "all");
			if (err && (accesses[i] & ATS))
				CHECK_EQ(iomt_device_riscv_completion(&world->fault),
					 IOMT_WALK_COMPLETION_UNSUPPORTED);
		}
	}
}

/*
 * "All inbound transactions disallowed", "Bare mode tests", "Too wide device_id", "Non-leaf DDTE invalid",
 * "NL-DDT access viol & data corruption", "Non-leaf DDTE reserved bits", "Device context invalid",
 * "Dev. ctx. access viol & data corruption".
 */
static void device_directory(void)
{
	struct world *world = open_world();
	uint64_t *top = word(world, world->ddt + 8 * (0x012345 >> 15)), dc;

	world->mode = 0;
	expect_all(world, 0x012345, 256);
	world->mode = 1;
	for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++)
		EXPECT(0x012345, 0x99, 0xdeadbeef, accesses[i],
		       accesses[i] & (ATS | TRANSLATED) ? 260 : 0, 0);
	world->mode = 2;
	expect_all(world, 0x000145, 260);
	world->mode = 3;
	expect_all(world, 0x012345, 260);
	world->mode = 4;
	expect_all(world, 0x012345, 258);
	world->absent = world->ddt + 8 * (0x012345 >> 15);
	expect_all(world, 0x012345, 257);
	world->absent = 0;
	*top = V | 1 << 1;
	expect_all(world, 0x012345, 259);
	*top = V | 0x3ffULL << 54;
	expect_all(world, 0x012345, 259);
	*top = 0;
	dc = add_device(world, 0x012345, 0, ATP(9, new_pages(world, 4)), 0, 0);
	*word(world, dc) &= ~V;
	expect_all(world, 0x012345, 258);
	*word(world, dc) |= V;
	world->absent = dc;
	expect_all(world, 0x012345, 257);
}

/* "Device context misconfigured": word and value, of a context with Sv48x4, no first stage, and no MSIs. */
static void device_contexts(void)
{
	static const struct {
		unsigned word;
		uint64_t set;
		uint64_t no_capabilities;
	} cases[] = {
		{7, 1, 0},
		{0, 1 << 12, 0},
		{2, 1, 0},
		{2, 1ULL << 32, 0},
		{3, 1ULL << 44, 0},
		{4, 1ULL << 44, 0},
		{5, 1ULL << 52, 0},
		{6, 1ULL << 52, 0},
		{1, 2ULL << 60, 0},  /* 9 and 2: one above Sv57x4 */
		{3, 11ULL << 60, 0}, /* above Sv57 */
		{4, 2ULL << 60, 0},
		{0, T2GPA, 0},
		{0, 1 << 2, 0}, /* EN_PRI */
		{0, 1 << 6, 0}, /* PRPR */
		{1, 1, 0},	/* not of 16 KiB */
		{1, 3, 0},
		{0, 1 << 8, IOMT_RISCV_CAP_AMO_HWAD}, /* SADE, GADE */
		{0, 1 << 7, IOMT_RISCV_CAP_AMO_HWAD},
		{0, 3 << 7, IOMT_RISCV_CAP_AMO_HWAD},
	};
	struct world *world = open_world();
	uint64_t dc = add_device(world, 0x012345, 0, ATP(9, new_pages(world, 4)), 0, 0);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t *at = word(world, dc + 8 * cases[i].word), was = *at;

		world->capabilities = all & ~cases[i].no_capabilities;
		*at |= cases[i].set;
		expect_all(world, 0x012345, 259);
		*at = was;
		world->capabilities = all;
	}
	*word(world, dc) |= PDTV;
	*word(world, dc + 24) = 4ULL << 60; /* above PD20 */
	expect_all(world, 0x012345, 259);
	*word(world, dc + 24) = 1ULL << 44;
	expect_all(world, 0x012345, 259);
}

/* "Unsupported transaction type": no ATS, no processes, and nothing is mapped. */
static void transaction_types(void)
{
	struct world *world = open_world();

	add_device(world, 0x012345, 0, ATP(9, new_pages(world, 4)), 0, 0);
	for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
		uint32_t access = accesses[i];
		unsigned cause = access & IOMT_EXEC ? 20 : access & IOMT_WRITE ? 23 : 21;

		EXPECT(0x012345, 0x99, 0xdeadbeef, access, 260, 0);
		if (access & (ATS | TRANSLATED))
			EXPECT(0x012345, NONE, 0xdeadbeef, access, 260, 0);
		else
			EXPECT(0x012345, NONE, 0xdeadbeef, access, cause, 0xdeadbeec);
	}
}

/* One leaf of each size: a translation request is told the address, the size, and all rights. */
static void try_sizes(struct world *world, uint64_t dc, bool second)
{
	static const unsigned widths[2][3] = {{39, 48, 57}, {41, 50, 59}};

	for (unsigned k = 0; k < 3; k++) {
		unsigned bits = widths[second][k];
		uint64_t root = new_pages(world, second ? 4 : 1), address = 1ULL << (30 + 9 * k);

		*word(world, dc + (second ? 8 : 24)) = ATP(MODE(bits), root);
		for (unsigned level = 0; level < 3 + k; level++) {
			uint64_t oa = FAR | 1ULL << (12 + 9 * level), size = 12 + 9 * level;

			oa = size == 48 ? FAR : oa;
			address |= 1ULL << (12 + 9 * level) | 2048;
			map(world, root, bits, address, PPN(oa) | V | RWX | U, level);
			EXPECT(0x012345, NONE, address, IOMT_READ | IOMT_WRITE | ATS, 0, 0);
			CHECK_EQ(world->leaf.size_lg2, size);
			CHECK_EQ(world->leaf.oa, oa | (address & ((1ULL << size) - 1)));
			CHECK_EQ(world->leaf.prot & 7, IOMT_READ | IOMT_WRITE | IOMT_EXEC);
		}
		world->free = root;
		memset(word(world, root), 0, 0x20000);
	}
	*word(world, dc + (second ? 8 : 24)) = 0;
	EXPECT(0x012345, NONE, 1ULL << 30, IOMT_READ | IOMT_WRITE | ATS, 0, 0);
	CHECK_EQ(world->leaf.oa, 1ULL << 30);
	CHECK(world->leaf.size_lg2 >= 48);
}

/* "G-stage translation sizes", "S-stage translation sizes". */
static void sizes(void)
{
	for (unsigned second = 0; second < 2; second++) {
		struct world *world = open_world();
		uint64_t dc = add_device(world, 0x012345, EN_ATS | ADE, 0, 0, 0);

		try_sizes(world, dc, second);
	}
}

/* A leaf of 256T in five levels, and what is done to it: "G-stage permission faults". */
static void second_stage_rights(void)
{
	struct world *world = open_world();
	uint64_t root = new_pages(world, 4), gpa = 1ULL << 52 | 1ULL << 33 | 2048, at;
	uint64_t good = PPN(FAR) | V | RWX | U;

	add_device(world, 0x012345, ADE, ATP(10, root), 0, 0);
	at = map(world, root, 59, gpa, good & ~U, 4);
	EXPECT(0x012345, NONE, gpa, IOMT_WRITE, 23, gpa);
	EXPECT(0x012345, NONE, gpa, IOMT_READ, 21, gpa);
	*word(world, at) = (good & ~RWX) | 4; /* W without R */
	EXPECT(0x012345, NONE, gpa, IOMT_WRITE, 23, gpa);
	EXPECT(0x012345, NONE, gpa, IOMT_READ, 21, gpa);
	*word(world, at) = (good & ~RWX) | 8; /* X alone */
	EXPECT(0x012345, NONE, gpa, IOMT_WRITE, 23, gpa);
	EXPECT(0x012345, NONE, gpa, IOMT_READ, 21, gpa);
	*word(world, at) = PPN(1ULL << 39) | V | RWX | U; /* no multiple of its size */
	EXPECT(0x012345, NONE, gpa, IOMT_READ, 21, gpa);
	*word(world, at) = good;
	world->absent = at;
	EXPECT(0x012345, NONE, gpa, IOMT_WRITE, 7, 0);
	EXPECT(0x012345, NONE, gpa, IOMT_READ, 5, 0);
	world->absent = 0;
	EXPECT(0x012345, NONE, gpa, IOMT_WRITE, 0, 0);
	CHECK_EQ(*word(world, at), good | AD);
}

/* The same of the first: "S-stage permission faults", with its check of DTF. */
static void first_stage_rights(void)
{
	struct world *world = open_world();
	uint64_t root = new_pages(world, 1), gva = 1ULL << 52 | 1ULL << 33 | 2048, at, dc;
	uint64_t good = PPN(FAR) | V | RWX | U;

	dc = add_device(world, 0x012349, EN_ATS | ADE, 0, 10 << 12, ATP(10, root));
	at = map(world, root, 57, gva, (good & ~RWX) | 4, 4);
	EXPECT(0x012349, NONE, gva, IOMT_WRITE, 15, 0);
	EXPECT(0x012349, NONE, gva, IOMT_READ, 13, 0);
	*word(world, at) = (good & ~RWX) | 8;
	EXPECT(0x012349, NONE, gva, IOMT_WRITE, 15, 0);
	EXPECT(0x012349, NONE, gva, IOMT_READ, 13, 0);
	*word(world, at) = PPN(1ULL << 39) | V | RWX | U;
	EXPECT(0x012349, NONE, gva, IOMT_READ, 13, 0);
	*word(world, at) = good | 3ULL << 61;
	EXPECT(0x012349, NONE, gva, IOMT_READ, 13, 0);
	*word(world, at) = good;
	world->absent = at;
	EXPECT(0x012349, NONE, gva, IOMT_WRITE, 7, 0);
	EXPECT(0x012349, NONE, gva, IOMT_READ, 5, 0);
	CHECK(!world->fault.silent);
	*word(world, dc) |= DTF;
	EXPECT(0x012349, NONE, gva, IOMT_READ, 5, 0);
	CHECK(world->fault.silent);
	world->absent = 0;
	EXPECT(0x012349, NONE, gva, IOMT_READ, 0, 0);
	CHECK_EQ(world->context.process, 10);
}

/* Device 0x112233: PD20 and tables of processes at guest addresses, which are what they are in memory. */
struct processes {
	uint64_t dc, second, pdt, pc, first, page;
	uint64_t gpa, spa;
};

#define GVA   0x100000ULL
#define BABEC 0xbabecu

static uint64_t guest_page(struct world *world, struct processes *p)
{
	uint64_t page = new_pages(world, 1);

	map(world, p->second, 50, page, PPN(page) | V | RWX | U, 0);
	return page;
}

static struct world *open_processes(struct processes *p)
{
	struct world *world = open_world();
	uint64_t middle, last;

	p->second = new_pages(world, 4);
	p->pdt = guest_page(world, p);
	p->dc = add_device(world, 0x112233, PDTV | ADE, ATP(9, p->second) | 0x1234ULL << 44, 0,
			   ATP(3, p->pdt));
	middle = guest_page(world, p);
	last = guest_page(world, p);
	*word(world, p->pdt + 8 * (BABEC >> 17)) = PPN(middle) | V;
	*word(world, middle + 8 * (BABEC >> 8 & 511)) = PPN(last) | V;
	p->pc = last + 16 * (BABEC & 255);
	p->first = guest_page(world, p);
	*word(world, p->pc) = V | 6 | 10 << 12; /* ENS, SUM */
	*word(world, p->pc + 8) = ATP(9, p->first);
	p->gpa = 0x7000000;
	p->spa = FAR | 0x9000;
	map(world, p->second, 50, p->gpa, PPN(p->spa) | V | RWX | U, 0);
	/* tables of the first stage, in pages that the second has, too */
	*word(world, p->first) = PPN(guest_page(world, p)) | V;
	middle = (*word(world, p->first) & ~0x3ffULL) << 2;
	*word(world, middle) = PPN(guest_page(world, p)) | V;
	last = (*word(world, middle) & ~0x3ffULL) << 2;
	*word(world, last) = PPN(guest_page(world, p)) | V;
	p->page = map(world, p->first, 48, GVA, PPN(p->gpa) | V | RWX | U, 0);
	return world;
}

#define PRIV_WRITE			(IOMT_WRITE | IOMT_PRIV)
#define PROCESS(access, cause, iotval2) EXPECT(0x112233, BABEC, GVA, access, cause, iotval2)

/* "Process Directory Table walk", up to the first translation. */
static void process_directory(void)
{
	struct processes p;
	struct world *world = open_processes(&p);
	uint64_t top = p.pdt + 8 * (BABEC >> 17), *pc = word(world, p.pc), was = *word(world, top);

	*word(world, top) = 0;
	PROCESS(PRIV_WRITE, 266, 0);
	world->absent = top;
	PROCESS(PRIV_WRITE, 265, 0);
	world->absent = 0;
	*word(world, top) = was | 1 << 1;
	PROCESS(PRIV_WRITE, 267, 0);
	*word(world, top) = was;
	pc[0] ^= 1 << 3;
	PROCESS(PRIV_WRITE, 267, 0);
	pc[0] ^= 1ULL << 32;
	PROCESS(PRIV_WRITE, 267, 0);
	pc[0] ^= 1 << 3;
	PROCESS(PRIV_WRITE, 267, 0);
	pc[0] ^= 1ULL << 32 | V;
	PROCESS(PRIV_WRITE, 266, 0);
	pc[0] ^= V;
	world->absent = p.pc;
	PROCESS(PRIV_WRITE, 265, 0);
	world->absent = 0;
	world->capabilities &= ~(7ULL << 9);
	for (uint64_t mode = 1; mode < 16; mode++) {
		pc[1] = ATP(mode, p.first);
		PROCESS(PRIV_WRITE, 267, 0);
	}
	world->capabilities = all;
	pc[1] = ATP(9, p.first);
	/* a guest page fault is of a read, though the device writes */
	map(world, p.second, 50, p.pdt, 0, 0);
	PROCESS(PRIV_WRITE, 21, top | 1);
	map(world, p.second, 50, p.pdt, PPN(p.pdt) | V | RWX | U, 0);
	PROCESS(PRIV_WRITE, 0, 0);
	CHECK_EQ(world->leaf.oa, p.spa);
	CHECK_EQ(world->context.domain, 0x1234);
	pc[1] |= 1ULL << 44;
	PROCESS(PRIV_WRITE, 267, 0);
}

/* The rest of it: accessed and dirty bits, no process, T2GPA, ENS and SUM, widths of processes, DPE. */
static void process_walks(void)
{
	struct processes p;
	struct world *world = open_processes(&p);
	uint64_t *dc = word(world, p.dc), *pc = word(world, p.pc), *page = word(world, p.page);

	PROCESS(IOMT_READ | IOMT_PRIV, 0, 0);
	CHECK_EQ(*page & AD, 0x40);
	PROCESS(PRIV_WRITE, 0, 0);
	CHECK_EQ(*page & AD, AD);
	EXPECT(0x112233, NONE, p.gpa, IOMT_WRITE, 0, 0);
	CHECK_EQ(world->leaf.oa, p.spa);
	dc[0] |= T2GPA | EN_ATS;
	PROCESS(IOMT_READ | IOMT_PRIV | ATS, 0, 0);
	CHECK_EQ(world->leaf.oa, p.gpa);
	EXPECT(0x112233, NONE, p.gpa, IOMT_READ | TRANSLATED, 0, 0);
	CHECK_EQ(world->leaf.oa, p.spa);
	dc[0] &= ~T2GPA;
	PROCESS(IOMT_READ | IOMT_PRIV | ATS, 0, 0);
	CHECK_EQ(world->leaf.oa, p.spa);
	EXPECT(0x112233, NONE, p.spa, IOMT_READ | TRANSLATED, 0, 0);
	CHECK_EQ(world->leaf.oa, p.spa);
	pc[0] &= ~2ULL;
	PROCESS(IOMT_READ | IOMT_PRIV | ATS, 260, 0);
	CHECK_EQ(iomt_device_riscv_completion(&world->fault), IOMT_WALK_COMPLETION_UNSUPPORTED);
	pc[0] = (pc[0] | 2) & ~4ULL;
	PROCESS(IOMT_READ | IOMT_PRIV | ATS, 0, 0);
	CHECK_EQ(world->leaf.prot & 7, 0);
	world->absent = p.pc;
	PROCESS(IOMT_READ | IOMT_PRIV | ATS, 265, 0);
	CHECK_EQ(iomt_device_riscv_completion(&world->fault), IOMT_WALK_COMPLETION_ABORT);
	world->absent = 0;
	for (uint64_t mode = 1; mode < 10; mode++) {
		static const unsigned causes[] = {0, 260, 260, 0, 259, 259, 259, 259, 259, 259};

		dc[3] = ATP(mode, p.pdt);
		PROCESS(IOMT_READ | IOMT_PRIV | ATS, causes[mode], 0);
	}
	dc[3] = ATP(3, p.pdt);
	dc[0] |= DPE;
	EXPECT(0x112233, NONE, 0x10000, IOMT_WRITE, 266, 0);
}

/*
 * Of it, too: 64K of both stages, and entries of the first stage's root that the second does not have. The
 * model calls each such read a write where SADE is set; we say so where one is to be written.
 */
static void runs_and_roots(void)
{
	struct processes p;
	struct world *world = open_processes(&p);
	uint64_t gva = 0x190000, gpa = 0x7100000, spa = FAR | 0x10000, at;

	for (uint64_t i = 0; i < 16; i++) {
		map(world, p.first, 48, gva + 4096 * i,
		    (PPN(gpa) | 8 << 10) | V | RWX | U | 1ULL << 63, 0);
		map(world, p.second, 50, gpa + 4096 * i,
		    (PPN(spa) | 8 << 10) | V | RWX | U | 1ULL << 63, 0);
	}
	EXPECT(0x112233, BABEC, gva | 0x5123, IOMT_WRITE, 0, 0);
	CHECK_EQ(world->leaf.oa, spa | 0x5123);
	CHECK_EQ(world->leaf.size_lg2, 16);
	at = map(world, p.second, 50, p.first, 0, 0);
	PROCESS(IOMT_WRITE, 23, p.first | 1);
	*word(world, at) = PPN(p.first) | V | RWX | U | 1ULL << 63;
	PROCESS(IOMT_WRITE, 23, p.first | 1);
	*word(world, at) = PPN(p.first) | V | RWX | U | 1ULL << 61; /* without Svpbmt */
	PROCESS(IOMT_WRITE, 23, p.first | 1);
}

/* "MSI write-through mode", and of "MSI MFIF mode" what hardware without MRIFs answers. */
static void files(void)
{
	struct world *world = open_world();
	uint64_t dc = add_device(world, 0x042874, 0, ATP(9, new_pages(world, 4)), 0, 0);
	uint64_t table = new_pages(world, 1), entry = table + 3 * 16, gpa = 0x280000003000;
	static const struct {
		uint64_t entry;
		unsigned cause;
	} cases[] = {
		{0, 262},
		{V, 263},
		{V | 1ULL << 63, 263},
		{V | 2 << 1, 263},
		{V | 2 << 1 | 1 << 3, 263},
		{V | 3 << 1 | 1 << 3, 263},
		{V | 3 << 1 | 4ULL << 3, 263},
		{V | 1 << 1, 263}, /* MRIF */
		{0xdeadbeefULL << 10 | 3 << 1 | V, 0},
	};

	*word(world, dc + 32) = ATP(1, table);
	*word(world, dc + 40) = 0xff;
	*word(world, dc + 48) = 0x280000000;
	world->absent = entry;
	EXPECT(0x042874, NONE, gpa, IOMT_WRITE, 261, 0);
	world->absent = 0;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		*word(world, entry) = cases[i].entry;
		EXPECT(0x042874, NONE, gpa, IOMT_WRITE, cases[i].cause, 0);
	}
	CHECK_EQ(world->leaf.oa, 0xdeadbeefULL << 12);
	CHECK_EQ(world->leaf.size_lg2, 12);
}

TEST_SUITE(riscv_reference, TEST(device_directory), TEST(device_contexts), TEST(transaction_types),
	   TEST(sizes), TEST(second_stage_rights), TEST(first_stage_rights),
	   TEST(process_directory), TEST(process_walks), TEST(runs_and_roots), TEST(files));
