/* SPDX-License-Identifier: MIT */
/* ELF cores of machines: segments by physical address, as QEMU, kdump and makedumpfile -E write them. */
#include "image.h"
#include <gelf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HEAD (4u << 20) /* bytes of the core in which its program headers are */

static const char beyond[] =
	"its program headers, or their count, are not within its first 4 MiB, or it is truncated";

static bool refuse(struct tool *tool, const struct image_file *file, const char *reason)
{
	tool_fail(tool, file->path, "%s", reason);
	return false;
}

/* A process's core has no physical addresses: all are zero. */
static bool is_of_process(Elf *elf, size_t count)
{
	size_t loads = 0;

	for (size_t i = 0; i < count; i++) {
		GElf_Phdr segment;

		if (!gelf_getphdr(elf, (int)i, &segment) || segment.p_type != PT_LOAD)
			continue;
		if (segment.p_paddr)
			return false;
		loads++;
	}
	return loads > 1;
}

/* What of a segment is in the file; the rest of it, to p_memsz, is zeros. */
static bool add_segment(struct tool *tool, struct image_file *file, size_t i,
			const GElf_Phdr *segment, struct pieces *zeros, bool truncated)
{
	uint64_t first = segment->p_paddr, stored = segment->p_filesz, size = segment->p_memsz;

	if (!stored && !size)
		return true;
	if (stored > size || size - 1 > UINT64_MAX - first) {
		tool_fail(tool, file->path,
			  "segment %zu cannot be: 0x%" PRIx64 " bytes in the file, 0x%" PRIx64
			  " in memory at 0x%" PRIx64,
			  i, stored, size, first);
		return false;
	}
	if (segment->p_offset > file->core_size || stored > file->core_size - segment->p_offset) {
		if (!truncated) {
			tool_fail(tool, file->path,
				  "it is truncated: segment %zu has 0x%" PRIx64
				  " bytes from byte 0x%" PRIx64
				  " on, and the core ends at 0x%" PRIx64
				  "; --truncated takes what is there",
				  i, stored, segment->p_offset, file->core_size);
			return false;
		}
		stored = segment->p_offset < file->core_size ? file->core_size - segment->p_offset
							     : 0;
		size = stored;
	}
	if ((!stored || pieces_add(&file->map, first, first + (stored - 1), segment->p_offset)) &&
	    (stored == size || pieces_add(zeros, first + stored, first + (size - 1), PIECE_ZEROS)))
		return true;
	tool_no_memory(tool);
	return false;
}

/* Where there are too many for the header, the first section has their count; it must be at hand. */
static bool count_segments(Elf *elf, const GElf_Ehdr *header, size_t head, size_t *count)
{
	size_t section = gelf_getclass(elf) == ELFCLASS64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);

	if (header->e_phnum == PN_XNUM && (!header->e_shoff || header->e_shoff > head - section))
		return false;
	return !header->e_phnum || (!elf_getphdrnum(elf, count) && *count);
}

static bool add_segments(struct tool *tool, struct image_file *file, Elf *elf, size_t count,
			 bool truncated)
{
	struct pieces zeros = {0};
	bool good = true;

	if (is_of_process(elf, count))
		return refuse(tool, file,
			      "its segments have no physical addresses: the core of a process, not "
			      "of a machine");
	for (size_t i = 0; good && i < count; i++) {
		GElf_Phdr segment;

		if (!gelf_getphdr(elf, (int)i, &segment))
			good = refuse(tool, file, beyond);
		else if (segment.p_type == PT_LOAD)
			good = add_segment(tool, file, i, &segment, &zeros, truncated);
	}
	/* bytes that a file has count more than zeros that another segment means */
	for (size_t i = 0; good && i < zeros.count; i++) {
		good = pieces_add(&file->map, zeros.list[i].first, zeros.list[i].last, PIECE_ZEROS);
		if (!good)
			tool_no_memory(tool);
	}
	pieces_free(&zeros);
	if (good && !file->map.count)
		return refuse(tool, file, "there is no memory in it");
	if (good && !pieces_settle(&file->map, false)) {
		tool_no_memory(tool);
		return false;
	}
	return good;
}

static bool map_head(struct tool *tool, struct image_file *file, char *head, size_t size,
		     bool truncated)
{
	GElf_Ehdr header;
	size_t count = 0;
	bool good;
	Elf *elf;

	if (!image_core_read(file, 0, head, size))
		return refuse(tool, file, "its beginning cannot be read");
	elf = elf_version(EV_CURRENT) == EV_NONE ? NULL : elf_memory(head, size);
	if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
		good = refuse(tool, file, "it begins like ELF, but has no header of it");
	else if (header.e_ident[EI_DATA] != ELFDATA2LSB)
		good = refuse(tool, file, "it is of a big-endian machine, which is not read here");
	else if (header.e_type != ET_CORE)
		good = refuse(tool, file, "it is ELF, but no core");
	else if (!count_segments(elf, &header, size, &count))
		good = refuse(tool, file, beyond);
	else
		good = add_segments(tool, file, elf, count, truncated);
	elf_end(elf);
	return good;
}

bool image_map_elf(struct tool *tool, struct image_file *file, bool truncated)
{
	size_t size = file->core_size < HEAD ? (size_t)file->core_size : HEAD;
	char *head = malloc(size);
	bool good;

	if (!head) {
		tool_no_memory(tool);
		return false;
	}
	good = map_head(tool, file, head, size, truncated);
	free(head);
	return good;
}
