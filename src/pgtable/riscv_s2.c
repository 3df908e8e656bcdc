/* SPDX-License-Identifier: MIT */
/* RISC-V second stage (G-stage): Sv39x4, Sv48x4, Sv57x4. The facts: riscv_s2.h. */
#include "riscv_s2.h"
#include "entry.h"

PT_FORMAT_ENTRY(riscv_s2, riscv_s2);
