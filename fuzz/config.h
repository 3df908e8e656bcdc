/* SPDX-License-Identifier: MIT */
/* What a configuration that was accepted must be good for. */
#ifndef FUZZ_CONFIG_H
#define FUZZ_CONFIG_H

#include "kinds.h"

void check_accepted(const struct iomt_pt_cfg *cfg, struct provider *provider);

#endif
