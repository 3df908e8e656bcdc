/* SPDX-License-Identifier: MIT */
/*
 * The certificate: whether devices with one id may share it. Shares no code with the solver. One
 * table has the union of each id's maps, (id, key) -> leaf and how many devices have it.
 *
 * Who has a key can send it. So where fewer have it than can send it, somebody hits what he lacks, and
 * that is allowed only if all who can send it trust one another.
 */
#include <iomt/repack.h>

struct entry {
	uint32_t device; /* the first that has the key, plus 1; 0: empty */
	uint32_t key;
	uint32_t leaf;
	uint32_t count; /* devices of this id that have it */
};

/* The devices of one id: a run in the order of ids. */
struct class
{
	uint32_t first;
	uint32_t last;	  /* one beyond */
	uint32_t trusted; /* so many in front trust one another; they send the most */
	uint32_t plain;	  /* send requests without a PASID */
	uint32_t group;	  /* that all of these are in; 0: none, or not all in one */
};

struct check {
	enum iomt_repack_relation relation;
	const struct iomt_repack_device *devices;
	const uint32_t *ids;
	uint32_t count;
	uint32_t *order; /* devices by id, and those of one by what they send, the most first */
	uint32_t *spare;
	uint32_t *class_of; /* of each device */
	struct class *classes;
	struct entry *table;
	uint64_t mask;
};

static uint64_t table_size(const struct iomt_repack_device *devices, uint32_t count)
{
	uint64_t keys = 1, size = 1;

	for (uint32_t i = 0; i < count; i++)
		keys += devices[i].count;
	while (size < 2 * keys)
		size *= 2;
	return size;
}

static uint64_t lists_size(uint32_t count)
{
	return ((uint64_t)count * 3 * sizeof(uint32_t) + 7) / 8 * 8 +
	       ((uint64_t)count * sizeof(struct class) + 7) / 8 * 8;
}

size_t iomt_repack_check_bytes(const struct iomt_repack_device *devices, uint32_t count)
{
	uint64_t bytes;

	if (count > IOMT_REPACK_DEVICES)
		return 0;
	bytes = lists_size(count) + table_size(devices, count) * sizeof(struct entry);
	return bytes > SIZE_MAX ? 0 : (size_t)bytes;
}

static bool is_plain(const struct iomt_repack_device *device)
{
	return !(device->flags & IOMT_PACK_GIOV);
}

/* PASIDs below this are sent; those who send none may have PASID 0 for want of one. */
static uint32_t width(const struct iomt_repack_device *device)
{
	return !device->sends && !is_plain(device) ? 1 : device->sends;
}

static bool comes_before(const struct check *c, uint32_t a, uint32_t b)
{
	if (c->ids[a] != c->ids[b])
		return c->ids[a] < c->ids[b];
	return width(&c->devices[a]) != width(&c->devices[b])
		       ? width(&c->devices[a]) > width(&c->devices[b])
		       : a < b;
}

/* Merges ever longer runs. */
static void sort(struct check *c)
{
	for (uint32_t i = 0; i < c->count; i++)
		c->order[i] = i;
	for (uint64_t width = 1; width < c->count; width *= 2) {
		uint32_t *from = c->order;

		for (uint64_t low = 0; low < c->count; low += 2 * width) {
			uint64_t middle = low + width < c->count ? low + width : c->count;
			uint64_t high = low + 2 * width < c->count ? low + 2 * width : c->count;
			uint64_t a = low, b = middle;

			for (uint64_t to = low; to < high; to++) {
				bool second = a == middle ||
					      (b < high && comes_before(c, from[b], from[a]));

				c->spare[to] = second ? from[b++] : from[a++];
			}
		}
		c->order = c->spare;
		c->spare = from;
	}
}

static void find_classes(struct check *c)
{
	uint32_t classes = 0;

	for (uint32_t i = 0; i < c->count; i++) {
		const struct iomt_repack_device *device = &c->devices[c->order[i]], *head;
		struct class *class;

		if (!i || c->ids[c->order[i - 1]] != c->ids[c->order[i]])
			c->classes[classes++] = (struct class){.first = i};
		class = &c->classes[classes - 1];
		head = &c->devices[c->order[class->first]];
		if (device->trust && device->trust == head->trust &&
		    class->trusted == i - class->first)
			class->trusted++;
		if (is_plain(device)) {
			if (!class->plain++)
				class->group = device->trust;
			else if (class->group != device->trust)
				class->group = 0;
		}
		class->last = i + 1;
		c->class_of[c->order[i]] = classes - 1;
	}
}

/* Of this class, those who send the key. */
static uint32_t senders(const struct check *c, const struct class *class, uint32_t key)
{
	uint32_t low = class->first, high = class->last;

	if (c->relation == IOMT_REPACK_EQUIVALENT)
		return high - low;
	if (key == IOMT_PACK_RID)
		return class->plain;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (width(&c->devices[c->order[middle]]) > key)
			low = middle + 1;
		else
			high = middle;
	}
	return low - class->first;
}

static uint64_t place(uint32_t number, uint32_t key)
{
	uint64_t z = ((uint64_t)number << 32 | key) * 0xff51afd7ed558ccdULL;

	z = (z ^ z >> 33) * 0xc4ceb9fe1a85ec53ULL;
	return z ^ z >> 33;
}

static struct entry *find(const struct check *c, uint32_t class, uint32_t key)
{
	for (uint64_t at = place(class, key);; at++) {
		struct entry *entry = &c->table[at & c->mask];
		bool used = entry->device;

		if (!used || (c->class_of[entry->device - 1] == class && entry->key == key))
			return entry;
	}
}

static int fail(struct iomt_repack_fault *fault, uint32_t device, uint32_t index,
		const char *reason)
{
	if (fault)
		*fault = (struct iomt_repack_fault){reason, device, index};
	return IOMT_EPERM;
}

/* Every device joins the union of its id. */
static int unite(struct check *c, struct iomt_repack_fault *fault)
{
	for (uint32_t i = 0; i < c->count; i++) {
		const struct iomt_repack_device *device = &c->devices[i];
		const struct class *class = &c->classes[c->class_of[i]];

		if (device->fixed != c->devices[c->order[class->first]].fixed)
			return fail(fault, i, device->count, "another word than its id has");
		for (uint32_t k = 0; k < device->count; k++) {
			struct entry *entry = find(c, c->class_of[i], device->keys[k].key);

			if (!entry->device)
				*entry = (struct entry){i + 1, device->keys[k].key,
							device->keys[k].leaf, 0};
			if (entry->leaf != device->keys[k].leaf)
				return fail(fault, i, k, "another leaf than its id has there");
			entry->count++;
		}
	}
	return 0;
}

/* Nobody hits what he lacks. */
static int check_lacking(const struct check *c, struct iomt_repack_fault *fault)
{
	for (uint32_t i = 0; i < c->count; i++) {
		const struct iomt_repack_device *device = &c->devices[i];
		const struct class *class = &c->classes[c->class_of[i]];

		for (uint32_t k = 0; k < device->count; k++) {
			uint32_t key = device->keys[k].key, sent = senders(c, class, key);
			bool trusted = key == IOMT_PACK_RID ? class->group : sent <= class->trusted;

			trusted &= c->relation == IOMT_REPACK_ISOLATING;
			if (find(c, c->class_of[i], key)->count != sent && !trusted)
				return fail(fault, i, k, "others with its id lack this key");
		}
	}
	return 0;
}

int iomt_repack_check(enum iomt_repack_relation relation, const struct iomt_repack_device *devices,
		      uint32_t count, const uint32_t *ids, void *memory, size_t bytes,
		      struct iomt_repack_fault *fault)
{
	struct check check = {.relation = relation, .devices = devices, .ids = ids, .count = count};
	size_t need = iomt_repack_check_bytes(devices, count);
	int err;

	if (relation >= IOMT_REPACK_RELATIONS || !need || !memory || (uintptr_t)memory % 8)
		return IOMT_EINVAL;
	if (bytes < need)
		return IOMT_ENOMEM;
	check.order = memory;
	check.spare = check.order + count;
	check.class_of = check.spare + count;
	check.classes = (struct class *)((char *)memory + (count * 3ULL * 4 + 7) / 8 * 8);
	check.table = (struct entry *)((char *)memory + lists_size(count));
	check.mask = table_size(devices, count) - 1;
	__builtin_memset(check.table, 0, (check.mask + 1) * sizeof(*check.table));
	sort(&check);
	find_classes(&check);
	err = unite(&check, fault);
	return err || relation == IOMT_REPACK_COMPATIBLE ? err : check_lacking(&check, fault);
}
