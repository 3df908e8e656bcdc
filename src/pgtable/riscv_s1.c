/* SPDX-License-Identifier: MIT */
/* RISC-V first stage: Sv39, Sv48, Sv57. The facts: riscv.h. */
#include "entry.h"
#include "riscv.h"

static const struct pt_format riscv_s1 = {RISCV_S1};

PT_FORMAT_ENTRY(riscv_s1, riscv_s1);
