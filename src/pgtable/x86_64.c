/* SPDX-License-Identifier: MIT */
/* The engine for x86_64.h. */
#include "x86_64.h"
#include "entry.h"

PT_FORMAT_ENTRY(x86_64, x86_64);
