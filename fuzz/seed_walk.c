/* SPDX-License-Identifier: MIT */
/*
 * Guest tables, as walk.c and inspect.c read them: each begins with the format, the levels, the output's
 * width. Tables of devices, as walk_device.c and walk_cached.c do: with the
 * architecture.
 */
#include "random.h"
#include "seed.h"
#include <stdio.h>

#define FORMATS 15u
#define BYTES	512u

/* Of each format, shallow and deep; the rest by lot, to be changed a byte at a time. */
void seed_walk(void)
{
	for (unsigned n = 0; n < 4 * FORMATS; n++) {
		unsigned char input[8 + BYTES];
		struct random random;
		char name[16];

		random.state = n;
		for (unsigned i = 0; i < sizeof(input); i++)
			input[i] = (unsigned char)random_next(&random);
		input[8] = (unsigned char)(n % FORMATS);
		input[9] = (unsigned char)(n / FORMATS);
		snprintf(name, sizeof(name), "%u", n);
		seed_write("walk", name, input, sizeof(input));
	}
}

static void seed_units(const char *target)
{
	for (unsigned n = 0; n < 24; n++) {
		unsigned char input[8 + BYTES];
		struct random random;
		char name[16];

		random.state = n;
		for (unsigned i = 0; i < sizeof(input); i++)
			input[i] = (unsigned char)random_next(&random);
		input[8] = (unsigned char)(n % 3);
		snprintf(name, sizeof(name), "%u", n);
		seed_write(target, name, input, sizeof(input));
	}
}

void seed_walk_device(void)
{
	seed_units("walk_device");
}

void seed_walk_cached(void)
{
	seed_units("walk_cached");
}
