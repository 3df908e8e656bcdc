/* SPDX-License-Identifier: MIT */
/*
 * D51397: 6.5.1 register-based and 6.5.2 queued invalidation, 7 faults, 10.4 registers. Root and context
 * tables are the library's, and in scalable mode the PASID tables.
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
#define QUEUE_IOTLB(g)	     (2ULL | (uint64_t)(g) << 4)
#define QUEUE_DOMAIN(id)     ((uint64_t)(id) << 16)
#define QUEUE_WAIT	     (5ULL | 1ULL << 5) /* store a status */
#define PAGE_LG2	     12
#define PASID_OF_NONE	     0 /* RID_PASID */

static struct {
	uint64_t queue; /* 0: by registers */
	uint64_t done;	/* where waits store */
	uint64_t tail;
	uint64_t iotlb; /* registers whose place the capabilities tell */
	uint64_t fault;
	unsigned max_order; /* MAMV */
	uint32_t waits;
	uint32_t enabled;
	bool scalable;
	struct iomt_mem mem;
	struct iomt_device_table devices;
	struct iomt_pasid_table pasids;
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

static void open_pasids(void)
{
	struct iomt_pasid_table_cfg cfg = {.size = sizeof(cfg),
					   .mem = &intel.mem,
					   .format = IOMT_PASID_TABLE_VTD,
					   .flags = IOMT_PASID_TABLE_RID,
					   .pasid_bits = 16};

	intel.scalable = true;
	CHECK_INT(iomt_pasid_table_init(&intel.pasids, &cfg), 0);
}

static void open_with(struct witness *w, bool queued, bool scalable)
{
	struct qtest *qtest = &w->guest.qtest;
	uint64_t capability = qtest_readq(qtest, CAPABILITY),
		 extended = qtest_readq(qtest, EXTENDED);
	struct iomt_device_table_cfg cfg = {.size = sizeof(cfg),
					    .mem = &intel.mem,
					    .format = scalable ? IOMT_DEVICE_TABLE_VTD_SCALABLE
							       : IOMT_DEVICE_TABLE_VTD,
					    .id_bits = 16};
	struct iomt_device_table_hw hw;

	memset(&intel, 0, sizeof(intel));
	intel.fault = BASE + 16 * (capability >> 24 & 0x3ff); /* FRO */
	intel.max_order = capability >> 48 & 0x3f;	      /* MAMV */
	intel.iotlb = BASE + 16 * (extended >> 8 & 0x3ff);    /* IRO */
	intel.mem = guest_structures(&w->guest);
	CHECK_INT(iomt_device_table_init(&intel.devices, &cfg), 0);
	iomt_device_table_hw(&intel.devices, &hw);
	if (scalable)
		open_pasids();
	qtest_writeq(qtest, ROOT_TABLE, hw.base);
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
	open_with(w, true, false);
}

static void open_registers(struct witness *w)
{
	open_with(w, false, false);
}

static void open_scalable(struct witness *w)
{
	open_with(w, true, true);
}

/* What the library asks for after, or between, stores to a PASID's entry. */
static void forget_pasid(struct iomt_pasid_inv *inv)
{
	struct witness *w = inv->ctx;
	struct iomt_cmd cmds[IOMT_PASID_INV_MOST];
	int count = iomt_pasid_inv_vtd(inv, 0, cmds, IOMT_PASID_INV_MOST);

	CHECK(count >= 0);
	for (int i = 0; i < count; i++)
		queue_and_wait(w, cmds[i].word[0], cmds[i].word[1]);
}

void intel_set_pasid(struct witness *w, uint16_t domain)
{
	struct iomt_pasid_inv inv = {.sync = forget_pasid, .ctx = w};
	struct iomt_pasid_entry entry = {.vtd = {.stages = IOMT_VTD_SECOND, .domain = domain}};
	struct iomt_pt_hw hw;

	iomt_pt_hw(&w->pt, &hw);
	entry.vtd.second = hw.root;
	entry.vtd.aw = hw.u.vtd.aw;
	CHECK_INT(iomt_pasid_table_set(&intel.pasids, PASID_OF_NONE, &entry, IOMT_PASID_BREAK,
				       &inv),
		  0);
	forget_pasid(&inv);
}

void intel_clear_pasid(struct witness *w)
{
	struct iomt_pasid_inv inv = {.sync = NULL, .ctx = w};

	CHECK_INT(iomt_pasid_table_clear(&intel.pasids, PASID_OF_NONE, &inv), 0);
	forget_pasid(&inv);
}

/* What the library asks for after, or between, stores to the context entry; by registers, more. */
static void forget_device(struct iomt_device_inv *inv)
{
	struct witness *w = inv->ctx;
	struct iomt_cmd cmds[IOMT_DEVICE_INV_MOST];
	int count = iomt_device_inv_vtd(inv, 0, cmds, IOMT_DEVICE_INV_MOST);

	CHECK(count >= 0);
	for (int i = 0; intel.queue && i < count; i++)
		queue_and_wait(w, cmds[i].word[0], cmds[i].word[1]);
	if (!intel.queue)
		write_and_wait(w, CONTEXT_CACHE, CONTEXT_CACHE_GLOBAL);
}

void intel_use_context(struct witness *w, const struct iomt_device_use *use)
{
	struct iomt_device_inv inv = {.sync = forget_device, .ctx = w};
	struct iomt_device_entry entry;

	CHECK_INT(iomt_device_entry_for(&intel.devices, use, &entry), 0);
	CHECK_INT(iomt_device_table_set(&intel.devices, w->edu.rid, &entry, IOMT_DEVICE_BREAK,
					&inv),
		  0);
	forget_device(&inv);
}

void intel_set_context(struct witness *w)
{
	struct iomt_pasid_table_hw pasids;
	struct iomt_device_use use = {.flags = 0};
	struct iomt_pt_hw hw;

	iomt_pt_hw(&w->pt, &hw);
	if (intel.scalable) {
		iomt_pasid_table_hw(&intel.pasids, &pasids);
		use.pasids = &pasids;
	} else {
		use.table = &hw;
		use.domain = INTEL_DOMAIN;
	}
	intel_use_context(w, &use);
}

void intel_clear_context(struct witness *w)
{
	struct iomt_device_inv inv = {.sync = NULL, .ctx = w};

	CHECK_INT(iomt_device_table_clear(&intel.devices, w->edu.rid, &inv), 0);
	forget_device(&inv);
}

static void intel_attach(struct witness *w)
{
	intel_set_context(w);
	if (intel.scalable)
		intel_set_pasid(w, INTEL_DOMAIN);
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

#define ARGS(options)                                                                         \
	(const char *const[])                                                                 \
	{                                                                                     \
		"-device", "intel-iommu,intremap=off,snoop-control=on,aw-bits=" options, NULL \
	}
#define INTEL_IOMMU(options, open_function)                                               \
	{                                                                                 \
		.suite = "qemu_intel", .model = "intel-iommu", .board = &board_q35,       \
		.args = ARGS(options), .open = open_function, .attach = intel_attach,     \
		.invalidate = intel_invalidate, .fault = intel_fault, .write_only = true, \
		.hints = IOMT_SNOOP,                                                      \
	}

const struct iommu intel_48_queue = INTEL_IOMMU("48", open_queue);
const struct iommu intel_48_registers = INTEL_IOMMU("48", open_registers);
const struct iommu intel_39_queue = INTEL_IOMMU("39", open_queue);
const struct iommu intel_48_scalable = INTEL_IOMMU("48,x-scalable-mode=on", open_scalable);
