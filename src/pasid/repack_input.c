/* SPDX-License-Identifier: MIT */
/* The snapshot: checked, brought into an order of its own, and devices that are equal found. */
#include "repack_parts.h"

static int wrong(struct iomt_repack_fault *fault, int err, uint32_t device, uint32_t index,
		 const char *reason)
{
	if (fault)
		*fault = (struct iomt_repack_fault){reason, device, index};
	return err;
}

bool iomt_repack_cfg_ok(const struct iomt_repack_cfg *cfg)
{
	const unsigned char *bytes = (const unsigned char *)cfg;

	if (!cfg || cfg->size < sizeof(*cfg))
		return false;
	for (size_t i = sizeof(*cfg); i < cfg->size; i++) {
		if (bytes[i]) /* a newer caller wants what is not known here */
			return false;
	}
	return cfg->relation < IOMT_REPACK_RELATIONS && cfg->first <= cfg->last &&
	       cfg->last != IOMT_REPACK_NO_ID;
}

static bool can_send(const struct iomt_repack_device *device, uint32_t key)
{
	return key == IOMT_PACK_RID ? !repack_giov(device) : key < repack_sends(device);
}

static int check_keys(const struct iomt_repack_device *device, uint32_t number,
		      struct iomt_repack_fault *fault)
{
	const struct iomt_repack_key *keys = device->keys;

	if (device->count && !keys)
		return wrong(fault, IOMT_EINVAL, number, 0, "no keys, but a count of them");
	if (device->sends > IOMT_PACK_PASIDS)
		return wrong(fault, IOMT_ERANGE, number, 0, "sends more PASIDs than there are");
	if (device->flags & ~(IOMT_PACK_GIOV | IOMT_PACK_ATS))
		return wrong(fault, IOMT_EINVAL, number, 0, "unknown flags");
	for (uint32_t i = 0; i < device->count; i++) {
		if (i && keys[i].key == keys[i - 1].key)
			return wrong(fault, IOMT_EINVAL, number, i, "a key twice");
		if (i && keys[i].key < keys[i - 1].key)
			return wrong(fault, IOMT_EINVAL, number, i, "keys out of order");
		if (!can_send(device, keys[i].key))
			return wrong(fault, IOMT_ERANGE, number, i,
				     "a key that the device cannot send");
	}
	return 0;
}

int iomt_repack_validate(const struct iomt_repack_cfg *cfg,
			 const struct iomt_repack_device *devices, uint32_t count,
			 struct iomt_repack_fault *fault)
{
	int err = 0;

	if (!iomt_repack_cfg_ok(cfg))
		return wrong(fault, IOMT_EINVAL, count, 0, "the configuration");
	if (count > IOMT_REPACK_DEVICES)
		return wrong(fault, IOMT_EINVAL, count, 0, "too many devices");
	for (uint32_t i = 0; !err && i < count; i++) {
		err = check_keys(&devices[i], i, fault);
		if (!err && cfg->present && cfg->present[i] != IOMT_REPACK_NO_ID &&
		    (cfg->present[i] < cfg->first || cfg->present[i] > cfg->last))
			err = wrong(fault, IOMT_ERANGE, i, devices[i].count,
				    "a present id that is not of this range");
	}
	return err;
}

static uint64_t hash_of(const struct iomt_repack_device *device)
{
	uint64_t hash = device->fixed;

	for (uint32_t i = 0; i < device->count; i++)
		hash = repack_mix(hash + 0x9e3779b97f4a7c15ULL +
				  ((uint64_t)device->keys[i].key << 32 | device->keys[i].leaf));
	return hash;
}

static int compare_words(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/*
 * By what matters for sharing, words that never share first. Hashes spare most comparisons of keys,
 * and decide nothing.
 */
static int compare(const struct repack *r, uint32_t a, uint32_t b)
{
	const struct iomt_repack_device *x = &r->devices[a], *y = &r->devices[b];
	int order = compare_words(x->fixed, y->fixed);

	if (!order && r->cfg->relation == IOMT_REPACK_ISOLATING) {
		order = compare_words(x->trust, y->trust);
		order = order ? order : compare_words(repack_giov(x), repack_giov(y));
		order = order ? order : compare_words(repack_sends(x), repack_sends(y));
	}
	order = order ? order : compare_words(x->count, y->count);
	order = order ? order : compare_words(r->hash[a], r->hash[b]);
	for (uint32_t i = 0; !order && i < x->count; i++) {
		order = compare_words(x->keys[i].key, y->keys[i].key);
		order = order ? order : compare_words(x->keys[i].leaf, y->keys[i].leaf);
	}
	return order;
}

static bool comes_before(const void *ctx, uint32_t a, uint32_t b)
{
	int order = compare(ctx, a, b);

	return order ? order < 0 : a < b;
}

void iomt_repack_collapse(struct repack *r)
{
	for (uint32_t i = 0; i < r->count; i++) {
		r->hash[i] = hash_of(&r->devices[i]);
		r->order[i] = i;
	}
	iomt_repack_sort(r->order, r->count, comes_before, r);
	r->contents = 0;
	for (uint32_t i = 0; i < r->count; i++) {
		if (!i || compare(r, r->order[i - 1], r->order[i])) {
			r->first[r->contents] = i;
			r->device[r->contents++] = r->order[i];
		}
		r->content[r->order[i]] = r->contents - 1;
	}
	r->first[r->contents] = r->count;
}
