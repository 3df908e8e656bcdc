/* SPDX-License-Identifier: MIT */
#ifndef MODEL_CURVE_H
#define MODEL_CURVE_H

#include "key.h"

void iomt_curve_note(struct iomt_curve *curve, const struct key *key);
void iomt_curve_invalidate(struct iomt_curve *curve, const struct span *span);

#endif
