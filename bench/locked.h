/* SPDX-License-Identifier: MIT */
/* iomt behind one mutex for each table: what a driver does whose page tables promise no threads. */
#ifndef BENCH_LOCKED_H
#define BENCH_LOCKED_H

#include "bench.h"

extern const struct target locked_target;

#endif
