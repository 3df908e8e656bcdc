/* SPDX-License-Identifier: MIT */
#include "guest_reader.h"

static uint64_t field(uint64_t value, unsigned high, unsigned low)
{
	return value << (63 - high) >> (63 - high) >> low;
}

static bool bit(uint64_t value, unsigned n)
{
	return value >> n & 1;
}

/* Reads an entry; false ends the walk. */
static bool fetch(const struct reader *reader, uint64_t address, unsigned level, uint64_t *entry,
		  struct reader_answer *answer)
{
	answer->level = level;
	if (!reader->read(reader->ctx, address, entry)) {
		answer->kind = IOMT_WALK_FAULT_TABLE;
		return false;
	}
	answer->steps[answer->count].address = address;
	answer->steps[answer->count].entry = *entry;
	answer->steps[answer->count++].after = *entry;
	return true;
}

static void fault(struct reader_answer *answer, unsigned kind)
{
	answer->kind = kind;
}

/* What was asked for against what is allowed; then the bits that hardware sets. */
static bool allowed(const struct reader *reader, uint32_t access, bool has_user_fault,
		    struct reader_answer *answer)
{
	uint32_t asked = access & 7;

	answer->rights &= ~reader->deny;
	/* PCIe 10.2.3: what may be executed may be read */
	if ((access & IOMT_WALK_ATS) && !(answer->rights & IOMT_READ))
		answer->rights &= ~IOMT_EXEC;
	if ((access & IOMT_WALK_ATS) || !(asked & ~answer->rights))
		return true;
	fault(answer, has_user_fault && answer->privileged && !(access & IOMT_PRIV)
			      ? IOMT_WALK_FAULT_USER
			      : IOMT_WALK_FAULT_PERMISSION);
	return false;
}

static bool marks(const struct reader *reader, uint32_t access, const struct reader_answer *answer)
{
	return (reader->flags & IOMT_WALK_ACCESSED) && !(access & IOMT_WALK_LOOK) &&
	       (access & 7 & answer->rights);
}

static bool writes(const struct reader *reader, uint32_t access, const struct reader_answer *answer)
{
	return marks(reader, access, answer) && (reader->flags & IOMT_WALK_DIRTY) &&
	       (access & IOMT_WRITE & answer->rights);
}

static uint64_t join(uint64_t page, uint64_t iova, unsigned size_lg2)
{
	return (page >> size_lg2 << size_lg2) | field(iova, size_lg2 - 1, 0);
}

/* AMD 48882, 2.2.3, with levels as there: 1 is the last. */
static void read_amdv1(const struct reader *r, uint64_t iova, uint32_t access,
		       struct reader_answer *a)
{
	unsigned level = r->levels, next, size = 0;
	uint64_t table = r->root >> 12 << 12, entry;

	a->level = level - 1;
	a->rights = IOMT_READ | IOMT_WRITE;
	if (r->iova_bits < 64 && iova >> r->iova_bits) {
		fault(a, IOMT_WALK_FAULT_INPUT);
		return;
	}
	for (;;) {
		unsigned low = 3 + 9 * level, high = low + 8 < 63 ? low + 8 : 63;

		if (!fetch(r, table + 8 * field(iova, high, low), level - 1, &entry, a))
			return;
		if (!bit(entry, 0)) {
			fault(a, IOMT_WALK_FAULT_ABSENT);
			return;
		}
		if (!bit(entry, 61))
			a->rights &= ~IOMT_READ;
		if (!bit(entry, 62))
			a->rights &= ~IOMT_WRITE;
		next = (unsigned)field(entry, 11, 9);
		if (next == 0 || next == 7)
			break;
		if (field(entry, 60, 52) || (r->oa_bits < 52 && field(entry, 51, r->oa_bits))) {
			fault(a, IOMT_WALK_FAULT_RESERVED);
			return;
		}
		if (next >= level) {
			fault(a, IOMT_WALK_FAULT_LEVEL);
			return;
		}
		for (unsigned skipped = next + 1; skipped < level; skipped++) {
			if (field(iova, 3 + 9 * skipped + 8, 3 + 9 * skipped)) {
				fault(a, IOMT_WALK_FAULT_SKIPPED);
				return;
			}
		}
		table = field(entry, 51, 12) << 12;
		level = next;
	}
	size = 3 + 9 * level;
	if (next == 7) {
		for (size = 12; size < 63 && bit(entry, size); size++)
			;
		size++;
		if (size <= 3 + 9 * level || size >= 12 + 9 * level)
			size = 63; /* that no level has */
	}
	if (field(entry, 58, 52) || (r->oa_bits < 52 && field(entry, 51, r->oa_bits))) {
		fault(a, IOMT_WALK_FAULT_RESERVED);
		return;
	}
	if (!bit(r->page_sizes, size)) {
		fault(a, IOMT_WALK_FAULT_LEVEL);
		return;
	}
	a->size_lg2 = size;
	a->oa = join(field(entry, 51, 12) << 12, iova, size);
	a->rights &= ~r->deny;
	a->rights |= a->rights & IOMT_READ ? IOMT_EXEC : 0;
	if (!allowed(r, access, false, a) || !marks(r, access, a))
		return;
	for (unsigned i = 0; i < a->count; i++)
		a->steps[i].after |= 1 << 5;
	if (writes(r, access, a))
		a->steps[a->count - 1].after |= 1 << 6;
}

/* Intel SDM 3A, 4.5 and 4.6; AMD APM 2, 5.3 for bit 8. */
static void read_x86_64(const struct reader *r, uint64_t iova, uint32_t access,
			struct reader_answer *a)
{
	bool writable = true, user = true, executable = true;
	uint64_t table = r->root >> 12 << 12, entry, upper;
	unsigned shift = 12 + 9 * (r->levels - 1), level = r->levels;

	a->level = level - 1;
	upper = iova >> r->iova_bits;
	if ((r->flags & IOMT_WALK_SIGNED) && bit(iova, r->iova_bits - 1))
		upper ^= ~0ULL >> r->iova_bits;
	if (upper) {
		fault(a, IOMT_WALK_FAULT_INPUT);
		return;
	}
	iova = field(iova, r->iova_bits - 1, 0);
	for (;; level--, shift -= 9) {
		bool large, bad;

		if (!fetch(r, table + 8 * field(iova, shift + 8, shift), level - 1, &entry, a))
			return;
		if (!bit(entry, 0)) {
			fault(a, IOMT_WALK_FAULT_ABSENT);
			return;
		}
		large = level > 1 && bit(entry, 7);
		bad = r->oa_bits < 52 && field(entry, 51, r->oa_bits);
		bad |= bit(entry, 63) && !(r->flags & IOMT_WALK_NX);
		bad |= level > 3 && bit(entry, 8) && (r->flags & IOMT_WALK_TOP_GLOBAL_RESERVED);
		bad |= large && (level > 3 || !bit(r->page_sizes, shift));
		bad |= large && level <= 3 && field(entry, shift - 1, 13);
		if (bad) {
			fault(a, IOMT_WALK_FAULT_RESERVED);
			return;
		}
		writable &= bit(entry, 1);
		user &= bit(entry, 2);
		executable &= !bit(entry, 63);
		if (level == 1 || large)
			break;
		table = field(entry, 51, 12) << 12;
	}
	a->size_lg2 = shift;
	a->oa = join(field(entry, 51, 12) << 12, iova, shift);
	a->privileged = !user;
	if (access & IOMT_PRIV) {
		if (!(user && (r->flags & IOMT_WALK_PAN))) {
			a->rights = IOMT_READ;
			if (writable || !(r->flags & IOMT_WALK_WP))
				a->rights |= IOMT_WRITE;
		}
		if (executable && !(user && (r->flags & IOMT_WALK_SMEP)))
			a->rights |= IOMT_EXEC;
	} else if (user) {
		a->rights = IOMT_READ | (writable ? IOMT_WRITE : 0) | (executable ? IOMT_EXEC : 0);
	}
	if (!allowed(r, access, true, a) || !marks(r, access, a))
		return;
	for (unsigned i = 0; i < a->count; i++) {
		a->steps[i].after |= 1 << 5;
		if (r->flags & IOMT_WALK_EXTENDED_ACCESSED)
			a->steps[i].after |= 1 << 10;
	}
	if (writes(r, access, a))
		a->steps[a->count - 1].after |= 1 << 6;
}

/* Intel D51397, 9.9. */
static void read_vtd_ss(const struct reader *r, uint64_t iova, uint32_t access,
			struct reader_answer *a)
{
	uint64_t table = r->root >> 12 << 12, entry;
	unsigned shift = 12 + 9 * (r->levels - 1), level = r->levels;

	a->level = level - 1;
	a->rights = IOMT_READ | IOMT_WRITE;
	if (iova >> r->iova_bits) {
		fault(a, IOMT_WALK_FAULT_INPUT);
		return;
	}
	for (;; level--, shift -= 9) {
		bool large, last, bad;

		if (!fetch(r, table + 8 * field(iova, shift + 8, shift), level - 1, &entry, a))
			return;
		if (!field(entry, 1, 0)) {
			fault(a, IOMT_WALK_FAULT_ABSENT);
			return;
		}
		large = level > 1 && bit(entry, 7);
		last = level == 1 || (large && level <= 3);
		bad = r->oa_bits < 52 && field(entry, 51, r->oa_bits);
		bad |= bit(entry, 62) && !(r->flags & IOMT_WALK_TRANSIENT);
		bad |= bit(entry, 11) && !(last && (r->flags & IOMT_WALK_SNOOP));
		bad |= large && (level > 3 || !bit(r->page_sizes, shift));
		bad |= large && level <= 3 && field(entry, shift - 1, 12);
		if (bad) {
			fault(a, IOMT_WALK_FAULT_RESERVED);
			return;
		}
		if (!bit(entry, 0))
			a->rights &= ~IOMT_READ;
		if (!bit(entry, 1))
			a->rights &= ~IOMT_WRITE;
		if (last)
			break;
		table = field(entry, 51, 12) << 12;
	}
	a->size_lg2 = shift;
	a->oa = join(field(entry, 51, 12) << 12, iova, shift);
	a->rights &= ~r->deny;
	a->rights |= a->rights & IOMT_READ ? IOMT_EXEC : 0;
	if (!allowed(r, access, false, a) || !marks(r, access, a))
		return;
	for (unsigned i = 0; i < a->count; i++)
		a->steps[i].after |= 1 << 8;
	if (writes(r, access, a))
		a->steps[a->count - 1].after |= 1 << 9;
}

/* DDI 0487, D8.3.1: an entry's address. Without LPA or LPA2 there are 48 bits. */
static uint64_t arm_address(const struct reader *r, uint64_t entry)
{
	if (r->lpa2)
		return field(entry, 49, r->granule_lg2) << r->granule_lg2 | field(entry, 9, 8)
										    << 50;
	if (r->granule_lg2 == 16 && r->oa_bits == 52)
		return field(entry, 47, 16) << 16 | field(entry, 15, 12) << 48;
	return field(entry, 47, r->granule_lg2) << r->granule_lg2;
}

/* D8.7.1: how many bytes the contiguous bit joins, as a power of two; 0 where it means nothing. */
static unsigned arm_run(const struct reader *r, unsigned level)
{
	static const unsigned runs[3][3] = {{16, 25, 34}, {21, 30, 0}, {21, 34, 0}};
	unsigned lg2 = level < 3 ? runs[(r->granule_lg2 - 12) / 2][level] : 0;

	return lg2 && bit(r->page_sizes, lg2) && lg2 <= r->iova_bits ? lg2 : 0;
}

/* D8.4.1: stage 1 of a regime with two privileges. */
static void arm_s1_rights(const struct reader *r, uint64_t leaf, uint64_t tables, uint32_t access,
			  struct reader_answer *a)
{
	bool ro, user, xn;

	if (r->flags & IOMT_WALK_FLAT_PERMISSIONS)
		tables = 0;
	ro = bit(leaf, 7) && !(bit(leaf, 51) && (r->flags & IOMT_WALK_DIRTY));
	ro |= bit(tables, 62);
	user = bit(leaf, 6) && !bit(tables, 61);
	a->privileged = !user;
	if (access & IOMT_PRIV) {
		xn = bit(leaf, 53) || bit(tables, 59) || (user && !ro);
		xn |= !ro && (r->flags & IOMT_WALK_WXN);
		if (!(user && (r->flags & IOMT_WALK_PAN)))
			a->rights = IOMT_READ | (ro ? 0 : IOMT_WRITE);
	} else {
		xn = bit(leaf, 54) || bit(tables, 60);
		xn |= user && !ro && (r->flags & IOMT_WALK_WXN);
		if (user)
			a->rights = IOMT_READ | (ro ? 0 : IOMT_WRITE);
	}
	if (!xn)
		a->rights |= IOMT_EXEC;
}

/* D8.4.2 */
static void arm_s2_rights(const struct reader *r, uint64_t leaf, uint32_t access,
			  struct reader_answer *a)
{
	unsigned xn = (unsigned)field(leaf, 54, 53);
	bool executable = xn < 2;

	if (r->flags & IOMT_WALK_XNX)
		executable = access & IOMT_PRIV ? xn == 0 || xn == 3 : xn == 0 || xn == 1;
	a->rights |= bit(leaf, 6) ? IOMT_READ : 0;
	if (bit(leaf, 7) || (bit(leaf, 51) && (r->flags & IOMT_WALK_DIRTY)))
		a->rights |= IOMT_WRITE;
	a->rights |= executable ? IOMT_EXEC : 0;
}

static void arm_leaf(const struct reader *r, uint64_t iova, uint64_t entry, uint64_t tables,
		     unsigned shift, uint32_t access, struct reader_answer *a)
{
	uint64_t page = arm_address(r, entry) >> shift << shift;
	unsigned run = bit(entry, 52) ? arm_run(r, a->level) : 0;
	uint64_t *after = &a->steps[a->count - 1].after;

	if (!bit(entry, 10) && !(r->flags & (IOMT_WALK_ACCESSED | IOMT_WALK_NO_ACCESS_FAULT))) {
		fault(a, IOMT_WALK_FAULT_ACCESSED);
		return;
	}
	a->size_lg2 = shift;
	if (run && field(page, run - 1, shift) == field(iova, run - 1, shift))
		a->size_lg2 = run;
	a->oa = join(page, iova, shift);
	if (r->format == READER_ARM_S1)
		arm_s1_rights(r, entry, tables, access, a);
	else
		arm_s2_rights(r, entry, access, a);
	if (!allowed(r, access, false, a) || !marks(r, access, a))
		return;
	*after |= 1 << 10;
	if (writes(r, access, a) && bit(entry, 51)) {
		if (r->format == READER_ARM_S1)
			*after &= ~(1ULL << 7);
		else
			*after |= 1 << 7;
	}
}

/* D8.2.3, D8.2.8: the range of the input, and a top table that may be several. */
static void read_arm(const struct reader *r, uint64_t iova, uint32_t access,
		     struct reader_answer *a)
{
	unsigned stride = r->granule_lg2 - 3, level = r->levels;
	unsigned shift = r->granule_lg2 + stride * (level - 1), top = r->iova_bits - shift + 3;
	uint64_t table, entry, tables = 0, upper;

	if (top < 6)
		top = 6;
	table = field(r->root, 51, 0) >> top << top;
	a->level = level - 1;
	if (r->flags & IOMT_WALK_TOP_BYTE)
		iova = bit(iova, 55) ? iova | 0xffULL << 56 : iova << 8 >> 8;
	upper = iova >> r->iova_bits;
	if (r->flags & IOMT_WALK_UPPER)
		upper ^= ~0ULL >> r->iova_bits;
	if (upper) {
		fault(a, IOMT_WALK_FAULT_INPUT);
		return;
	}
	/* where an address has room for 48 bits, the register has no more either */
	if (!r->lpa2 && !(r->granule_lg2 == 16 && r->oa_bits == 52))
		table = field(table, 47, 0);
	if (table >> r->oa_bits) {
		fault(a, IOMT_WALK_FAULT_OUTPUT);
		return;
	}
	for (;; level--, shift -= stride) {
		unsigned high = level == r->levels ? r->iova_bits - 1 : shift + stride - 1;

		if (!fetch(r, table + 8 * field(iova, high, shift), level - 1, &entry, a))
			return;
		if (!bit(entry, 0) || (level == 1 && !bit(entry, 1)) ||
		    (level > 1 && !bit(entry, 1) && !bit(r->page_sizes, shift))) {
			fault(a, IOMT_WALK_FAULT_ABSENT);
			return;
		}
		if (arm_address(r, entry) >> r->oa_bits) {
			fault(a, IOMT_WALK_FAULT_OUTPUT);
			return;
		}
		if (level == 1 || !bit(entry, 1))
			break;
		tables |= entry;
		table = arm_address(r, entry);
	}
	arm_leaf(r, iova, entry, tables, shift, access, a);
}

/* "Virtual Address Translation Process", steps 3 to 7: is the entry one, and a leaf or a table? */
static bool riscv_entry(const struct reader *r, uint64_t entry, unsigned i, struct reader_answer *a)
{
	bool read = bit(entry, 1), write = bit(entry, 2), execute = bit(entry, 3);
	unsigned pbmt = (unsigned)field(entry, 62, 61), size = 12 + 9 * i;
	bool bad = field(entry, r->flags & IOMT_WALK_SOFTWARE ? 58 : 60, 54) || (write && !read);

	if (!bit(entry, 0)) {
		fault(a, IOMT_WALK_FAULT_ABSENT);
		return false;
	}
	if (!read && !execute) {
		/* U, A, D, PBMT and N are for leaves */
		bad |= i == 0 || bit(entry, 4) || field(entry, 7, 6) || pbmt || bit(entry, 63);
	} else {
		bad |= pbmt == 3 || (pbmt && !(r->flags & IOMT_WALK_PBMT));
		if (bit(entry, 63)) {
			bad |= i != 0 || field(entry, 13, 10) != 8;
			size = 16;
		} else if (i) {
			bad |= field(entry, 9 + 9 * i, 10) != 0;
		}
		bad |= !bit(r->page_sizes, size);
		a->size_lg2 = size;
	}
	if (bad)
		fault(a, IOMT_WALK_FAULT_RESERVED);
	else if (field(entry, 53, 10) << 12 >> r->oa_bits)
		fault(a, IOMT_WALK_FAULT_OUTPUT);
	return !a->kind;
}

static void riscv_leaf(const struct reader *r, uint64_t iova, uint64_t entry, uint32_t access,
		       struct reader_answer *a)
{
	bool user = bit(entry, 4), denied;
	uint64_t *after = &a->steps[a->count - 1].after;

	if (!bit(entry, 6) && !(r->flags & IOMT_WALK_ACCESSED)) {
		fault(a, IOMT_WALK_FAULT_ACCESSED);
		return;
	}
	a->oa = join(field(entry, 53, 10) << 12, iova, a->size_lg2);
	a->rights = bit(entry, 1) ? IOMT_READ : 0;
	if (bit(entry, 2) && (bit(entry, 7) || (r->flags & IOMT_WALK_DIRTY)))
		a->rights |= IOMT_WRITE;
	a->rights |= bit(entry, 3) ? IOMT_EXEC : 0;
	denied = !user; /* every access to the second stage is a user's */
	if (r->format == READER_RISCV_S1) {
		a->privileged = !user;
		if (access & IOMT_PRIV) {
			denied = user && (r->flags & IOMT_WALK_PAN);
			if (user)
				a->rights &= ~IOMT_EXEC;
		}
	}
	if (denied)
		a->rights = 0;
	if (!allowed(r, access, true, a) || !marks(r, access, a))
		return;
	*after |= 1 << 6;
	if (writes(r, access, a))
		*after |= 1 << 7;
}

/* Privileged Architecture, "Sv39" to "Sv57", "Guest Physical Address Translation". */
static void read_riscv(const struct reader *r, uint64_t iova, uint32_t access,
		       struct reader_answer *a)
{
	bool first = r->format == READER_RISCV_S1;
	unsigned i = r->levels - 1, width = 12 + 9 * r->levels + (first ? 0 : 2), high = width - 1;
	uint64_t entry, upper = iova >> width;
	uint64_t table = field(r->root, 55, first ? 12 : 14) << (first ? 12 : 14);

	a->level = i;
	if (upper != (first && bit(iova, high) ? ~0ULL >> width : 0)) {
		fault(a, IOMT_WALK_FAULT_INPUT);
		return;
	}
	if (table >> r->oa_bits) {
		fault(a, IOMT_WALK_FAULT_OUTPUT);
		return;
	}
	for (;; i--, high = 20 + 9 * i) {
		if (!fetch(r, table + 8 * field(iova, high, 12 + 9 * i), i, &entry, a) ||
		    !riscv_entry(r, entry, i, a))
			return;
		if (field(entry, 3, 1))
			break;
		table = field(entry, 53, 10) << 12;
	}
	riscv_leaf(r, iova, entry, access, a);
}

void reader_walk(const struct reader *reader, uint64_t iova, uint32_t access,
		 struct reader_answer *answer)
{
	*answer = (struct reader_answer){0};
	switch (reader->format) {
	case READER_AMDV1:
		read_amdv1(reader, iova, access, answer);
		break;
	case READER_X86_64:
		read_x86_64(reader, iova, access, answer);
		break;
	case READER_VTD_SS:
		read_vtd_ss(reader, iova, access, answer);
		break;
	case READER_RISCV_S1:
	case READER_RISCV_S2:
		read_riscv(reader, iova, access, answer);
		break;
	default:
		read_arm(reader, iova, access, answer);
		break;
	}
}
