/* SPDX-License-Identifier: MIT */
/*
 * Ready memory providers for programs with an operating system. Not part of the freestanding core.
 */
#ifndef IOMT_HOSTED_H
#define IOMT_HOSTED_H

#include <iomt/mem.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A provider on the C library's aligned allocation, with physical addresses equal to virtual ones
 * and coherent walks: for tests, emulators and benchmarks. Safe from any thread; has no state.
 */
extern const struct iomt_mem iomt_mem_heap;

#ifdef __cplusplus
}
#endif
#endif
