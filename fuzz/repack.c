/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as devices for the domain-id solver: the right error at the right key, or as few ids as
 * trying all partitions finds, with a certificate that holds; and a certificate for any other ids
 * exactly when they may be.
 */
#include "repack_input.h"
#include "repack_play.h"
#include "sharing.h"
#include "target.h"
#include "test.h"

#define MOST 8u
#define KEYS 8u
#define IDS  12u

struct input {
	struct iomt_repack_cfg cfg;
	struct iomt_repack_device devices[MOST];
	struct iomt_repack_key keys[MOST][KEYS];
	uint32_t present[MOST];
	uint32_t count;
};

static uint32_t key_of(uint8_t byte)
{
	if (byte >= 254)
		return byte == 255 ? IOMT_PACK_RID : IOMT_PACK_RID + 1;
	return byte % 6u;
}

/* In order, each once, none that cannot be sent. */
static void tidy(struct iomt_repack_device *device, struct iomt_repack_key *keys)
{
	uint32_t count = 0;

	device->sends = device->sends > IOMT_PACK_PASIDS ? 6 : device->sends;
	for (uint32_t i = 0; i < device->count; i++) {
		struct iomt_repack_key key = keys[i];
		uint32_t at = count;

		while (at && keys[at - 1].key > key.key)
			at--;
		if (!sharing_sends(device, key.key) || (at && keys[at - 1].key == key.key))
			continue;
		memmove(keys + at + 1, keys + at, (count - at) * sizeof(*keys));
		keys[at] = key;
		count++;
	}
	device->count = count;
}

static void read_device(struct input *input, const struct repack_record *record,
			const uint8_t **data, size_t *size, bool sorted)
{
	struct iomt_repack_device *device = &input->devices[input->count];
	struct iomt_repack_key *keys = input->keys[input->count];
	struct repack_pair pair;

	*device = (struct iomt_repack_device){
		.keys = keys,
		.sends = record->sends == 255 ? IOMT_PACK_PASIDS + 1 : record->sends % 8u,
		.flags = record->trust & REPACK_GIOV ? IOMT_PACK_GIOV : 0,
		.trust = record->trust % REPACK_GIOV % 3u,
		.fixed = record->fixed % 16u ? 0 : 1};
	for (; device->count < record->keys % (KEYS + 1) && *size >= sizeof(pair);
	     *data += sizeof(pair), *size -= sizeof(pair)) {
		memcpy(&pair, *data, sizeof(pair));
		keys[device->count++] = (struct iomt_repack_key){key_of(pair.key), pair.leaf % 3u};
	}
	if (sorted)
		tidy(device, keys);
	input->present[input->count++] =
		record->present % (IDS + 1) ? record->present % (IDS + 1) : IOMT_REPACK_NO_ID;
}

static void read_input(struct input *input, const uint8_t *data, size_t size)
{
	struct repack_header header = {0};
	struct repack_record record;
	size_t head = size < sizeof(header) ? size : sizeof(header);

	memcpy(&header, data, head);
	data += head;
	size -= head;
	input->count = 0;
	while (input->count < MOST && size >= sizeof(record)) {
		memcpy(&record, data, sizeof(record));
		data += sizeof(record);
		size -= sizeof(record);
		read_device(input, &record, &data, &size, header.flags & REPACK_TIDY);
	}
	input->cfg = (struct iomt_repack_cfg){
		.size = sizeof(input->cfg),
		.present = header.flags & REPACK_PRESENT ? input->present : NULL,
		.effort = 1ULL << header.effort % 20,
		.first = 1,
		.last = 1 + header.room % IDS,
		.enough = header.enough % (IDS + 2),
		.id_cost = header.id_cost % 8u,
		.tag_cost = header.tag_cost % 8u,
		.move_cost = header.move_cost % 8u,
		.relation = header.relation % 4};
}

/* What is wrong with a device at its first fault. */
static int fault_of(const struct iomt_repack_device *device, uint32_t *index)
{
	*index = 0;
	if (device->sends > IOMT_PACK_PASIDS)
		return IOMT_ERANGE;
	for (uint32_t i = 0; i < device->count; i++) {
		*index = i;
		if (i && device->keys[i].key <= device->keys[i - 1].key)
			return IOMT_EINVAL;
		if (!sharing_sends(device, device->keys[i].key))
			return IOMT_ERANGE;
	}
	return 0;
}

static int fault_in(const struct input *input, struct iomt_repack_fault *fault)
{
	int err = 0;

	*fault = (struct iomt_repack_fault){NULL, input->count, 0};
	if (input->cfg.relation >= IOMT_REPACK_RELATIONS)
		return IOMT_EINVAL;
	for (uint32_t i = 0; !err && i < input->count; i++) {
		fault->device = i;
		err = fault_of(&input->devices[i], &fault->index);
		if (!err && input->cfg.present && input->present[i] != IOMT_REPACK_NO_ID &&
		    input->present[i] > input->cfg.last) {
			fault->index = input->devices[i].count;
			err = IOMT_ERANGE;
		}
	}
	return err;
}

static void check_refusal(const struct input *input, int wanted,
			  const struct iomt_repack_fault *where)
{
	static uint64_t memory[1024];
	struct iomt_repack_fault fault = {.reason = NULL};
	struct iomt_repack_result result;
	uint32_t ids[MOST] = {0};

	CHECK_INT(iomt_repack_solve(&input->cfg, input->devices, input->count, memory,
				    sizeof(memory), ids, NULL, &result, &fault),
		  wanted);
	CHECK(fault.reason && fault.device == where->device && fault.index == where->index);
	for (uint32_t i = 0; i < MOST; i++)
		CHECK_EQ(ids[i], 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct input input;
	struct iomt_repack_fault where;
	struct iomt_repack_result result;
	uint32_t ids[MOST], fewest;
	enum iomt_repack_relation relation;
	int wrong, err;

	read_input(&input, data, size);
	wrong = fault_in(&input, &where);
	if (wrong) {
		check_refusal(&input, wrong, &where);
		return 0;
	}
	relation = (enum iomt_repack_relation)input.cfg.relation;
	fewest = sharing_fewest(relation, input.devices, input.count);
	err = play_solve(&input.cfg, input.devices, input.count, ids, &result);
	CHECK_INT(err, fewest > input.cfg.last ? IOMT_ENOSPC : 0);
	CHECK_EQ(result.fewest, fewest);
	CHECK(result.exact);
	for (uint32_t i = 0; i < input.count; i++)
		ids[i] = input.present[i] % 4;
	CHECK_INT(play_check(relation, input.devices, input.count, ids),
		  sharing_holds(relation, input.devices, input.count, ids) ? 0 : IOMT_EPERM);
	return 0;
}
