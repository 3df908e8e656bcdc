/* SPDX-License-Identifier: MIT */
#include "image.h"
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK  4096u
#define BLOCKS 512u

/* One block of a file, from those that are remembered. NULL: file->error says why. */
static const unsigned char *block_of(struct image_file *file, uint64_t number)
{
	size_t place = number % BLOCKS;
	unsigned char *block = file->blocks + place * BLOCK;
	uint64_t at = number * BLOCK;
	size_t want = file->size - at < BLOCK ? (size_t)(file->size - at) : BLOCK, done = 0;

	if (file->tags[place] == number + 1)
		return block;
	file->tags[place] = 0;
	while (done < want) {
		ssize_t got = pread(file->fd, block + done, want - done, (off_t)(at + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			file->error = got ? errno : EIO;
			return NULL;
		}
		done += (size_t)got;
	}
	file->tags[place] = number + 1;
	return block;
}

static bool file_read(struct image_file *file, uint64_t at, unsigned char *bytes, size_t count)
{
	if (at > file->size || count > file->size - at)
		return false;
	while (count) {
		const unsigned char *block = block_of(file, at / BLOCK);
		size_t skip = at % BLOCK, part = BLOCK - skip < count ? BLOCK - skip : count;

		if (!block)
			return false;
		memcpy(bytes, block + skip, part);
		bytes += part;
		at += part;
		count -= part;
	}
	return true;
}

bool image_core_read(struct image_file *file, uint64_t offset, void *bytes, size_t count)
{
	unsigned char *to = bytes;

	if (offset > file->core_size || count > file->core_size - offset)
		return false;
	if (!file->flat.count)
		return file_read(file, offset, to, count);
	while (count) {
		const struct piece *piece = pieces_from(&file->flat, offset);
		bool hole = !piece || piece->first > offset; /* nothing was ever written there */
		uint64_t rest = !piece ? UINT64_MAX
				: hole ? piece->first - offset
				       : piece->last - offset + 1;
		size_t part = rest < count ? (size_t)rest : count;

		if (hole)
			memset(to, 0, part);
		else if (!file_read(file, piece->at + (offset - piece->first), to, part))
			return false;
		to += part;
		offset += part;
		count -= part;
	}
	return true;
}

/* Bytes of guest memory that lie in one file. */
static bool guest_read(struct image_file *file, uint64_t address, unsigned char *bytes,
		       size_t count)
{
	while (count) {
		const struct piece *piece = pieces_from(&file->map, address);
		size_t part = count;

		if (!piece || piece->first > address)
			return false;
		if (piece->last - address < count - 1)
			part = (size_t)(piece->last - address) + 1;
		if (piece->at == PIECE_ZEROS)
			memset(bytes, 0, part);
		else if (!image_core_read(file, piece->at + (address - piece->first), bytes, part))
			return false;
		bytes += part;
		address += part;
		count -= part;
	}
	return true;
}

void image_miss(struct image *image, uint64_t address)
{
	if (!image->missing++)
		image->first_missing = address;
}

static struct iomt_guest_word read64(void *ctx, uint64_t address)
{
	struct image *image = ctx;

	if (!(++image->reads & 0xffff))
		tool_progress(image->tool, "entries", image->reads, 0);
	for (unsigned i = 0; i < image->count; i++) {
		uint64_t word, value;

		if (!guest_read(&image->files[i], address, (unsigned char *)&word, sizeof(word)))
			continue;
		value = le64toh(word);
		if (image->words && image->words_count < image->words_room)
			image->words[image->words_count++] = (struct image_word){address, value};
		return (struct iomt_guest_word){value, 0};
	}
	image_miss(image, address);
	return (struct iomt_guest_word){0, IOMT_EIO};
}

static bool open_file(struct tool *tool, struct image_file *file, const char *path)
{
	struct stat status;
	off_t size;

	file->path = path;
	file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file->fd < 0 || fstat(file->fd, &status)) {
		tool_fail(tool, path, "%s", strerror(errno));
		return false;
	}
	if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)) {
		tool_fail(tool, path, "it is no file that can be read anywhere; store it in one");
		return false;
	}
	size = S_ISREG(status.st_mode) ? status.st_size : lseek(file->fd, 0, SEEK_END);
	if (size <= 0) {
		tool_fail(tool, path, "it is empty");
		return false;
	}
	file->size = file->core_size = (uint64_t)size;
	file->tags = calloc(BLOCKS, sizeof(*file->tags));
	file->blocks = malloc((size_t)BLOCKS * BLOCK);
	if (!file->tags || !file->blocks) {
		tool_no_memory(tool);
		return false;
	}
	return true;
}

/* What files begin with that are no memory as it was, and what to do about them. */
static const struct {
	const char *magic, *advice;
} strangers[] = {
	{"KDUMP   ", "a compressed kdump; take the dump as ELF (makedumpfile -E, dump-guest-memory "
		     "without -z, -l, -s)"},
	{"DISKDUMP", "a compressed diskdump; take the dump as ELF (makedumpfile -E)"},
	{"PAGEDU64", "a Windows crash dump; dump it as ELF"},
	{"PAGEDUMP", "a Windows crash dump; dump it as ELF"},
	{"QEVM", "a stream of QEMU's migration; use dump-guest-memory"},
	{"QFI\xfb", "a disk of QEMU's; its memory is to be had by dump-guest-memory"},
	{"\x1f\x8b", "compressed by gzip; unpack it first"},
	{"\xfd"
	 "7zXZ",
	 "compressed by xz; unpack it first"},
	{"\x28\xb5\x2f\xfd", "compressed by zstd; unpack it first"},
};

static bool begins(struct image_file *file, const char *magic)
{
	char head[16];
	size_t length = strlen(magic);

	return image_core_read(file, 0, head, length) && !memcmp(head, magic, length);
}

static bool no_stranger(struct tool *tool, struct image_file *file)
{
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		if (begins(file, strangers[i].magic)) {
			tool_fail(tool, file->path, "it is %s", strangers[i].advice);
			return false;
		}
	}
	return true;
}

static bool map_raw(struct tool *tool, struct image_file *file, uint64_t base)
{
	if (base > UINT64_MAX - (file->size - 1)) {
		tool_fail(tool, file->path, "from --base=0x%llx on it goes beyond 2^64",
			  (unsigned long long)base);
		return false;
	}
	if (pieces_add(&file->map, base, base + (file->size - 1), 0))
		return true;
	tool_no_memory(tool);
	return false;
}

static bool map_file(struct tool *tool, struct image_file *file, const struct image_file_cfg *cfg,
		     bool truncated)
{
	if (cfg->raw)
		return map_raw(tool, file, cfg->base);
	if (begins(file, "makedumpfile")) {
		if (!image_index_flat(tool, file, truncated) || !no_stranger(tool, file))
			return false;
		if (!begins(file, "\177ELF")) {
			tool_fail(tool, file->path, "it is flattened, but no ELF core is in it");
			return false;
		}
	}
	if (begins(file, "\177ELF"))
		return image_map_elf(tool, file, truncated);
	return no_stranger(tool, file) && map_raw(tool, file, 0);
}

bool image_open(struct tool *tool, struct image *image, const struct image_cfg *cfg)
{
	*image = (struct image){
		.tool = tool, .mem = {.size = sizeof(image->mem), .read64 = read64, .ctx = image}};
	for (unsigned i = 0; i < cfg->count; i++) {
		struct image_file *file = &image->files[image->count++];

		file->fd = -1;
		if (!open_file(tool, file, cfg->files[i].path) ||
		    !map_file(tool, file, &cfg->files[i], cfg->truncated))
			break;
	}
	return !image_failed(tool, image) && !tool->failed;
}

void image_close(struct image *image)
{
	for (unsigned i = 0; i < image->count; i++) {
		struct image_file *file = &image->files[i];

		if (file->fd >= 0)
			close(file->fd);
		free(file->tags);
		free(file->blocks);
		pieces_free(&file->flat);
		pieces_free(&file->map);
	}
	image->count = 0;
}

bool image_failed(struct tool *tool, const struct image *image)
{
	for (unsigned i = 0; i < image->count; i++) {
		const struct image_file *file = &image->files[i];

		if (file->error) {
			tool_fail(tool, file->path, "it cannot be read: %s", strerror(file->error));
			return true;
		}
	}
	return false;
}
