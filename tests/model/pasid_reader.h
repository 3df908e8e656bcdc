/* SPDX-License-Identifier: MIT */
/*
 * What hardware makes of a PASID table: a reader written from the specifications, from the entry of a
 * device on. It knows nothing of the library but the structs that say what was asked for.
 */
#ifndef TESTS_MODEL_PASID_READER_H
#define TESTS_MODEL_PASID_READER_H

#include "provider.h"
#include <iomt/pasid_table.h>

#define PASID_FIELDS 20u

enum pasid_state {
	PASID_ABSENT,
	PASID_VALID,
	PASID_ILLEGAL, /* reserved bits or encodings, pointers to no memory */
};

/* What an entry means: all fields that count, in some order; 0 where they do not. */
struct pasid_meaning {
	enum pasid_state state;
	uint64_t field[PASID_FIELDS];
};

/* A device's entry: words 0 and 1 of AMD's DTE, Arm's STE, VT-d's context entry. */
struct pasid_device {
	struct provider *provider;
	enum iomt_pasid_format format;
	bool shadow; /* reads what was cleaned */
	uint64_t word[2];
};

/* The entry of a PASID as the device finds it. */
void pasid_read(const struct pasid_device *device, uint32_t pasid, struct pasid_meaning *meaning);

/* What the words of an entry mean. */
void pasid_words(enum iomt_pasid_format format, const uint64_t *word,
		 struct pasid_meaning *meaning);

/* What they should mean, by what was asked for; absent for NULL. */
void pasid_wanted(enum iomt_pasid_format format, const struct iomt_pasid_entry *entry,
		  struct pasid_meaning *meaning);

bool pasid_same(const struct pasid_meaning *a, const struct pasid_meaning *b);

#endif
