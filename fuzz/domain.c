/* SPDX-License-Identifier: MIT */
/*
 * Domains on units of every kind, call by call, with memory and ids that run out, while devices access
 * and hardware caches what it can: devices reach what the oracle of tests/model/domains.h says.
 */
#include "domain_input.h"
#include "domains.h"
#include "target.h"
#include "test.h"

#define MOST_STEPS 96u

static struct domains all;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct domain_header header = {0};
	size_t known = size < sizeof(header) ? size : sizeof(header);

	memcpy(&header, data, known);
	domains_open(&all, header.kind % domains_unit_kinds, data + known, size - known,
		     header.seed);
	for (unsigned i = 0; i < MOST_STEPS && all.input < all.end; i++)
		domains_step(&all);
	domains_close(&all);
	return 0;
}
