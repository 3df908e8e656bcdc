/* SPDX-License-Identifier: MIT */
/* Faults in their architecture's words. */
#ifndef IOMT_TOOL_WORDS_H
#define IOMT_TOOL_WORDS_H

#include "source.h"

/* Fields of a fault that ended a walk of tables that were named by format. */
void words_walk_fault(struct tool *tool, const struct source_table *table,
		      const struct iomt_walk_fault *fault);

/* The same from the device down. */
void words_device_fault(struct tool *tool, const struct iomt_device_fault *fault);

#endif
