/* SPDX-License-Identifier: MIT */
/* RISC-V second stage (G-stage): Sv39x4, Sv48x4, Sv57x4. The facts: riscv.h. */
#include "entry.h"
#include "riscv.h"

static const struct pt_format riscv_s2 = {RISCV_S2};

PT_FORMAT_ENTRY(riscv_s2, riscv_s2);
