/* SPDX-License-Identifier: MIT */
/*
 * The IOTLB in front of a RISC-V unit, and its guest's commands. IOMMU specification, "IOMMU Page-Table cache
 * invalidation commands", "IOMMU directory cache invalidation commands".
 *
 * Device 1 is the host's, 2 and 3 have second stages of GSCID 5 and 6, Sv39x4 at 0x20000 and 0x28000, that
 * leave addresses as they are. Each has two processes, of PSCID 8 and 9, with Sv39 at 0x40000 and further
 * on, which also leave the first sixteen pages as they are.
 */
#include "guest.h"
#include "random.h"
#include <stdlib.h>

#define DEVICES	  3u
#define NONE	  IOMT_TLB_NO_PASID
#define V	  1ULL
#define PTR(a)	  ((uint64_t)(a) >> 2 | 1)
#define LEAF(a)	  ((uint64_t)(a) >> 2 | 0xdf)
#define ATP(m, a) ((uint64_t)(m) << 60 | (uint64_t)(a) >> 12)
#define GSCID(n)  (4 + (n))
#define PSCID(p)  (8 + (p))

struct machine {
	struct guest guest;
	struct iomt_unit unit;
	struct iomt_unit_cache cache;
	struct iomt_tlb *tlb;
	void *memory;
	struct iomt_unit_device devices[DEVICES][3]; /* without process, with 0, with 1 */
	struct random random;
};

static uint64_t *first_leaf(struct machine *machine, unsigned n, unsigned process, uint64_t page)
{
	return guest_word(&machine->guest, 0x42000 + 0x3000 * (2 * n + process) + 8 * page);
}

static uint64_t *second_leaf(struct machine *machine, unsigned n, uint64_t page)
{
	return guest_word(&machine->guest, 0x25000 + 0x8000 * (n - 1) + 8 * page);
}

/* tc, iohgatp, ta, fsc. */
static uint64_t *context_of(struct machine *machine, unsigned n)
{
	return guest_word(&machine->guest, 0x10020 + 32 * n);
}

static uint64_t *process_of(struct machine *machine, unsigned n, unsigned process)
{
	return guest_word(&machine->guest, 0x11000 + 0x1000 * n + 16 * process);
}

static void make_device(struct machine *machine, unsigned n)
{
	uint64_t second = 0x20000 + 0x8000 * (uint64_t)(n ? n - 1 : 0);
	uint64_t *dc = context_of(machine, n);

	dc[0] = V | 1 << 5;
	dc[1] = n ? ATP(8, second) | (uint64_t)GSCID(n) << 44 : 0;
	dc[3] = ATP(1, 0x11000 + 0x1000 * n);
	if (n) {
		*guest_word(&machine->guest, second) = PTR(second + 0x4000);
		*guest_word(&machine->guest, second + 0x4000) = PTR(second + 0x5000);
		for (uint64_t page = 0; page < 128; page++)
			*second_leaf(machine, n, page) = LEAF(page << 12);
	}
	for (unsigned process = 0; process < 2; process++) {
		uint64_t top = 0x40000 + 0x3000 * (2 * n + process);
		uint64_t *pc = process_of(machine, n, process);

		pc[0] = V | 2 | (uint64_t)PSCID(process) << 12;
		pc[1] = ATP(8, top);
		*guest_word(&machine->guest, top) = PTR(top + 0x1000);
		*guest_word(&machine->guest, top + 0x1000) = PTR(top + 0x2000);
		for (uint64_t page = 0; page < 16; page++)
			*first_leaf(machine, n, process, page) = LEAF(page << 12);
	}
}

static struct machine *open_machine(void)
{
	struct iomt_unit_cfg cfg = {.size = sizeof(cfg),
				    .arch = IOMT_UNIT_RISCV,
				    .base = 0x10000 >> 2 | 2,
				    .capabilities = IOMT_RISCV_CAP_SV39 | IOMT_RISCV_CAP_SV39X4 |
						    IOMT_RISCV_CAP_PD8 | IOMT_RISCV_CAP_ATS |
						    IOMT_RISCV_CAP_AMO_HWAD |
						    IOMT_RISCV_CAP_PAS(44)};
	struct iomt_tlb_cfg tlb = {.size = sizeof(tlb), .entries = 256, .spaces = 64};
	size_t align = _Alignof(struct machine);
	struct machine *machine =
		aligned_alloc(align, (sizeof(*machine) + align - 1) & ~(align - 1));

	CHECK(machine);
	memset(machine, 0, sizeof(*machine));
	guest_open(&machine->guest, false);
	for (unsigned n = 0; n < DEVICES; n++)
		make_device(machine, n);
	cfg.mem = &machine->guest.mem;
	CHECK_INT(iomt_unit_init(&machine->unit, &cfg, NULL), 0);
	machine->memory = aligned_alloc(IOMT_TLB_ALIGN, (iomt_tlb_bytes(&tlb) + 127) & ~127ULL);
	CHECK(machine->memory);
	CHECK_INT(iomt_tlb_init(&machine->tlb, &tlb, machine->memory), 0);
	CHECK_INT(iomt_unit_cache_init(&machine->cache, &machine->unit, machine->tlb, 3), 0);
	return machine;
}

static void close_machine(struct machine *machine)
{
	free(machine->memory);
	free(machine);
}

static int translate(struct machine *machine, unsigned n, unsigned which, uint64_t iova,
		     uint32_t access, uint64_t *oa)
{
	struct iomt_request request = {
		.device = n + 1, .pasid = which ? which - 1 : NONE, .iova = iova, .access = access};
	struct iomt_tlb_entry entry = {0};
	struct iomt_device_fault fault;
	int err = iomt_unit_translate(&machine->cache, &machine->devices[n][which], &request,
				      &entry, &fault);

	*oa = entry.oa;
	return err;
}

static uint64_t output(struct machine *machine, unsigned n, unsigned which, uint64_t iova)
{
	uint64_t oa;

	CHECK_INT(translate(machine, n, which, iova, IOMT_READ, &oa), 0);
	return oa;
}

static void send(struct machine *machine, uint64_t low, uint64_t high)
{
	struct iomt_cmd cmd = {{low, high}};
	struct iomt_inv inv;

	CHECK_INT(iomt_riscv_decode(&cmd, 0, &inv), 0);
	iomt_unit_invalidate(&machine->cache, &inv);
}

/* IOTINVAL.VMA and .GVMA: AV 10, PSCID 31:12, PSCV 32, GV 33, GSCID 59:44, ADDR from bit 74 on. */
#define VMA	  1ULL
#define GVMA	  (1ULL | 1 << 7)
#define AV	  (1ULL << 10)
#define PSCV(p)	  ((uint64_t)PSCID(p) << 12 | 1ULL << 32)
#define GV(n)	  (n ? (uint64_t)GSCID(n) << 44 | 1ULL << 33 : 0)
#define PAGE(p)	  ((uint64_t)(p) << 10)
#define DDT(n)	  (3ULL | 1ULL << 33 | (uint64_t)((n) + 1) << 40)
#define PDT(n, p) (DDT(n) | 1 << 7 | (uint64_t)(p) << 12)

/* Each device's own page is cached until a command names its address space; others stay. */
static void address_spaces(void)
{
	static const struct {
		uint64_t low, high;
		unsigned gone[DEVICES]; /* bits: without process, process 0, process 1 */
	} cases[] = {
		{VMA | AV | PSCV(0), PAGE(3), {2, 0, 0}},
		{VMA | PSCV(1), 0, {4, 0, 0}},
		{VMA | AV | PSCV(0) | GV(1), PAGE(3), {0, 2, 0}},
		{VMA | PSCV(1) | GV(2), 0, {0, 0, 4}},
		{VMA | AV | PSCV(0) | GV(1), PAGE(4), {0, 0, 0}},
		{VMA | AV, PAGE(3), {6, 0, 0}},
		{VMA, 0, {6, 0, 0}},
		{GVMA | GV(1), 0, {0, 7, 0}},
		{GVMA | AV | GV(2), PAGE(3), {0, 0, 7}},
		{VMA | GV(1), 0, {0, 6, 0}},
		{GVMA, 0, {0, 7, 7}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine *machine = open_machine();

		for (unsigned n = 0; n < DEVICES; n++) {
			for (unsigned which = 0; which < 3; which++) {
				CHECK_EQ(output(machine, n, which, 0x3456), 0x3456);
				if (which)
					*first_leaf(machine, n, which - 1, 3) = LEAF(0x5000);
			}
			if (n)
				*second_leaf(machine, n, 3) = LEAF(0x5000);
		}
		send(machine, cases[i].low, cases[i].high);
		for (unsigned k = 0; k < 3 * DEVICES; k++) {
			uint64_t is = output(machine, k / 3, k % 3, 0x3456);
			bool gone = cases[i].gone[k / 3] >> (k % 3) & 1;
			/* what names no process may take more with it */
			bool may = !(cases[i].low & 1ULL << 32);

			CHECK_MSG(is == (gone ? 0x5456 : 0x3456) || (may && is == 0x5456),
				  "case %zu, device %u, %u: 0x%" PRIx64, i, k / 3 + 1, k % 3, is);
		}
		close_machine(machine);
	}
}

/* Contexts stay until IODIR names them. */
static void directories(void)
{
	struct machine *machine = open_machine();
	uint64_t oa;

	CHECK_EQ(output(machine, 1, 1, 0x3000), 0x3000);
	*process_of(machine, 1, 0) = 0;
	CHECK_EQ(output(machine, 1, 1, 0x4000), 0x4000);
	send(machine, PDT(1, 0), 0);
	CHECK_INT(translate(machine, 1, 1, 0x4000, IOMT_READ, &oa), IOMT_EFAULT);
	CHECK_EQ(output(machine, 1, 2, 0x3000), 0x3000);
	*context_of(machine, 1) = 0;
	CHECK_EQ(output(machine, 1, 2, 0x3000), 0x3000);
	send(machine, DDT(1), 0);
	CHECK_INT(translate(machine, 1, 2, 0x3000, IOMT_READ, &oa), IOMT_EFAULT);
	close_machine(machine);
}

/* Processes may share a PSCID and not SUM: what one may do is not the other's. */
static void sums(void)
{
	struct machine *machine = open_machine();
	uint64_t oa;

	process_of(machine, 1, 1)[0] = V | 6 | PSCID(0) << 12;
	process_of(machine, 1, 1)[1] = process_of(machine, 1, 0)[1];
	CHECK_INT(translate(machine, 1, 2, 0x3000, IOMT_READ | IOMT_PRIV, &oa), 0);
	CHECK_INT(translate(machine, 1, 1, 0x3000, IOMT_READ | IOMT_PRIV, &oa), IOMT_EFAULT);
	CHECK_INT(translate(machine, 1, 2, 0x3000, IOMT_READ | IOMT_PRIV, &oa), 0);
	CHECK_INT(translate(machine, 1, 1, 0x3000, IOMT_READ, &oa), 0);
	/* nor is ENS */
	*process_of(machine, 1, 0) &= ~2ULL;
	send(machine, PDT(1, 0), 0);
	CHECK_INT(translate(machine, 1, 1, 0x3000, IOMT_READ | IOMT_PRIV, &oa), IOMT_EFAULT);
	close_machine(machine);
}

/* Without a process no request is privileged, though a process of another device has that PSCID, too. */
static void no_process(void)
{
	struct machine *machine = open_machine();
	uint64_t oa, *dc = context_of(machine, 1);

	dc[4] = V; /* the next device: the same address space */
	dc[5] = dc[1];
	dc[6] = PSCID(0) << 12;
	dc[7] = process_of(machine, 1, 0)[1];
	*first_leaf(machine, 1, 0, 3) = LEAF(0x3000) & ~0x10ULL;
	CHECK_INT(translate(machine, 1, 1, 0x3000, IOMT_READ | IOMT_PRIV, &oa), 0);
	CHECK_INT(translate(machine, 2, 0, 0x3000, IOMT_READ | IOMT_PRIV, &oa), IOMT_EFAULT);
	close_machine(machine);
}

/* Translated requests read no process context; the next plain one does. */
static void translated(void)
{
	struct machine *machine = open_machine();
	uint64_t oa;

	*context_of(machine, 1) |= 2; /* EN_ATS */
	*process_of(machine, 1, 0) = 0;
	CHECK_INT(translate(machine, 1, 1, 0x3000, IOMT_READ | IOMT_REQUEST_TRANSLATED, &oa), 0);
	CHECK_EQ(oa, 0x3000);
	CHECK_INT(translate(machine, 1, 1, 0x3000, IOMT_READ, &oa), IOMT_EFAULT);
	*process_of(machine, 1, 0) = V | PSCID(0) << 12;
	CHECK_EQ(output(machine, 1, 1, 0x3000), 0x3000);
	CHECK_INT(translate(machine, 1, 1, 0x3000, IOMT_READ | IOMT_REQUEST_TRANSLATED, &oa), 0);
	close_machine(machine);
}

/* The guest changes anything, and says so: what is cached is what walks say. */
static void change(struct machine *machine)
{
	struct random *random = &machine->random;
	unsigned n = (unsigned)random_below(random, DEVICES);
	unsigned process = (unsigned)random_below(random, 2);
	uint64_t page = random_below(random, 16), to = random_below(random, 16);
	uint64_t bits = to & 1 ? 0xdf : to & 2 ? 0x1f : 0xdb;

	switch (random_below(random, 5)) {
	case 0:
		n = n ? n : 1;
		*second_leaf(machine, n, page) = to << 10 | (to == 7 ? 0 : bits);
		send(machine, GVMA | AV | GV(n), PAGE(page));
		break;
	case 1:
	case 2:
		*first_leaf(machine, n, process, page) = to << 10 | (to == 6 ? 0xcf : bits);
		send(machine, VMA | AV | PSCV(process) | GV(n), PAGE(page));
		break;
	case 3:
		process_of(machine, n, process)[0] ^= to & 8 ? V : to & 4 ? 4 : 2; /* SUM, ENS */
		send(machine, PDT(n, process), 0);
		break;
	default:
		*context_of(machine, n) ^= to & 1 ? 1 << 7 : to & 2 ? 1 << 8 : 1 << 9;
		send(machine, DDT(n), 0);
		send(machine, n ? GVMA | GV(n) : VMA, 0);
		break;
	}
}

static void random_changes(void)
{
	struct machine *machine = open_machine();
	uint64_t found = 0, faults = 0;

	random_init(&machine->random, 7);
	for (unsigned i = 0; i < 150000; i++) {
		unsigned n = (unsigned)random_below(&machine->random, DEVICES);
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

		request.access |= random_below(&machine->random, 4) ? 0 : IOMT_PRIV;
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
		CHECK(!(request.access & RW & ~entry.prot));
		CHECK(!(entry.prot & RW & ~leaf.prot));
		CHECK(!(entry.prot & (IOMT_TLB_USER0 | IOMT_TLB_USER1)));
	}
	CHECK_MSG(found > 20000 && faults > 20000, "%" PRIu64 " and %" PRIu64, found, faults);
	close_machine(machine);
}

TEST_SUITE(walk_cached_riscv, TEST(address_spaces), TEST(directories), TEST(sums), TEST(no_process),
	   TEST(translated), TEST(random_changes));
