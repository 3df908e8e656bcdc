/* SPDX-License-Identifier: MIT */
/* The software IOTLB: lookups, inserts and invalidations, in one thread and in all. */
#include "iotlb.h"
#include "team.h"
#include <stdlib.h>

#define LOOKS	4096u
#define FORGETS 256u
#define SPACES	1024u /* PASIDs or domains, where many are there */
#define UNIT	1u

/* iomt's, with a name for each space, and one for each thread. */

struct name {
	struct iomt_tlb_space space;
} __attribute__((aligned(128)));

struct own {
	struct iomt_tlb *tlb;
	struct name *names;
	struct name threads[TEAM_MOST];
};

static void close_own(void *cache)
{
	struct own *own = cache;

	free(own->tlb); /* is its memory */
	free(own->names);
	free(own);
}

static bool fill_own(struct own *own, unsigned entries, const struct page *pages, unsigned spaces)
{
	struct iomt_tlb_cfg cfg = {
		.size = sizeof(cfg), .entries = 4 * entries, .spaces = 4 * spaces};
	void *memory = NULL;

	own->names = aligned_alloc(128, spaces * sizeof(*own->names));
	if (!own->names || posix_memalign(&memory, IOMT_TLB_ALIGN, iomt_tlb_bytes(&cfg)) ||
	    iomt_tlb_init(&own->tlb, &cfg, memory))
		return false;
	for (unsigned i = 0; i < spaces; i++) {
		if (iomt_tlb_space_init(&own->names[i].space, own->tlb, UNIT, pages[i].domain,
					pages[i].pasid, 1))
			return false;
	}
	for (unsigned i = 0; i < TEAM_MOST; i++)
		own->threads[i] = own->names[0];
	return true;
}

static void *open_own(unsigned entries, const struct page *pages, unsigned spaces)
{
	struct own *own = aligned_alloc(128, sizeof(*own));

	if (!own)
		return NULL;
	*own = (struct own){0};
	if (fill_own(own, entries, pages, spaces))
		return own;
	close_own(own);
	return NULL;
}

static unsigned look(void *cache, unsigned thread, const struct page *pages, unsigned count)
{
	struct iomt_tlb_space *space = &((struct own *)cache)->threads[thread].space;
	struct iomt_tlb_entry entry = {0};
	unsigned wrong = 0;

	for (unsigned i = 0; i < count; i++) {
		wrong += iomt_tlb_lookup(space, pages[i].iova, &entry) != 0;
		wrong += entry.oa != pages[i].oa;
	}
	return wrong;
}

static void insert(void *cache, const struct page *pages, unsigned count)
{
	const struct own *own = cache;

	for (unsigned i = 0; i < count; i++) {
		struct iomt_tlb_space *space = &own->names[pages[i].space].space;
		struct iomt_tlb_entry entry = {.oa = pages[i].oa,
					       .prot = IOMT_READ | IOMT_WRITE,
					       .size_lg2 = pages[i].size_lg2};
		uint64_t token = iomt_tlb_begin(space);

		iomt_tlb_insert(space, token, pages[i].iova, &entry);
	}
}

static void forget_pages(void *cache, const struct page *pages, unsigned count)
{
	const struct own *own = cache;

	for (unsigned i = 0; i < count; i++)
		iomt_tlb_invalidate_range(&own->names[pages[i].space].space, pages[i].iova,
					  pages[i].iova + ((1ULL << pages[i].size_lg2) - 1));
}

static void forget_pasids(void *cache, const struct page *pages, unsigned count)
{
	const struct own *own = cache;

	for (unsigned i = 0; i < count; i++)
		iomt_tlb_invalidate_pasid(&own->names[pages[i].space].space);
}

static void forget_domains(void *cache, const struct page *pages, unsigned count)
{
	const struct own *own = cache;

	for (unsigned i = 0; i < count; i++)
		iomt_tlb_invalidate_domain(&own->names[pages[i].space].space);
}

static const struct iotlb iotlb_own = {
	{.name = "iomt"}, open_own,	close_own,     look,
	insert,		  forget_pages, forget_pasids, forget_domains,
};

static const struct iotlb *const iotlbs[] = {
	&iotlb_own,
#ifdef BENCH_GLIB
	&iotlb_vtd,
	&iotlb_smmu,
#endif
	&iotlb_list,
};

/* A cache that is measured, what is in it, and the pages that it is asked for. */
struct state {
	const struct iotlb *iotlb;
	void *cache;
	struct page *pages; /* resident */
	struct page *asked;
	unsigned count;
	struct page *lost; /* when those that are asked for, or their spaces, are forgotten */
	unsigned lost_count;
	struct team *team;
	unsigned wrong[TEAM_MOST];
};

static struct page page_numbered(unsigned i, unsigned sizes, unsigned spaces, bool domains)
{
	uint8_t size_lg2 = (uint8_t)(12 + 9 * (i % sizes));
	uint64_t offset = (uint64_t)i << size_lg2;
	unsigned space = i % spaces;

	return (struct page){
		.iova = (BENCH_BASE << 2 * (i % sizes)) + offset,
		.oa = (BENCH_OA << (i % sizes)) + offset,
		.domain = domains ? space + 1 : 1,
		.pasid = domains ? 1 : space + 1,
		.space = space,
		.size_lg2 = size_lg2,
	};
}

/* So many pages of so many sizes and spaces, cached; and room for what is asked. */
static struct state *prepare(struct round *round, unsigned resident, unsigned sizes,
			     unsigned spaces, bool domains, unsigned count)
{
	const struct iotlb *iotlb = (const struct iotlb *)round->target; /* its first member */
	struct state *state = calloc(1, sizeof(*state));

	round->data = state;
	round->ops = count;
	round->entries = 1;
	if (!state)
		return NULL;
	state->iotlb = iotlb;
	state->count = count;
	state->pages = calloc(resident, sizeof(*state->pages));
	state->asked = calloc(count, sizeof(*state->asked));
	if (!state->pages || !state->asked)
		return NULL;
	for (unsigned i = 0; i < resident; i++)
		state->pages[i] = page_numbered(i, sizes, spaces, domains);
	state->cache = iotlb->open(resident, state->pages, spaces);
	if (!state->cache)
		return NULL;
	iotlb->insert(state->cache, state->pages, resident);
	return state;
}

static void finish(struct round *round)
{
	struct state *state = round->data;

	if (state->team)
		team_stop(state->team);
	state->iotlb->close(state->cache);
	free(state->pages);
	free(state->asked);
	free(state->lost);
	free(state);
}

/* Lookups that hit: one after the other, or anywhere, with an offset into the page. */

static bool open_looks(struct round *round, unsigned resident, unsigned sizes, bool random)
{
	struct state *state = prepare(round, resident, sizes, 1, false, LOOKS);
	uint64_t seed = 1;

	for (unsigned i = 0; state && i < LOOKS; i++) {
		uint64_t n = random ? bench_random(&seed) : i, offset = 8 * (n % 512);

		state->asked[i] = state->pages[n % resident];
		state->asked[i].iova += offset;
		state->asked[i].oa += offset;
	}
	return state;
}

static bool open_ring(struct round *round)
{
	return open_looks(round, 256, 1, false);
}

static bool open_ring_of_sizes(struct round *round)
{
	return open_looks(round, 256, 3, false);
}

static bool open_random(struct round *round)
{
	return open_looks(round, round->bench->param, 1, true);
}

static void look_once(void *ctx, unsigned index)
{
	struct state *state = ctx;

	state->wrong[index] = state->iotlb->look(state->cache, index, state->asked, state->count);
}

static void look_all(struct round *round)
{
	look_once(round->data, 0);
}

static bool open_team(struct round *round)
{
	struct state *state = open_looks(round, 1024, 1, true) ? round->data : NULL;

	if (state)
		state->team = team_start(round->bench->param, look_once, state);
	return state && state->team;
}

static void look_together(struct round *round)
{
	struct state *state = round->data;

	round->disturbed = !team_work(state->team);
}

static void check_looks(struct round *round)
{
	const struct state *state = round->data;

	for (unsigned i = 0; i < TEAM_MOST; i++)
		bench_check(round, state->wrong[i] ? IOMT_ENOENT : 0, "lookup");
}

/* Inserts of pages that are not there, into a cache that is full. */

static bool open_inserts(struct round *round)
{
	struct state *state = prepare(round, 1024, 1, 1, false, LOOKS);

	for (unsigned i = 0; state && i < LOOKS; i++)
		state->asked[i] = page_numbered(1024 + i, 1, 1, false);
	return state;
}

static void insert_all(struct round *round)
{
	struct state *state = round->data;

	state->iotlb->insert(state->cache, state->asked, state->count);
}

/* The pages of the next round are others: only then are they not there. */
static void go_on(struct round *round)
{
	struct state *state = round->data;

	for (unsigned i = 0; i < state->count; i++) {
		state->asked[i].iova += (uint64_t)state->count << 12;
		state->asked[i].iova &= (1ULL << 47) - 1;
	}
}

/* Invalidations of what is there, while most of it stays. */

static bool open_forgets(struct round *round, unsigned spaces, bool domains)
{
	unsigned resident = round->bench->param;
	struct state *state = prepare(round, resident, 1, spaces, domains, FORGETS);
	uint32_t *order = bench_permutation(resident);
	bool gone[SPACES] = {false};

	if (state)
		state->lost = calloc(resident, sizeof(*state->lost));
	if (!state || !order || !state->lost)
		return false;
	for (unsigned i = 0; i < FORGETS; i++) {
		state->asked[i] = state->pages[order[i]];
		gone[state->asked[i].space] = spaces > 1;
		if (spaces == 1)
			state->lost[state->lost_count++] = state->asked[i];
	}
	for (unsigned i = 0; i < resident; i++) {
		if (gone[state->pages[i].space])
			state->lost[state->lost_count++] = state->pages[i];
	}
	free(order);
	return true;
}

static bool open_forget_pages(struct round *round)
{
	return open_forgets(round, 1, false);
}

static bool open_forget_pasids(struct round *round)
{
	return open_forgets(round, SPACES, false);
}

static bool open_forget_domains(struct round *round)
{
	return open_forgets(round, SPACES, true);
}

static void insert_again(struct round *round)
{
	struct state *state = round->data;

	state->iotlb->insert(state->cache, state->lost, state->lost_count);
}

static void forget_all_pages(struct round *round)
{
	struct state *state = round->data;

	state->iotlb->forget_pages(state->cache, state->asked, state->count);
}

static void forget_all_pasids(struct round *round)
{
	struct state *state = round->data;

	state->iotlb->forget_pasids(state->cache, state->asked, state->count);
}

static void forget_all_domains(struct round *round)
{
	struct state *state = round->data;

	state->iotlb->forget_domains(state->cache, state->asked, state->count);
}

static const struct kind column = {.name = "iotlb"};

static void add(const char *name, const struct workload *workload, unsigned param)
{
	for (size_t i = 0; i < sizeof(iotlbs) / sizeof(iotlbs[0]); i++) {
		/* a list so long takes seconds to fill */
		if (iotlbs[i] != &iotlb_list || param <= 4096)
			bench_add_target(&column, &iotlbs[i]->target, name, workload, param);
	}
}

static void add_team(unsigned count)
{
	static const struct workload together = {open_team, NULL, look_together, check_looks,
						 finish};
	char name[64];

	snprintf(name, sizeof(name), "lookup random 1024, %u thread%s", count,
		 count > 1 ? "s" : "");
	add(name, &together, count);
}

static void add_resident(const char *before, unsigned resident, const char *after,
			 const struct workload *workload)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%u%s", before, resident, after);
	add(name, workload, resident);
}

static bool usual(unsigned resident)
{
	return resident == 1024 || resident == 16384;
}

static void add_invalidations(bool full)
{
	static const struct workload pages = {open_forget_pages, insert_again, forget_all_pages,
					      NULL, finish};
	static const struct workload pasids = {open_forget_pasids, insert_again, forget_all_pasids,
					       NULL, finish};
	static const struct workload domains = {open_forget_domains, insert_again,
						forget_all_domains, NULL, finish};

	for (unsigned resident = FORGETS; resident <= 65536; resident *= 4) {
		if (full || usual(resident))
			add_resident("forget 1 page of ", resident, "", &pages);
	}
	for (unsigned resident = SPACES; resident <= 65536; resident *= 4) {
		if (!full && !usual(resident))
			continue;
		add_resident("forget PASID of ", resident, " entries", &pasids);
		add_resident("forget domain of ", resident, " entries", &domains);
	}
}

void bench_tlb(bool full)
{
	static const struct workload ring = {open_ring, NULL, look_all, check_looks, finish};
	static const struct workload sizes = {open_ring_of_sizes, NULL, look_all, check_looks,
					      finish};
	static const struct workload random = {open_random, NULL, look_all, check_looks, finish};
	static const struct workload inserts = {open_inserts, NULL, insert_all, go_on, finish};

	add("lookup ring 256", &ring, 0);
	add("lookup ring 256, 3 sizes", &sizes, 0);
	for (unsigned resident = 16; resident <= 65536; resident *= 4) {
		if (full || resident == 1024)
			add_resident("lookup random ", resident, "", &random);
	}
	add("insert", &inserts, 0);
	add_invalidations(full);
	team_sizes(add_team);
}
