/* SPDX-License-Identifier: MIT */
#include "pool_cfg.h"
#include "chunk.h"

#define LIMIT ((uint64_t)1 << (sizeof(size_t) < 8 ? 30 : 35))

static int wrong(struct iomt_pool_cfg_error *error, int code, const char *field, const char *reason)
{
	if (error)
		*error = (struct iomt_pool_cfg_error){field, reason};
	return code;
}

static bool tail_is_zero(const struct iomt_pool_cfg *cfg)
{
	const unsigned char *bytes = (const unsigned char *)cfg;

	for (size_t i = sizeof(*cfg); i < cfg->size; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

static int check_flags(const struct iomt_pool_cfg *cfg, struct iomt_pool_cfg_error *error)
{
	const uint32_t both = IOMT_POOL_RESERVED | IOMT_POOL_SMALL;

	if (cfg->flags & ~(both | IOMT_POOL_NODE | IOMT_POOL_PHYS))
		return wrong(error, IOMT_EINVAL, "flags", "unknown flag");
	if ((cfg->flags & both) == both)
		return wrong(error, IOMT_EINVAL, "flags", "reserved huge pages are not small");
	if (cfg->node && !(cfg->flags & IOMT_POOL_NODE))
		return wrong(error, IOMT_EINVAL, "node", "given without IOMT_POOL_NODE");
	if (cfg->phys_base && !(cfg->flags & IOMT_POOL_PHYS))
		return wrong(error, IOMT_EINVAL, "phys_base", "given without IOMT_POOL_PHYS");
	return 0;
}

uint64_t hosted_pool_limit(const struct iomt_pool_cfg *cfg)
{
	return cfg->limit ? cfg->limit : LIMIT;
}

static int check_sizes(const struct iomt_pool_cfg *cfg, struct iomt_pool_cfg_error *error)
{
	uint64_t limit = hosted_pool_limit(cfg);

	if (limit % CHUNK_BYTES)
		return wrong(error, IOMT_EINVAL, "limit", "not a multiple of IOMT_POOL_CHUNK");
	if (limit > SIZE_MAX - CHUNK_BYTES || limit >> CHUNK_LG2 > UINT32_MAX)
		return wrong(error, IOMT_EINVAL, "limit", "more than any address space");
	if (cfg->phys_base % CHUNK_BYTES)
		return wrong(error, IOMT_EINVAL, "phys_base", "not a multiple of IOMT_POOL_CHUNK");
	if (cfg->phys_base + (limit - 1) < cfg->phys_base)
		return wrong(error, IOMT_EINVAL, "phys_base", "the range that begins there wraps");
	return 0;
}

int hosted_pool_check(const struct iomt_pool_cfg *cfg, struct iomt_pool_cfg_error *error,
		      struct node **node)
{
	int err;

	if (!cfg || cfg->size < sizeof(*cfg) || !tail_is_zero(cfg))
		return wrong(error, IOMT_EINVAL, "size", "not that of struct iomt_pool_cfg");
	err = check_flags(cfg, error);
	if (!err)
		err = check_sizes(cfg, error);
	if (err || !(cfg->flags & IOMT_POOL_NODE))
		return err;
	err = hosted_node_open(node, cfg->node);
	if (err == IOMT_EINVAL)
		return wrong(error, err, "node", "the machine has no such node");
	if (err)
		return wrong(error, err, "flags", "memory cannot be bound to nodes here");
	return 0;
}

int iomt_pool_cfg_check(const struct iomt_pool_cfg *cfg, struct iomt_pool_cfg_error *error)
{
	struct node *node = NULL;
	int err = hosted_pool_check(cfg, error, &node);

	hosted_node_close(node);
	return err;
}
