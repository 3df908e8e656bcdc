/* SPDX-License-Identifier: MIT */
/* The components that need other libraries. */
#include <iomt/jemalloc.h>
#include <iomt/rcu.h>
#include <urcu/urcu-memb.h>

int main(void)
{
	struct iomt_jemalloc_cfg cfg = {.size = sizeof(cfg)};
	struct iomt_jemalloc *jemalloc;
	int err = iomt_jemalloc_create(&jemalloc, &cfg);

	if (!err)
		iomt_jemalloc_destroy(jemalloc);
	return err || !iomt_rcu_cfg(&urcu_memb_flavor).readers || !iomt_strerror(err);
}
