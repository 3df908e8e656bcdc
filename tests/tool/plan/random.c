/* SPDX-License-Identifier: MIT */
/*
 * Random machines behind one AMD unit, and what iomt plan says of them against the definitions: who may share an id
 * (docs/packing.md, "isolating"), the fewest ids by trying every division, nobody together who gains
 * nothing by it, one PASID for a domain, nothing lost.
 */
#include "random.h"
#include "../run.h"
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <string.h>

#define DEVICES	 6
#define DOMAINS	 6
#define PLACES	 (DEVICES * DOMAINS * 2)
#define RID	 0x100000u /* the key of requests without a PASID in a host table */
#define NO_PASID UINT32_MAX

struct device {
	unsigned bits; /* of PASIDs */
	unsigned tenant;
	bool trusted;
	/* what the plan gives it */
	bool planned;
	uint32_t id;
	uint32_t keys[PLACES];
	unsigned domains[PLACES];
	unsigned count;
};

struct domain {
	unsigned devices; /* bit i: device i */
	bool any;	  /* a PASID */
	bool host;	  /* never a PASID: a host table is the best */
	/* what the plan says */
	bool v1;
	uint32_t pasid;
	unsigned places; /* bit i: it is attached to device i */
	bool conflict;
};

static struct random rng;
static struct device devices[DEVICES];
static struct domain domains[DOMAINS];
static unsigned device_count, domain_count;

static bool chance(unsigned of)
{
	return !random_below(&rng, of);
}

/* Each device has one domain for its requests without a PASID, or none; any number for PASIDs. */
static void make_machine(void)
{
	memset(devices, 0, sizeof(devices));
	memset(domains, 0, sizeof(domains));
	device_count = 1 + (unsigned)random_below(&rng, DEVICES);
	domain_count = 1 + (unsigned)random_below(&rng, DOMAINS);
	for (unsigned i = 0; i < domain_count; i++) {
		domains[i].any = chance(2);
		domains[i].host = !domains[i].any && chance(2);
	}
	for (unsigned i = 0; i < device_count; i++) {
		unsigned own = (unsigned)random_below(&rng, domain_count);

		devices[i].bits = chance(3) ? 0 : 1 + (unsigned)random_below(&rng, 3);
		devices[i].tenant = chance(4) ? 1 + (unsigned)random_below(&rng, 2) : 0;
		devices[i].trusted = chance(2);
		if (!domains[own].any)
			domains[own].devices |= 1u << i;
		for (unsigned k = 0; k < domain_count && devices[i].bits; k++) {
			if (domains[k].any && chance(2))
				domains[k].devices |= 1u << i;
		}
	}
}

/* A domain without devices is left out. */
static size_t write_machine(char *text, size_t room)
{
	static const char *const tenants[] = {"", ", tenant: red", ", tenant: blue"};
	size_t used = (size_t)snprintf(text, room, "units: {u: {is: amd-gio}}\ndevices:\n");
	unsigned written = 0;

	for (unsigned i = 0; i < device_count; i++)
		used += (size_t)snprintf(
			text + used, room - used,
			"  d%u: {unit: u, rid: %u, pasid_bits: %u, trusted: %s%s}\n", i, i * 8,
			devices[i].bits, devices[i].trusted ? "true" : "false",
			tenants[devices[i].tenant]);
	used += (size_t)snprintf(text + used, room - used, "domains:\n");
	for (unsigned i = 0; i < domain_count; i++) {
		if (!domains[i].devices)
			continue;
		written++;
		used += (size_t)snprintf(text + used, room - used, "  m%u: {devices: [", i);
		for (unsigned k = 0; k < device_count; k++) {
			if (domains[i].devices >> k & 1)
				used += (size_t)snprintf(text + used, room - used, "d%u, ", k);
		}
		used += (size_t)snprintf(text + used, room - used, "]%s%s}\n",
					 domains[i].any ? ", pasid: any" : "",
					 domains[i].host ? ", needs: no-pasid" : "");
	}
	CHECK(used < room);
	return written ? used : 0;
}

static const char *text_of(const cJSON *row, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(row, key);

	return item ? item->valuestring : NULL;
}

static uint32_t number_of(const cJSON *row, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(row, key);

	return item ? (uint32_t)item->valuedouble : NO_PASID;
}

/* "d3", "m4": the index. */
static unsigned index_of(const char *name)
{
	CHECK(name && name[1] >= '0' && name[1] <= '9' && !name[2]);
	return (unsigned)(name[1] - '0');
}

static void read_place(const cJSON *row)
{
	unsigned domain = index_of(text_of(row, "domain"));
	struct device *device = &devices[index_of(text_of(row, "device"))];
	uint32_t pasid = number_of(row, "pasid");
	uint32_t key = pasid != NO_PASID ? pasid : domains[domain].v1 ? RID : 0;

	CHECK(domains[domain].devices >> (device - devices) & 1);
	CHECK_EQ(pasid, domains[domain].any ? domains[domain].pasid : NO_PASID);
	CHECK(pasid == NO_PASID || (pasid && pasid < 1u << device->bits));
	CHECK(!device->planned || device->id == number_of(row, "id"));
	device->planned = true;
	device->id = number_of(row, "id");
	for (unsigned i = 0; i < device->count; i++)
		CHECK(device->keys[i] != key);
	device->keys[device->count] = key;
	device->domains[device->count++] = domain;
	domains[domain].places |= 1u << (device - devices);
}

static void read_plan(const cJSON *plan)
{
	const cJSON *row;

	cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(plan, "domains"))
	{
		struct domain *domain = &domains[index_of(text_of(row, "domain"))];

		domain->v1 = !strcmp(text_of(row, "format"), "amdv1");
		domain->pasid = number_of(row, "pasid");
	}
	cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(plan, "places")) read_place(row);
	cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(plan, "findings"))
	{
		if (text_of(row, "domain") && !strcmp(text_of(row, "finding"), "conflict"))
			domains[index_of(text_of(row, "domain"))].conflict = true;
	}
}

/* By guest tables alone: requests without a PASID are PASID 0 then (48882, 2.2.2.1, GIOV). */
static bool is_guest(const struct device *device)
{
	return device->keys[0] != RID;
}

/* Whether hardware lets it send this key. */
static bool can_send(const struct device *device, uint32_t key)
{
	if (key == RID)
		return !is_guest(device);
	if (!key && is_guest(device))
		return true;
	return device->bits && key < 1u << device->bits;
}

static unsigned domain_at(const struct device *device, uint32_t key)
{
	for (unsigned i = 0; i < device->count; i++) {
		if (device->keys[i] == key)
			return device->domains[i];
	}
	return DOMAINS;
}

/* What one has at a key the other has too, or cannot send, or may hit. */
static bool is_isolated(const struct device *one, const struct device *other)
{
	for (unsigned i = 0; i < one->count; i++) {
		unsigned domain = domain_at(other, one->keys[i]);

		if (domain == one->domains[i])
			continue;
		if (domain != DOMAINS)
			return false;
		if (can_send(other, one->keys[i]) && !(one->trusted && other->trusted))
			return false;
	}
	return true;
}

/* A domain id is of one host table, or of none (48882, 2.2.2.1, DomainID). */
static bool may_share(const struct device *one, const struct device *other)
{
	return one->tenant == other->tenant && is_guest(one) == is_guest(other) &&
	       is_isolated(one, other) && is_isolated(other, one);
}

/* The fewest ids, by giving each device in turn every id that is there, and one more. */
static unsigned fewest(unsigned device, unsigned used, unsigned *ids)
{
	unsigned best = DEVICES + 1;

	for (; device < device_count && !devices[device].planned; device++)
		;
	if (device == device_count)
		return used;
	for (ids[device] = 0; ids[device] <= used; ids[device]++) {
		unsigned i = 0, got;

		while (i < device && (!devices[i].planned || ids[i] != ids[device] ||
				      may_share(&devices[i], &devices[device])))
			i++;
		if (i < device)
			continue;
		got = fewest(device + 1, used + (ids[device] == used), ids);
		best = got < best ? got : best;
	}
	return best;
}

static uint32_t counted(const cJSON *plan, const char *way, const char *what)
{
	const cJSON *row;

	cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(plan, "ids"))
	{
		if (!strcmp(text_of(row, "ids_by"), way))
			return number_of(row, what);
	}
	return 0;
}

/* (id, key) pairs: those of a device that no device before it has. */
static unsigned count_tags(void)
{
	unsigned tags = 0;

	for (unsigned i = 0; i < device_count; i++) {
		for (unsigned k = 0; k < devices[i].count; k++) {
			bool new = true;

			for (unsigned j = 0; j < i; j++)
				new = new &&
				      !(devices[j].planned && devices[j].id == devices[i].id &&
					domain_at(&devices[j], devices[i].keys[k]) != DOMAINS);
			tags += new;
		}
	}
	return tags;
}

static unsigned count_ids(void)
{
	unsigned ids = 0;

	for (unsigned i = 0; i < device_count; i++) {
		bool new = devices[i].planned;

		for (unsigned k = 0; k < i; k++)
			new = new && !(devices[k].planned && devices[k].id == devices[i].id);
		ids += new;
	}
	return ids;
}

/* Whether it shares its id with nobody, or something besides with one of them. */
static bool gains(const struct device *device)
{
	bool alone = true;

	for (const struct device *other = devices; other < devices + device_count; other++) {
		if (other == device || !other->planned || other->id != device->id)
			continue;
		alone = false;
		for (unsigned i = 0; i < device->count; i++) {
			if (domain_at(other, device->keys[i]) == device->domains[i])
				return true;
		}
	}
	return alone;
}

/* How many ids the plan has. */
static unsigned check_plan(const cJSON *plan)
{
	unsigned ids[DEVICES], count = fewest(0, 0, ids);

	for (unsigned i = 0; i < device_count; i++) {
		CHECK(!devices[i].planned || gains(&devices[i]));
		for (unsigned k = 0; k < i; k++)
			CHECK(!devices[i].planned || !devices[k].planned ||
			      devices[i].id != devices[k].id ||
			      may_share(&devices[i], &devices[k]));
	}
	for (unsigned i = 0; i < domain_count; i++)
		CHECK_MSG(domains[i].places == domains[i].devices || domains[i].conflict,
			  "seed %" PRIu64 ": domain %u is lost", rng.seed, i);
	CHECK_EQ(counted(plan, "plan", "ids"), count_ids());
	CHECK_EQ(counted(plan, "bound", "ids"), count);
	CHECK(counted(plan, "isolating", "ids") >= count);
	CHECK(counted(plan, "equivalent", "ids") >= count);
	CHECK_EQ(counted(plan, "plan", "tags"), count_tags());
	return count_ids();
}

static void machines(void)
{
	uint64_t plans = 0, conflicts = 0, shared = 0;
	char text[4096];

	random_init(&rng, 20261122);
	for (uint64_t n = random_times(1500); n; n--) {
		struct blob blob;
		struct ran ran;
		size_t size;
		cJSON *plan;
		unsigned planned = 0;

		make_machine();
		size = write_machine(text, sizeof(text));
		if (!size)
			continue;
		blob = blob_make(text, size);
		ran = run_line("plan --json %s", blob.path);
		CHECK_MSG(ran.code < 2, "%s%s", text, ran.err);
		plan = cJSON_Parse(ran.out);
		CHECK(plan);
		read_plan(plan);
		plans++;
		conflicts += ran.code == 1;
		for (unsigned i = 0; i < device_count; i++)
			planned += devices[i].planned;
		shared += check_plan(plan) < planned;
		cJSON_Delete(plan);
		run_end(&ran);
		blob_drop(&blob);
	}
	/* enough of each kind to mean something */
	CHECK_MSG(conflicts > plans / 20 && conflicts < plans && shared > plans / 10,
		  "%" PRIu64 " plans, %" PRIu64 " conflicts, %" PRIu64 " with shared ids", plans,
		  conflicts, shared);
}

TEST_SUITE(tool_plan_random, TEST(machines));
