/* SPDX-License-Identifier: MIT */
/* Seeds: seed TARGET DIRECTORY writes inputs that each do one thing that is worth knowing. */
#include "seed.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *directory;

void seed_write(const char *kind, const char *what, const void *data, size_t size)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s-%s", directory, kind, what);
	file = fopen(path, "wb");
	if (!file || fwrite(data, 1, size, file) != size) {
		perror(path);
		exit(1);
	}
	fclose(file);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *target;
		void (*write)(void);
	} seeds[] = {
		{"ops", seed_ops},
		{"exhaustion", seed_exhaustion},
		{"threads", seed_threads},
		{"config", seed_config},
		{"translate", seed_translate},
		{"planner", seed_planner},
		{"flush", seed_flush},
		{"model", seed_model},
		{"trace", seed_trace},
		{"tlb", seed_tlb},
		{"tlb_threads", seed_tlb},
		{"ids", seed_ids},
		{"pasid_table", seed_pasid_table},
		{"device_table", seed_device_table},
		{"pasid", seed_pasid},
		{"ids_history", seed_ids_history},
		{"repack", seed_repack},
		{"walk", seed_walk},
		{"walk_threads", seed_walk},
		{"inspect", seed_walk},
		{"walk_device", seed_walk_device},
		{"walk_cached", seed_walk_cached},
		{"pack", seed_pack},
		{"domain", seed_domain},
		{"tool", seed_tool},
	};

	for (size_t i = 0; argc == 3 && i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		if (strcmp(argv[1], seeds[i].target) != 0)
			continue;
		directory = argv[2];
		seeds[i].write();
		return 0;
	}
	fprintf(stderr, "usage: %s TARGET DIRECTORY, where TARGET is one of", argv[0]);
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
		fprintf(stderr, " %s", seeds[i].target);
	fprintf(stderr, "\n");
	return 2;
}
