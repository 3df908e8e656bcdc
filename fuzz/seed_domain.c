/* SPDX-License-Identifier: MIT */
/* Domains, as domain.c reads them. */
#include "domain_input.h"
#include "random.h"
#include "seed.h"
#include <stdio.h>
#include <string.h>

#define BYTES 768u
#define KINDS 9u /* of units */

/* Calls have no shape of their own: bytes drawn at random, for each kind of units. */
void seed_domain(void)
{
	for (unsigned w = 0; w < 4 * KINDS; w++) {
		const struct domain_header header = {.kind = (uint8_t)(w % KINDS),
						     .seed = (uint16_t)w};
		struct random random = {.state = 77 + w};
		uint8_t input[sizeof(header) + BYTES];
		char name[16];

		memcpy(input, &header, sizeof(header));
		for (unsigned i = sizeof(header); i < sizeof(input); i++)
			input[i] = (uint8_t)random_next(&random);
		snprintf(name, sizeof(name), "%u", w);
		seed_write("domain", name, input, sizeof(input));
	}
}
