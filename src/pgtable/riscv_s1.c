/* SPDX-License-Identifier: MIT */
/* RISC-V first stage: Sv39, Sv48, Sv57. The facts: riscv_s1.h. */
#include "riscv_s1.h"
#include "entry.h"

PT_FORMAT_ENTRY(riscv_s1, riscv_s1);
