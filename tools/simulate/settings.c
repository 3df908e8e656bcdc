/* SPDX-License-Identifier: MIT */
#include "settings.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Names that stand for numbers, in their order; NULL ends the list. */
static const char *const policies[] = {"lru", "plru", "fifo", "random", "srrip", NULL};
static const char *const indexes[] = {"page", "hash", NULL};
static const char *const prefetches[] = {"none", "next", "stride", NULL};
static const char *const kinds[] = {"nic", "nvme", "virtio", "gpu", NULL};
static const char *const mappings[] = {"permanent", "strict", "deferred", NULL};

struct setting {
	const char *name;
	size_t at, bytes;
	const char *const *words;
};

#define MEMBER(member) offsetof(struct settings, member), sizeof(((struct settings *)0)->member)
#define CACHE(name, member)                                                                   \
	{name ".sets", MEMBER(member.sets), NULL}, {name ".ways", MEMBER(member.ways), NULL}, \
		{name ".partitions", MEMBER(member.partitions), NULL},                        \
		{name ".policy", MEMBER(member.policy), policies},                            \
		{name ".index", MEMBER(member.index), indexes},                               \
		{name ".sizes", MEMBER(member.sizes), NULL},                                  \
	{                                                                                     \
		name ".latency_ps", MEMBER(member.latency_ps), NULL                           \
	}
#define PLAIN(member)                         \
	{                                     \
#member, MEMBER(member), NULL \
	}

static const struct setting list[] = {
	{"seed", MEMBER(model.seed), NULL},
	CACHE("device", model.device),
	CACHE("iotlb0", model.iotlb[0]),
	CACHE("iotlb1", model.iotlb[1]),
	CACHE("iotlb2", model.iotlb[2]),
	CACHE("walk0", model.walk[0]),
	CACHE("walk1", model.walk[1]),
	CACHE("walk2", model.walk[2]),
	CACHE("walk3", model.walk[3]),
	CACHE("walk4", model.walk[4]),
	{"units", MEMBER(model.units), NULL},
	{"devices", MEMBER(model.devices), NULL},
	{"walkers", MEMBER(model.walkers), NULL},
	{"window", MEMBER(model.window), NULL},
	{"granule_lg2", MEMBER(model.granule_lg2), NULL},
	{"levels", MEMBER(model.levels), NULL},
	{"nested", MEMBER(model.nested), NULL},
	{"prefetch", MEMBER(model.prefetch), prefetches},
	{"prefetch_pages", MEMBER(model.prefetch_pages), NULL},
	{"link_ps", MEMBER(model.link_ps), NULL},
	{"memory_ps", MEMBER(model.memory_ps), NULL},
	{"invalidate_ps", MEMBER(model.invalidate_ps), NULL},
	{"traffic.kind", MEMBER(traffic.kind), kinds},
	{"traffic.mapping", MEMBER(traffic.mapping), mappings},
	PLAIN(traffic.seed),
	PLAIN(traffic.items),
	PLAIN(traffic.gap_ps),
	PLAIN(traffic.stride),
	PLAIN(traffic.span),
	PLAIN(traffic.tenants),
	PLAIN(traffic.flows),
	PLAIN(traffic.ring),
	PLAIN(traffic.item_bytes),
	PLAIN(traffic.batch),
	PLAIN(traffic.burst),
	PLAIN(traffic.leaf_lg2),
	PLAIN(traffic.spread_lg2),
	PLAIN(traffic.flags),
};

void settings_init(struct settings *settings)
{
	settings->model = iomt_model_preset_find("small")->cfg;
	settings->traffic = (struct iomt_traffic_cfg){
		.size = sizeof(struct iomt_traffic_cfg),
		.items = 100000,
		.tenants = 1,
		.flows = 1,
		.ring = 256,
		.item_bytes = 1500,
		.leaf_lg2 = 12,
		.batch = 256,
	};
}

static bool word_value(const char *const *words, const char *text, uint64_t *value)
{
	for (*value = 0; words && words[*value]; ++*value) {
		if (!strcmp(words[*value], text))
			return true;
	}
	return false;
}

static bool number_value(const char *text, size_t bytes, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	return text[0] >= '0' && text[0] <= '9' && !*end && !errno &&
	       (bytes == 8 || *value >> (8 * bytes) == 0);
}

static void store(void *to, size_t bytes, uint64_t value)
{
	uint32_t value32 = (uint32_t)value;
	uint8_t value8 = (uint8_t)value;

	memcpy(to, bytes == 8 ? (void *)&value : bytes == 4 ? (void *)&value32 : &value8, bytes);
}

static uint64_t load(const void *from, size_t bytes)
{
	uint64_t value;
	uint32_t value32;

	if (bytes == 1)
		return *(const uint8_t *)from;
	if (bytes == 4) {
		memcpy(&value32, from, 4);
		return value32;
	}
	memcpy(&value, from, 8);
	return value;
}

bool settings_set(struct settings *settings, const char *assignment, char *reason, size_t room)
{
	size_t length = strcspn(assignment, "=");
	const char *text = assignment + length + 1;
	uint64_t value;

	if (!assignment[length]) {
		snprintf(reason, room, "%s: it is not name=value", assignment);
		return false;
	}
	for (size_t i = 0; i < COUNT(list); i++) {
		const struct setting *setting = &list[i];

		if (strlen(setting->name) != length ||
		    memcmp(setting->name, assignment, length) != 0)
			continue;
		if (setting->words ? word_value(setting->words, text, &value)
				   : number_value(text, setting->bytes, &value)) {
			store((char *)settings + setting->at, setting->bytes, value);
			return true;
		}
		snprintf(reason, room, "%s: it cannot be that", assignment);
		return false;
	}
	snprintf(reason, room, "%s: there is no such setting (iomt simulate settings)", assignment);
	return false;
}

size_t settings_count(void)
{
	return COUNT(list);
}

const char *settings_get(const struct settings *settings, size_t i, char *value, size_t room)
{
	uint64_t number = load((const char *)settings + list[i].at, list[i].bytes);

	if (list[i].words)
		snprintf(value, room, "%s", list[i].words[number]);
	else
		snprintf(value, room, number > 0xffff ? "0x%" PRIx64 : "%" PRIu64, number);
	return list[i].name;
}
