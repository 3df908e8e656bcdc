/* SPDX-License-Identifier: MIT */
/* A top that grows twice, by calls that need one level more or two. */
#include "orders.h"

#define ONE_MORE (8u * GRANULE)
#define TWO_MORE (64u * GRANULE)

static const uint64_t *places; /* what each thread maps; 0 looks at what the others do */

static void look_up(unsigned k)
{
	for (unsigned i = 0; i < count; i++) {
		struct iomt_pt_leaf leaf;
		int err;

		if (i == k)
			continue;
		err = iomt_pt_translate(&world.pt, places[i], &leaf);
		world_judge(places[i], err ? 0 : meaning(leaf.oa, leaf.prot, false));
	}
}

/* When a call has returned the driver knows of its top, and one-page calls may go there. */
static void map_or_look(unsigned k)
{
	uint64_t iova = places[k], oa;

	if (!iova) {
		look_up(k);
		return;
	}
	EXPECT(!op_map(k, iova, 1, OA));
	EXPECT((__atomic_load_n(&world.root, __ATOMIC_RELAXED) & 7) >= (iova < TWO_MORE ? 1 : 2));
	EXPECT(__atomic_load_n(&world.pt.reach, __ATOMIC_RELAXED) >= iova);
	EXPECT(!iomt_pt_oa(&world.pt, iova, &oa) && oa == OA);
}

void tops(void)
{
	static const uint64_t all[][EXPLORE_THREADS] = {
		{ONE_MORE, TWO_MORE},
		{ONE_MORE, TWO_MORE, 0},
	};

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		places = all[i];
		begin_own("maps above the top", GROWS_TWICE, i ? 3 : 2);
		for (unsigned k = 0; k < count; k++) {
			if (places[k])
				expect_map(places[k], 1, OA, READ);
		}
		try_program(map_or_look, world_end);
	}
	tell_own("tops that grow twice");
}
