/* SPDX-License-Identifier: MIT */
/* Entries made of random numbers, and tables of every format, for the suites of device tables. */
#ifndef TESTS_DOMAIN_DEVICE_PLAY_H
#define TESTS_DOMAIN_DEVICE_PLAY_H

#include "device_reader.h"
#include "random.h"

/* Configurations, of which each test lacks but size and mem. */
extern const struct iomt_device_table_cfg device_kinds[];
extern const size_t device_kind_count;
extern const size_t device_small_kind_count; /* the first ones: roots of 8 KiB or less */

/*
 * A correct entry out of random numbers. Few values, so that entries often agree in some of their
 * words, and some that differ in nothing but what hardware ignores.
 */
struct iomt_device_entry device_entry(struct random *random, enum iomt_device_format format);

/* The same with some bits turned over: what a call accepts of these must be right. */
struct iomt_device_entry device_wild_entry(struct random *random, enum iomt_device_format format);

/* What an entry does, in few numbers: blocked, identity, by a table, by PASIDs, nested. */
#define DEVICE_DOES 5u
unsigned device_does(enum iomt_device_format format, const struct iomt_device_entry *entry);

/* How many of these the format's entries can do. */
unsigned device_does_count(enum iomt_device_format format);

/* A unit whose registers hold what the table says. */
struct device_unit device_unit_of(struct provider *provider, const struct iomt_device_table *table);

#endif
