/* SPDX-License-Identifier: MIT */
/*
 * D51397: 6.5.1 register-based and 6.5.2 queued invalidation, 7 faults, 9.1 root entry, 9.3 context
 * entry, 10.4 registers.
 */
#include "intel_driver.h"
#include "test.h"

#define BASE	      0xfed90000ULL
#define CAPABILITY    (BASE + 0x08)
#define EXTENDED      (BASE + 0x10)
#define COMMAND	      (BASE + 0x18) /* GCMD */
#define STATUS	      (BASE + 0x1c) /* GSTS */
#define ROOT_TABLE    (BASE + 0x20) /* RTADDR */
#define CONTEXT_CACHE (BASE + 0x28) /* CCMD */
#define FAULT_STATUS  (BASE + 0x34) /* FSTS */
#define QUEUE_TAIL    (BASE + 0x88) /* IQT */
#define QUEUE_BASE    (BASE + 0x90) /* IQA */

/* GCMD, and the same bits of GSTS */
#define TRANSLATION_ENABLE (1u << 31)
#define SET_ROOT	   (1u << 30)
#define QUEUE_ENABLE	   (1u << 26)

#define BUSY		     (1ULL << 63) /* ICC of CCMD, IVT of IOTLB */
#define CONTEXT_CACHE_GLOBAL (1ULL << 61)
#define IOTLB_GRANULARITY(g) ((uint64_t)(g) << 60)
#define IOTLB_DOMAIN(id)     ((uint64_t)(id) << 32)
#define LEAVES_ONLY	     (1ULL << 6)  /* IH */
#define FAULT_OVERFLOW	     (1u << 0)	  /* PFO */
#define FAULT_RECORDED	     (1ULL << 63) /* F */
#define FAULT_READ	     (1ULL << 62) /* T */
#define QUEUE_BYTES	     0x1000
#define QUEUE_CONTEXT_CACHE  (1ULL | INTEL_GLOBAL << 4)
#define QUEUE_IOTLB(g)	     (2ULL | (uint64_t)(g) << 4)
#define QUEUE_DOMAIN(id)     ((uint64_t)(id) << 16)
#define QUEUE_WAIT	     (5ULL | 1ULL << 5) /* store a status */
#define PAGE_LG2	     12
#define ENTRY_PRESENT	     (1ULL << 0)
#define CONTEXT_DOMAIN(id)   ((uint64_t)(id) << 8)

static struct {
	uint64_t root_table;
	uint64_t context_table;
	uint64_t queue; /* 0: by registers */
	uint64_t done;	/* where waits store */
	uint64_t tail;
	uint64_t iotlb; /* registers whose place the capabilities tell */
	uint64_t fault;
	unsigned max_order; /* MAMV */
	uint32_t waits;
	uint32_t enabled;
} intel;

static void enable(struct witness *w, uint32_t bit)
{
	qtest_writel(&w->guest.qtest, COMMAND, intel.enabled | bit);
	if (bit != SET_ROOT)
		intel.enabled |= bit;
	WITNESS(w, qtest_readl(&w->guest.qtest, STATUS) & bit, "GCMD 0x%x has no effect", bit);
}

static void queue(struct witness *w, uint64_t low, uint64_t high)
{
	uint64_t *slot = guest_at(&w->guest, intel.queue + intel.tail, 16);

	slot[0] = low;
	slot[1] = high;
	intel.tail = (intel.tail + 16) % QUEUE_BYTES;
	qtest_writeq(&w->guest.qtest, QUEUE_TAIL, intel.tail);
}

static void queue_and_wait(struct witness *w, uint64_t low, uint64_t high)
{
	const uint32_t *done = guest_at(&w->guest, intel.done, 4);

	queue(w, low, high);
	queue(w, QUEUE_WAIT | (uint64_t)++intel.waits << 32, intel.done);
	WITNESS(w, __atomic_load_n(done, __ATOMIC_ACQUIRE) == intel.waits,
		"the queue was not worked off");
}

static void write_and_wait(struct witness *w, uint64_t reg, uint64_t value)
{
	qtest_writeq(&w->guest.qtest, reg, BUSY | value);
	WITNESS(w, !(qtest_readq(&w->guest.qtest, reg) & BUSY), "an invalidation does not end");
}

static void invalidate_contexts(struct witness *w)
{
	if (intel.queue)
		queue_and_wait(w, QUEUE_CONTEXT_CACHE, 0);
	else
		write_and_wait(w, CONTEXT_CACHE, CONTEXT_CACHE_GLOBAL);
}

void intel_invalidate_iotlb(struct witness *w, unsigned granularity, uint16_t domain, uint64_t iova,
			    unsigned order, bool leaves)
{
	uint64_t address = iova | order | (leaves ? LEAVES_ONLY : 0);

	if (granularity != INTEL_PAGES)
		address = 0;
	if (intel.queue) {
		queue_and_wait(w, QUEUE_IOTLB(granularity) | QUEUE_DOMAIN(domain), address);
		return;
	}
	qtest_writeq(&w->guest.qtest, intel.iotlb, address); /* IVA */
	write_and_wait(w, intel.iotlb + 8, IOTLB_GRANULARITY(granularity) | IOTLB_DOMAIN(domain));
}

static void open_with(struct witness *w, bool queued)
{
	struct qtest *qtest = &w->guest.qtest;
	uint64_t capability = qtest_readq(qtest, CAPABILITY),
		 extended = qtest_readq(qtest, EXTENDED);
	uint64_t *root;

	memset(&intel, 0, sizeof(intel));
	intel.fault = BASE + 16 * (capability >> 24 & 0x3ff); /* FRO */
	intel.max_order = capability >> 48 & 0x3f;	      /* MAMV */
	intel.iotlb = BASE + 16 * (extended >> 8 & 0x3ff);    /* IRO */
	intel.root_table = guest_structure(&w->guest, 0x1000);
	intel.context_table = guest_structure(&w->guest, 0x1000);
	root = guest_at(&w->guest, intel.root_table, 16);
	root[0] = intel.context_table | ENTRY_PRESENT;
	qtest_writeq(qtest, ROOT_TABLE, intel.root_table);
	enable(w, SET_ROOT);
	if (queued) {
		intel.done = guest_structure(&w->guest, 64);
		intel.queue = guest_structure(&w->guest, QUEUE_BYTES);
		qtest_writeq(qtest, QUEUE_BASE, intel.queue);
		enable(w, QUEUE_ENABLE);
	}
	enable(w, TRANSLATION_ENABLE);
}

static void open_queue(struct witness *w)
{
	open_with(w, true);
}

static void open_registers(struct witness *w)
{
	open_with(w, false);
}

static void intel_attach(struct witness *w)
{
	uint64_t *entry = guest_at(&w->guest, intel.context_table + 16 * (w->edu.rid & 0xffu), 16);
	struct iomt_pt_hw hw;

	iomt_pt_hw(&w->pt, &hw);
	entry[1] = CONTEXT_DOMAIN(INTEL_DOMAIN) | hw.u.vtd.aw;
	entry[0] = hw.root | ENTRY_PRESENT;
	invalidate_contexts(w);
	intel_invalidate_iotlb(w, INTEL_GLOBAL, 0, 0, 0, false);
}

/* By the library's descriptors. */
static void invalidate_queued(struct witness *w, const struct iomt_gather *gather)
{
	const struct iomt_vtd_target target = {.domain = INTEL_DOMAIN,
					       .mamv = (uint8_t)intel.max_order};
	struct iomt_plan_policy policy = iomt_plan_exact(16);
	struct iomt_cmd cmds[16];
	int count = iomt_vtd_gather(&target, gather, &policy, cmds, 16);

	for (int i = 0; i < count; i++)
		queue_and_wait(w, cmds[i].word[0], cmds[i].word[1]);
}

/* Exactly the range, in aligned pieces; the whole domain when one piece cannot hold a leaf. */
static void invalidate_by_registers(struct witness *w, const struct iomt_gather *gather)
{
	uint64_t page = gather->first >> PAGE_LG2, last = gather->last >> PAGE_LG2;
	uint64_t most = 16ULL << intel.max_order;

	if (last - page >= most) {
		intel_invalidate_iotlb(w, INTEL_OF_DOMAIN, INTEL_DOMAIN, 0, 0, false);
		return;
	}
	while (page <= last) {
		unsigned order = 63 - (unsigned)__builtin_clzll(last - page + 1);
		unsigned aligned = page ? (unsigned)__builtin_ctzll(page) : 63;

		order = order < aligned ? order : aligned;
		order = order < intel.max_order ? order : intel.max_order;
		intel_invalidate_iotlb(w, INTEL_PAGES, INTEL_DOMAIN, page << PAGE_LG2, order,
				       !gather->table_levels);
		page += 1ULL << order;
	}
}

static void intel_invalidate(struct witness *w, const struct iomt_gather *gather)
{
	if (intel.queue)
		invalidate_queued(w, gather);
	else
		invalidate_by_registers(w, gather);
}

static bool intel_fault(struct witness *w, struct fault *fault)
{
	struct qtest *qtest = &w->guest.qtest;
	uint64_t low = qtest_readq(qtest, intel.fault), high = qtest_readq(qtest, intel.fault + 8);

	if (!(high & FAULT_RECORDED))
		return false;
	*fault = (struct fault){
		.iova = low & ~0xfffULL,
		.rid = (uint16_t)high,
		.write = !(high & FAULT_READ),
		.reason = high >> 32 & 0xff,
	};
	qtest_writeq(qtest, intel.fault + 8, FAULT_RECORDED);
	qtest_writel(qtest, FAULT_STATUS, FAULT_OVERFLOW);
	return true;
}

#define ARGS(bits)                                                                         \
	(const char *const[])                                                              \
	{                                                                                  \
		"-device", "intel-iommu,intremap=off,snoop-control=on,aw-bits=" bits, NULL \
	}
#define INTEL_IOMMU(bits, open_function)                                                  \
	{                                                                                 \
		.suite = "qemu_intel", .model = "intel-iommu", .board = &board_q35,       \
		.args = ARGS(bits), .open = open_function, .attach = intel_attach,        \
		.invalidate = intel_invalidate, .fault = intel_fault, .write_only = true, \
		.hints = IOMT_SNOOP,                                                      \
	}

const struct iommu intel_48_queue = INTEL_IOMMU("48", open_queue);
const struct iommu intel_48_registers = INTEL_IOMMU("48", open_registers);
const struct iommu intel_39_queue = INTEL_IOMMU("39", open_queue);
