/* SPDX-License-Identifier: MIT */
/* Devices for the solver, as repack.c reads them. */
#include "repack_input.h"
#include "seed.h"
#include <stdio.h>

#define DEVICES 8u
#define PAIRS	2u

/* Rings in which each disagrees with the next, in each relation, with trust, ids and little room. */
void seed_repack(void)
{
	for (unsigned n = 0; n < 24; n++) {
		struct {
			struct repack_header header;
			struct {
				struct repack_record record;
				struct repack_pair pairs[PAIRS];
			} devices[DEVICES];
		} input = {.header = {.relation = (uint8_t)(n % 3),
				      .flags = (uint8_t)(n / 3 % 4),
				      .room = (uint8_t)(n / 12 ? 11 : 2),
				      .enough = (uint8_t)(n % 5),
				      .id_cost = (uint8_t)(n % 4),
				      .move_cost = (uint8_t)(n % 2),
				      .effort = 16}};
		char name[16];

		for (unsigned i = 0; i < DEVICES; i++) {
			unsigned next = (i + 1) % 5, giov = n % 4 == 3 && i % 2 ? REPACK_GIOV : 0;

			input.devices[i].record =
				(struct repack_record){.keys = PAIRS,
						       .sends = (uint8_t)(5 + i % 2),
						       .trust = (uint8_t)(n / 6 % 3 + giov),
						       .fixed = 1,
						       .present = (uint8_t)(i + n)};
			input.devices[i].pairs[0] =
				(struct repack_pair){(uint8_t)(i % 5), (uint8_t)(i % 3)};
			input.devices[i].pairs[1] = (struct repack_pair){
				(uint8_t)(n % 7 ? next : 255), (uint8_t)(i % 2)};
		}
		snprintf(name, sizeof(name), "%u", n);
		seed_write("repack", name, &input, sizeof(input));
	}
}
