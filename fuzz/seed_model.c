/* SPDX-License-Identifier: MIT */
/* Seeds of model and trace. */
#include "seed.h"
#include "trace.h"
#include <stdlib.h>
#include <string.h>

/* Six bytes an event, as fuzz/model.c reads them. */
static void seed_lock_step(const char *what, uint8_t shape, unsigned pages)
{
	uint8_t bytes[2 + 6 * 64] = {0, shape};

	for (unsigned i = 0; i < 64; i++) {
		bytes[2 + 6 * i] = i % 16 == 15 ? 7 << 3 : (i % 8 == 7 ? 2 : 0);
		bytes[2 + 6 * i + 1] = (uint8_t)(i % pages);
		bytes[2 + 6 * i + 4] = 12 << 2;
	}
	seed_write("lru", what, bytes, sizeof(bytes));
}

void seed_model(void)
{
	seed_lock_step("direct", 0x03, 9);
	seed_lock_step("full", 0xf0, 17);
	seed_lock_step("sets", 0x31, 10);
	for (const struct iomt_model_preset *preset = iomt_model_presets(); preset->name;
	     preset++) {
		struct {
			struct iomt_model_cfg cfg;
			struct iomt_event events[16];
		} any;
		uint8_t bytes[1 + sizeof(any)] = {1};

		memset(&any, 0, sizeof(any));
		any.cfg = preset->cfg;
		any.cfg.devices = 2;
		any.cfg.prefetch = IOMT_PREFETCH_NEXT;
		any.cfg.prefetch_pages = 1;
		for (unsigned i = 0; i < 16; i++) {
			any.events[i].address = (uint64_t)i << 11;
			any.events[i].bytes = 0x1000;
			any.events[i].leaf_lg2 = 12;
			any.events[i].op = i % 4 == 3 ? IOMT_EVENT_INVALIDATE : IOMT_EVENT_ACCESS;
		}
		memcpy(bytes + 1, &any, sizeof(any));
		seed_write("any", preset->name, bytes, sizeof(bytes));
	}
}

/* One event of each operation. */
static void seed_events(const char *what, bool binary)
{
	char *bytes;
	size_t size;
	FILE *file = open_memstream(&bytes, &size);

	if (!file)
		return;
	trace_write_head(file, binary);
	for (uint8_t op = 0; op < 4; op++) {
		struct iomt_event event = {.time_ps = op,
					   .address = 0x1000,
					   .bytes = 64,
					   .pasid = op & 1 ? 5 : IOMT_NO_PASID,
					   .op = op,
					   .leaf_lg2 = 12,
					   .flags = op == 3 ? 0x1e : op == 0};

		trace_write(file, binary, &event);
	}
	fclose(file);
	seed_write("trace", what, bytes, size);
	free(bytes);
}

void seed_trace(void)
{
	static const char lines[] =
		"L x-1 [000] 1.5: map: IOMMU: iova=0x1000 - 0x3000 paddr=0x5000 size=8192\n"
		" x-1 [000] 1.6: dma_map_page: 0000:01:00.0 dir=TO_DEVICE dma_addr=1000 size=64 "
		"phys_addr=5000 attrs=\n"
		" x-1 [000] 1.7: dma_map_sg: 0000:01:00.0 dir=FROM_DEVICE "
		"dma_addrs={0x1000,0x2000} "
		"sizes={0x80,0x80} attrs=\n"
		" x-1 [000] 1.8: unmap: IOMMU: iova=0x1000 - 0x2000 size=4096 "
		"unmapped_size=4096\n";

	seed_events("text", false);
	seed_events("binary", true);
	seed_write("linux", "lines", lines, sizeof(lines) - 1);
}
