/* SPDX-License-Identifier: MIT */
/* Entries made of random numbers, and tables of every format, for the suites of PASID tables. */
#ifndef TESTS_PASID_TABLE_PLAY_H
#define TESTS_PASID_TABLE_PLAY_H

#include "pasid_reader.h"
#include "random.h"

/* Configurations, of which each test lacks but size and mem. */
extern const struct iomt_pasid_table_cfg table_kinds[];
extern const size_t table_kind_count;

/*
 * A correct entry out of random numbers. Few values, so that entries often agree in some of their
 * words, and some that differ in nothing but what hardware ignores.
 */
struct iomt_pasid_entry table_entry(struct random *random, enum iomt_pasid_format format);

#endif
