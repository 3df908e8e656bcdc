/* SPDX-License-Identifier: MIT */
/* The engine for amdv1.h. */
#include "amdv1.h"
#include "entry.h"

PT_FORMAT_ENTRY(amdv1, amdv1);
