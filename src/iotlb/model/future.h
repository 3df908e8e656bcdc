/* SPDX-License-Identifier: MIT */
#ifndef MODEL_FUTURE_H
#define MODEL_FUTURE_H

#include "key.h"

#define FUTURE_NEVER UINT64_MAX

bool iomt_future_recorded(const struct iomt_future *future);

/* One more lookup: when this page is wanted next, as far as that is known. IOMT_ENOMEM: no room. */
int iomt_future_note(struct iomt_future *future, const struct key *key, uint64_t *next);
void iomt_future_invalidate(struct iomt_future *future, const struct span *span);

#endif
