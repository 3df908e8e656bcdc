/* SPDX-License-Identifier: MIT */
/*
 * What hardware makes of a device table: a reader written from the specifications, from the registers
 * on. It knows nothing of the library but the structs that say what was asked for.
 */
#ifndef TESTS_MODEL_DEVICE_READER_H
#define TESTS_MODEL_DEVICE_READER_H

#include "provider.h"
#include <iomt/device_table.h>

#define DEVICE_FIELDS 24u

enum device_state {
	DEVICE_BLOCKED, /* no entry: requests are aborted, with an event */
	DEVICE_VALID,
	DEVICE_OPEN,	/* AMD without V: addresses are passed on */
	DEVICE_ILLEGAL, /* reserved bits or encodings, pointers to no memory */
};

/* What an entry means: all fields that count, in some order; 0 where they do not. */
struct device_meaning {
	enum device_state state;
	uint64_t field[DEVICE_FIELDS];
};

/* A unit: its registers. */
struct device_unit {
	struct provider *provider;
	enum iomt_device_format format;
	bool shadow; /* reads what was cleaned */
	uint64_t base;
	uint32_t cfg;
};

/* Words of an entry. */
unsigned device_word_count(enum iomt_device_format format);

/* Where the entry of an id is as the unit finds it: 1, 0 when there is none, -1 when something cannot be. */
int device_locate(const struct device_unit *unit, uint32_t id, uint64_t *at);

/* The entry of an id as the unit finds it. */
void device_read(const struct device_unit *unit, uint32_t id, struct device_meaning *meaning);

/* What the words of an entry mean. */
void device_words(enum iomt_device_format format, const uint64_t *word,
		  struct device_meaning *meaning);

/* What they should mean, by what was asked for; blocked for NULL. */
void device_wanted(enum iomt_device_format format, const struct iomt_device_entry *entry,
		   struct device_meaning *meaning);

bool device_same(const struct device_meaning *a, const struct device_meaning *b);

#endif
