/* SPDX-License-Identifier: MIT */
/* Configurations of pools, judged field by field. */
#ifndef HOSTED_POOL_CFG_H
#define HOSTED_POOL_CFG_H

#include "node.h"
#include <iomt/hosted.h>

/* As iomt_pool_cfg_check, and opens the node where one is asked for. */
int hosted_pool_check(const struct iomt_pool_cfg *cfg, struct iomt_pool_cfg_error *error,
		      struct node **node);

/* The limit of a configuration, or the usual one. */
uint64_t hosted_pool_limit(const struct iomt_pool_cfg *cfg);

#endif
