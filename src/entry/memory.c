/* SPDX-License-Identifier: MIT */
/* Where tables of entries live. */
#include "entry.h"

bool iomt_entry_has_size(const void *data, size_t size, size_t known)
{
	const unsigned char *bytes = data;

	for (size_t i = known; i < size; i++) {
		if (bytes[i])
			return false;
	}
	return size >= known;
}

const char *iomt_entry_mem_wrong(const struct iomt_mem *mem)
{
	if (!mem)
		return "no memory provider";
	if (!iomt_entry_has_size(mem, mem->size, sizeof(*mem)))
		return "size is not that of struct iomt_mem";
	if (!mem->alloc || !mem->free)
		return "alloc and free are needed";
	if (!mem->to_phys != !mem->to_virt)
		return "to_phys and to_virt go together";
	return NULL;
}

u64 *iomt_entry_alloc(const struct iomt_mem *mem, size_t bytes, u64 last)
{
	u64 *memory = mem->alloc(mem->ctx, bytes);
	u64 phys;

	if (!memory)
		return NULL;
	phys = entry_phys(mem, memory);
	if (!(phys & (bytes - 1)) && phys <= last)
		return memory;
	mem->free(mem->ctx, memory, bytes);
	return NULL;
}

static void put(struct entry_chain *chain, u64 *memory)
{
	*(u64 **)memory = chain->head;
	chain->head = memory;
}

static u64 *take(struct entry_chain *chain)
{
	u64 *memory = chain->head;

	if (memory)
		chain->head = *(u64 **)memory;
	return memory;
}

u64 *iomt_entry_chain_take(struct entry_chain *chain, size_t bytes)
{
	u64 *memory = take(chain);

	if (memory)
		__builtin_memset(memory, 0, bytes);
	return memory;
}

int iomt_entry_chain_fill(struct entry_chain *chain, const struct iomt_mem *mem, size_t bytes,
			  u64 last, u64 count)
{
	u64 *memory;

	chain->head = NULL;
	while (count--) {
		memory = iomt_entry_alloc(mem, bytes, last);
		if (memory) {
			put(chain, memory);
			continue;
		}
		while ((memory = take(chain)))
			mem->free(mem->ctx, memory, bytes);
		return IOMT_ENOMEM;
	}
	return 0;
}
