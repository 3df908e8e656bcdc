/* SPDX-License-Identifier: MIT */
/* Readers of a flavour of liburcu. */
#include <iomt/rcu.h>
#include <urcu/flavor.h>

static void synchronize(void *ctx)
{
	const struct rcu_flavor_struct *flavor = ctx;

	flavor->update_synchronize_rcu();
}

struct iomt_reclaim_cfg iomt_rcu_cfg(const struct rcu_flavor_struct *flavor)
{
	return (struct iomt_reclaim_cfg){
		.size = sizeof(struct iomt_reclaim_cfg),
		.readers = synchronize,
		.ctx = (void *)(uintptr_t)flavor, /* which is read only */
	};
}
