/* SPDX-License-Identifier: MIT */
/*
 * IHI 0070, chapter 4: commands are 128 bits, with the opcode in 7:0.
 *
 *	CFGI_STE        03  StreamID 63:32, Leaf 64
 *	CFGI_STE_RANGE  04  StreamID 63:32, Range 68:64
 *	CFGI_CD         05  SubstreamID 31:12, StreamID 63:32, Leaf 64
 *	CFGI_CD_ALL     06  StreamID 63:32
 *	TLBI_NH_ALL 10, NH_ASID 11, NH_VA 12, NH_VAA 13, EL2_ALL 20, EL2_ASID 21, EL2_VA 22,
 *	EL2_VAA 23, S12_VMALL 28, S2_IPA 2a, NSNH_ALL 30: VMID 47:32, ASID 63:48; by address
 *	                    NUM 16:12, SCALE 25:20, Leaf 64, TTL 73:72, TG 75:74, address 127:76
 *	ATC_INV         40  G 9, SSV 11, SubstreamID 31:12, StreamID 63:32, Size 69:64,
 *	                    address 127:76
 *	SYNC            46  CS 13:12, MSH 23:22, MSIAttr 27:24, MSIData 63:32, MSIAddress 115:66
 */
#include "command.h"
#include <iomt/smmu_cmd.h>

enum opcode {
	CFGI_STE = 0x03,
	CFGI_STE_RANGE = 0x04,
	CFGI_CD = 0x05,
	CFGI_CD_ALL = 0x06,
	NH_ALL = 0x10,
	NH_ASID = 0x11,
	NH_VA = 0x12,
	NH_VAA = 0x13,
	EL2_ALL = 0x20,
	EL2_ASID = 0x21,
	EL2_VA = 0x22,
	EL2_VAA = 0x23,
	S12_VMALL = 0x28,
	S2_IPA = 0x2a,
	NSNH_ALL = 0x30,
	ATC_INV = 0x40,
	SYNC = 0x46,
};

#define VMID(id)      ((uint64_t)(id) << 32)
#define ASID(id)      ((uint64_t)(id) << 48)
#define NUM(num)      ((uint64_t)((num)-1) << 12)
#define SCALE(scale)  ((uint64_t)(scale) << 20)
#define LEAF	      1ULL /* of the high word, as the next */
#define TTL(ttl)      ((uint64_t)(ttl) << 8)
#define TG(lg2)	      ((uint64_t)(((lg2)-10) / 2) << 10)
#define STREAM(id)    ((uint64_t)(id) << 32)
#define SUBSTREAM(id) ((uint64_t)(id) << 12)
#define SSV	      (1ULL << 11)
#define INNER_SHARED  (3ULL << 22)
#define IPA_BITS      52
#define ATC_SIZE_ALL  52
#define MSI_ADDRESS   0x000ffffffffffffcULL
#define SCALE_MAX     31
#define SCALE_MAX_DS  39
#define TARGET_FLAGS  (IOMT_SMMU_RANGES | IOMT_SMMU_DS | IOMT_SMMU_NESTED | IOMT_SMMU_WHOLE_RUNS)

static const struct {
	uint8_t by_address;
	uint8_t all;
	bool vmid;
	bool asid;
} regimes[] = {
	[IOMT_SMMU_STAGE_1] = {NH_VA, NH_ASID, true, true},
	[IOMT_SMMU_ANY_ASID] = {NH_VAA, NH_ALL, true, false},
	[IOMT_SMMU_STAGE_2] = {S2_IPA, S12_VMALL, true, false},
	[IOMT_SMMU_EL2] = {EL2_VA, EL2_ASID, false, true},
};

/* What the covers of a gather have in common. */
struct ranges {
	const struct iomt_smmu_target *target;
	unsigned level; /* of all leaves, when ttl is not 0 */
	unsigned ttl;
};

static bool is_granule(unsigned granule_lg2)
{
	return granule_lg2 == 12 || granule_lg2 == 14 || granule_lg2 == 16;
}

static bool valid(const struct iomt_smmu_target *target)
{
	return (unsigned)target->regime <= IOMT_SMMU_EL2 && !(target->flags & ~TARGET_FLAGS) &&
	       (!(target->flags & IOMT_SMMU_NESTED) || target->regime == IOMT_SMMU_STAGE_2) &&
	       (regimes[target->regime].vmid || !target->vmid) &&
	       (regimes[target->regime].asid || !target->asid) && is_granule(target->granule_lg2);
}

/* log2 of what an entry at this level maps; level 0 holds granules. */
static unsigned entry_lg2(unsigned granule_lg2, unsigned level)
{
	return granule_lg2 + level * (granule_lg2 - 3);
}

/* Arm's level 1 has no blocks of 16K granules but with DS (4.4.1.1). */
static unsigned ttl_of(unsigned level, unsigned granule_lg2, uint32_t flags)
{
	if (level > 2 || (level == 2 && granule_lg2 == 14 && !(flags & IOMT_SMMU_DS)))
		return 0;
	return 3 - level;
}

/* The TTL hint, when all leaves are of one level, and no table has changed. */
static void find_level(struct ranges *ranges, const struct iomt_gather *gather)
{
	unsigned granule_lg2 = ranges->target->granule_lg2;

	ranges->ttl = 0;
	if (gather->table_levels || !gather->leaf_sizes)
		return;
	for (unsigned level = 0; level < 3; level++) {
		uint64_t sizes = (1ULL << entry_lg2(granule_lg2, level + 1)) -
				 (1ULL << entry_lg2(granule_lg2, level));

		if (gather->leaf_sizes & ~sizes)
			continue;
		ranges->level = level;
		ranges->ttl = ttl_of(level, granule_lg2, ranges->target->flags);
	}
}

/* The largest contiguous run gathered (DDI 0487, D8.7.1), as log2, or the granule. */
static unsigned run_lg2(unsigned granule_lg2, uint64_t leaf_sizes)
{
	uint64_t runs = granule_lg2 == 12   ? 1ULL << 16 | 1ULL << 25 | 1ULL << 34
			: granule_lg2 == 14 ? 1ULL << 21 | 1ULL << 30
					    : 1ULL << 21 | 1ULL << 34;

	runs &= leaf_sizes;
	return runs ? 63 - (unsigned)__builtin_clzll(runs) : granule_lg2;
}

/* With a hint, addresses are those of the level's entries. */
static struct iomt_plan_rules rules(const struct ranges *ranges, const struct iomt_gather *gather)
{
	const struct iomt_smmu_target *target = ranges->target;
	unsigned granule_lg2 = target->granule_lg2, unit_lg2 = granule_lg2;
	unsigned scale_max = target->flags & IOMT_SMMU_DS ? SCALE_MAX_DS : SCALE_MAX;

	if (!(target->flags & IOMT_SMMU_RANGES))
		return (struct iomt_plan_rules){.unit_lg2 =
							(uint8_t)cmd_step_lg2(gather, granule_lg2)};
	if (ranges->ttl)
		unit_lg2 = entry_lg2(granule_lg2, ranges->level);
	if (target->flags & IOMT_SMMU_WHOLE_RUNS &&
	    run_lg2(granule_lg2, gather->leaf_sizes) > unit_lg2)
		unit_lg2 = run_lg2(granule_lg2, gather->leaf_sizes);
	return (struct iomt_plan_rules){.unit_lg2 = (uint8_t)unit_lg2,
					.scale_max =
						(uint8_t)(scale_max - (unit_lg2 - granule_lg2)),
					.num = true};
}

static uint64_t ids(const struct iomt_smmu_target *target)
{
	return VMID(target->vmid) | ASID(target->asid);
}

static int encode(const void *ctx, const struct iomt_cover *cover, bool leaves,
		  struct iomt_cmd *cmd)
{
	const struct ranges *ranges = ctx;
	const struct iomt_smmu_target *target = ranges->target;
	unsigned granule_lg2 = target->granule_lg2, scale = cover->size_lg2 - granule_lg2;
	uint64_t low = ids(target), high = cover->first | (leaves ? LEAF : 0);

	if (cover->size_lg2 == 64)
		return cmd_put(cmd, 1, regimes[target->regime].all | low, 0);
	/* one granule without a hint is no range: {NUM, SCALE, TTL} = 0 is reserved (4.4.1.1) */
	if (target->flags & IOMT_SMMU_RANGES && (cover->num > 1 || scale || ranges->ttl)) {
		low |= NUM(cover->num) | SCALE(scale);
		high |= TG(granule_lg2) | TTL(ranges->ttl);
	}
	return cmd_put(cmd, 1, regimes[target->regime].by_address | low, high);
}

int iomt_smmu_all(const struct iomt_smmu_target *target, struct iomt_cmd *cmds, size_t n)
{
	if (!valid(target))
		return IOMT_EINVAL;
	return cmd_put(cmds, n, regimes[target->regime].all | ids(target), 0);
}

/* Whether translations from VA to PA are left: not by S12_VMALL, which drops both stages. */
static bool leaves_combined(const struct iomt_smmu_target *target, const struct iomt_gather *gather,
			    const struct iomt_plan_rules *rules,
			    const struct iomt_plan_policy *policy)
{
	struct iomt_plan plan;

	return target->flags & IOMT_SMMU_NESTED &&
	       iomt_plan_init(&plan, gather, rules, policy) > 0 && !plan.all;
}

int iomt_smmu_gather(const struct iomt_smmu_target *target, const struct iomt_gather *gather,
		     const struct iomt_plan_policy *policy, struct iomt_cmd *cmds, size_t n)
{
	struct iomt_plan_policy wanted = *policy;
	struct ranges ranges = {.target = target};
	struct iomt_plan_rules covers;
	size_t more;
	int count;

	if (!valid(target))
		return IOMT_EINVAL;
	/* an IPA that the field does not hold */
	if (target->regime == IOMT_SMMU_STAGE_2 && gather->last >> IPA_BITS)
		cmd_want_all(&wanted);
	find_level(&ranges, gather);
	covers = rules(&ranges, gather);
	more = leaves_combined(target, gather, &covers, &wanted) ? 2 : 0;
	if (n < more)
		return IOMT_ENOSPC;
	count = cmd_gather(gather, &covers, &wanted, encode, &ranges, 1, cmds, n - more);
	if (count > 0 && more) {
		/* what stage 2 was must be gone before, or a walk combines it again */
		count += cmd_put(&cmds[count], 1, SYNC, 0);
		count += cmd_put(&cmds[count], 1, NH_ALL | VMID(target->vmid), 0);
	}
	return count;
}

int iomt_smmu_everything(struct iomt_cmd *cmds, size_t n)
{
	return cmd_put(cmds, n, NSNH_ALL, 0);
}

static int encode_device(const void *ctx, const struct iomt_cover *cover, bool leaves,
			 struct iomt_cmd *cmd)
{
	const struct iomt_smmu_device *device = ctx;
	bool ssv = device->flags & IOMT_SMMU_SUBSTREAM;

	(void)leaves;
	return cmd_put(cmd, 1,
		       ATC_INV | (ssv ? SSV : 0) | SUBSTREAM(device->substream) |
			       STREAM(device->stream),
		       cover->first | (cover->size_lg2 - PAGE_LG2));
}

int iomt_smmu_device_gather(const struct iomt_smmu_device *device, const struct iomt_gather *gather,
			    const struct iomt_plan_policy *policy, struct iomt_cmd *cmds, size_t n)
{
	struct iomt_plan_rules spans = cmd_range_rules();

	if (device->flags & ~IOMT_SMMU_SUBSTREAM ||
	    !cmd_takes_pasid(device->flags & IOMT_SMMU_SUBSTREAM, device->substream))
		return IOMT_EINVAL;
	return cmd_gather(gather, &spans, policy, encode_device, device, 1, cmds, n);
}

int iomt_smmu_stream(uint32_t stream, bool leaf, struct iomt_cmd *cmds, size_t n)
{
	return cmd_put(cmds, n, CFGI_STE | STREAM(stream), leaf ? LEAF : 0);
}

int iomt_smmu_streams(uint32_t stream, uint8_t streams_lg2, struct iomt_cmd *cmds, size_t n)
{
	if (!streams_lg2 || streams_lg2 > 32)
		return IOMT_EINVAL;
	return cmd_put(cmds, n, CFGI_STE_RANGE | STREAM(stream), streams_lg2 - 1u);
}

int iomt_smmu_context(uint32_t stream, uint32_t substream, bool leaf, struct iomt_cmd *cmds,
		      size_t n)
{
	if (!cmd_is_pasid(substream))
		return IOMT_EINVAL;
	return cmd_put(cmds, n, CFGI_CD | SUBSTREAM(substream) | STREAM(stream), leaf ? LEAF : 0);
}

int iomt_smmu_contexts(uint32_t stream, struct iomt_cmd *cmds, size_t n)
{
	return cmd_put(cmds, n, CFGI_CD_ALL | STREAM(stream), 0);
}

int iomt_smmu_sync(enum iomt_smmu_signal signal, uint64_t address, uint32_t data, uint8_t attr,
		   struct iomt_cmd *cmds, size_t n)
{
	uint64_t msi = 0;

	if ((unsigned)signal > IOMT_SMMU_SIG_SEV || address & ~MSI_ADDRESS || attr > 0xf ||
	    (address && signal != IOMT_SMMU_SIG_IRQ) || (!address && (data || attr)))
		return IOMT_EINVAL;
	if (address)
		msi = INNER_SHARED | (uint64_t)attr << 24 | (uint64_t)data << 32;
	return cmd_put(cmds, n, SYNC | (uint64_t)signal << 12 | msi, address);
}

/* NUM, SCALE, TTL and TG: the range, and the hints. */
static bool decode_tlbi_range(uint64_t low, uint64_t high, uint32_t flags, struct iomt_inv *inv)
{
	unsigned num = (unsigned)cmd_bits(low, 16, 12) + 1, scale = (unsigned)cmd_bits(low, 25, 20);
	unsigned ttl = (unsigned)cmd_bits(high, 9, 8), tg = (unsigned)cmd_bits(high, 11, 10);
	unsigned granule = 10 + 2 * tg, bits;

	inv->first = high & ~PAGE_MASK;
	inv->last = high | PAGE_MASK;
	if (!tg)
		return num == 1 && !scale && !ttl;
	/* what names no level is no hint, and the largest scale stands for those above */
	if (ttl && ttl_of(3 - ttl, granule, flags) != ttl)
		ttl = 0;
	if (flags & IOMT_SMMU_DS && scale > SCALE_MAX_DS)
		scale = SCALE_MAX_DS;
	if (!(flags & IOMT_SMMU_RANGES) || (!(flags & IOMT_SMMU_DS) && scale > SCALE_MAX) ||
	    (num == 1 && !scale && !ttl) ||
	    inv->first & ((1ULL << entry_lg2(granule, ttl ? 3 - ttl : 0)) - 1))
		return false;
	inv->granule_lg2 = (uint8_t)granule;
	inv->level = (int8_t)(ttl ? 3 - (int)ttl : -1);
	/* a range that goes beyond the top ends there */
	bits = scale + granule;
	if ((uint64_t)num > (UINT64_MAX - inv->first) >> bits)
		inv->last = UINT64_MAX;
	else
		inv->last = inv->first + ((uint64_t)num << bits) - 1;
	return true;
}

static bool decode_tlbi_address(uint64_t low, uint64_t high, uint32_t flags, struct iomt_inv *inv)
{
	inv->flags |= IOMT_INV_BY_ADDRESS | (high & LEAF ? IOMT_INV_LEAVES : 0);
	return !cmd_bits(low, 11, 8) && !cmd_bits(low, 19, 17) && !cmd_bits(low, 31, 26) &&
	       !cmd_bits(high, 7, 1) && decode_tlbi_range(low, high, flags, inv);
}

/* Every TLBI: what it is about, then its address if it has one. */
static bool decode_tlbi(uint64_t low, uint64_t high, uint32_t flags, struct iomt_inv *inv)
{
	unsigned op = low & 0xff;
	bool el2 = op >= EL2_ALL && op <= EL2_VAA;
	bool vmid = !el2 && op != NSNH_ALL;
	bool asid = op == NH_ASID || op == NH_VA || op == EL2_ASID || op == EL2_VA;
	bool address = op == NH_VA || op == NH_VAA || op == EL2_VA || op == EL2_VAA || op == S2_IPA;

	inv->kind = IOMT_INV_IOTLB;
	inv->flags = (vmid ? IOMT_INV_BY_DOMAIN : 0) | (asid ? IOMT_INV_BY_PROCESS : 0) |
		     (el2 ? IOMT_INV_EL2 : 0);
	inv->flags |= op == S2_IPA ? 0 : IOMT_INV_STAGE_1;
	inv->flags |= op == S2_IPA || op == S12_VMALL || op == NSNH_ALL ? IOMT_INV_STAGE_2 : 0;
	/* entries by address match global mappings, whatever the ASID */
	inv->flags |= asid && address ? IOMT_INV_GLOBAL : 0;
	inv->domain = (uint32_t)cmd_bits(low, 47, 32);
	inv->process = (uint32_t)cmd_bits(low, 63, 48);
	if ((!vmid && inv->domain) || (!asid && inv->process))
		return false;
	if (address)
		return (op != S2_IPA || !(high >> IPA_BITS)) &&
		       decode_tlbi_address(low, high, flags, inv);
	return !cmd_bits(low, 31, 8) && !high;
}

/* The SMMU aligns the address; without SSV there is neither SubstreamID nor G (4.5.1). */
static bool decode_atc(uint64_t low, uint64_t high, struct iomt_inv *inv)
{
	unsigned size = high & 0x3f;
	uint64_t span = ~0ULL >> (ATC_SIZE_ALL - (size <= ATC_SIZE_ALL ? size : 0));
	bool global = low >> 9 & 1;

	inv->kind = IOMT_INV_DEVICE_TLB;
	inv->flags = IOMT_INV_BY_DEVICE | IOMT_INV_BY_ADDRESS;
	inv->device = inv->device_last = (uint32_t)(low >> 32);
	if (low & SSV && !global) {
		inv->flags |= IOMT_INV_BY_PROCESS;
		inv->process = (uint32_t)cmd_bits(low, 31, 12);
	}
	inv->first = high & ~PAGE_MASK & ~span;
	inv->last = inv->first | span;
	return size <= ATC_SIZE_ALL && !cmd_bits(low, 8, 8) && !cmd_bits(low, 10, 10) &&
	       !cmd_bits(high, 11, 6);
}

static bool decode_config(uint64_t low, uint64_t high, struct iomt_inv *inv)
{
	unsigned op = low & 0xff;
	bool process = op == CFGI_CD || op == CFGI_CD_ALL;
	uint32_t range = op == CFGI_STE_RANGE ? (uint32_t)(2ULL << (high & 0x1f)) - 1 : 0;

	inv->kind = process ? IOMT_INV_PROCESS : IOMT_INV_DEVICE;
	inv->flags = IOMT_INV_BY_DEVICE;
	inv->device = (uint32_t)(low >> 32) & ~range;
	inv->device_last = inv->device | range;
	if (range)
		return !cmd_bits(low, 31, 8) && !cmd_bits(high, 63, 5);
	if (op != CFGI_CD_ALL && high & LEAF)
		inv->flags |= IOMT_INV_LEAVES;
	if (op == CFGI_CD) {
		inv->flags |= IOMT_INV_BY_PROCESS;
		inv->process = (uint32_t)cmd_bits(low, 31, 12);
	}
	return !cmd_bits(low, op == CFGI_CD ? 11 : 31, 8) &&
	       !(high & (op == CFGI_CD_ALL ? ~0ULL : ~LEAF));
}

static bool decode_sync(uint64_t low, uint64_t high, struct iomt_inv *inv)
{
	unsigned signal = (unsigned)cmd_bits(low, 13, 12);

	inv->kind = IOMT_INV_WAIT;
	if (signal == IOMT_SMMU_SIG_SEV)
		inv->flags = IOMT_INV_EVENT;
	else if (signal == IOMT_SMMU_SIG_IRQ)
		inv->flags = high ? IOMT_INV_STORE : IOMT_INV_INTERRUPT;
	if (inv->flags & IOMT_INV_STORE) {
		inv->address = high;
		inv->data = low >> 32;
	}
	return signal <= IOMT_SMMU_SIG_SEV && !cmd_bits(low, 11, 8) && !cmd_bits(low, 21, 14) &&
	       !cmd_bits(low, 31, 28) && !(high & ~MSI_ADDRESS);
}

static bool decode(uint64_t low, uint64_t high, uint32_t flags, struct iomt_inv *inv)
{
	switch (low & 0xff) {
	case CFGI_STE:
	case CFGI_STE_RANGE:
	case CFGI_CD:
	case CFGI_CD_ALL:
		return decode_config(low, high, inv);
	case NH_ALL:
	case NH_ASID:
	case NH_VA:
	case NH_VAA:
	case EL2_ALL:
	case EL2_ASID:
	case EL2_VA:
	case EL2_VAA:
	case S12_VMALL:
	case S2_IPA:
	case NSNH_ALL:
		return decode_tlbi(low, high, flags, inv);
	case ATC_INV:
		return decode_atc(low, high, inv);
	case SYNC:
		return decode_sync(low, high, inv);
	default:
		return false;
	}
}

int iomt_smmu_decode(const struct iomt_cmd *cmd, uint32_t flags, struct iomt_inv *inv)
{
	struct iomt_inv found = {.last = UINT64_MAX, .level = -1};

	if (flags & ~(IOMT_SMMU_RANGES | IOMT_SMMU_DS) ||
	    !decode(cmd->word[0], cmd->word[1], flags, &found))
		return IOMT_EINVAL;
	*inv = found;
	return 0;
}
