/* SPDX-License-Identifier: MIT */
/* The engine for vtd_ss.h. */
#include "vtd_ss.h"
#include "entry.h"

PT_FORMAT_ENTRY(vtd_ss, vtd_ss);
