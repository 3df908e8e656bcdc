/* SPDX-License-Identifier: MIT */
#include "run.h"
#include <sys/mman.h>
#include <unistd.h>

struct ran run_line(const char *line, const char *image)
{
	char text[1024], *words[RUN_WORDS + 1], *rest = text, name[] = "iomt";
	struct ran ran = {0};
	size_t out_size, err_size;
	FILE *out = open_memstream(&ran.out, &out_size);
	FILE *err = open_memstream(&ran.err, &err_size);
	int count = 0;

	CHECK(out && err && strlen(line) < sizeof(text));
	strcpy(text, line);
	words[count++] = name;
	for (char *word; (word = strsep(&rest, " "));) {
		CHECK(count < RUN_WORDS);
		words[count++] = strcmp(word, "%s") != 0 ? word : (char *)(uintptr_t)image;
	}
	words[count] = NULL;
	ran.code = iomt_tool(count, words, out, err);
	CHECK(!fclose(out) && !fclose(err));
	return ran;
}

void run_end(struct ran *ran)
{
	free(ran->out);
	free(ran->err);
}

void run_refused(const char *line, const char *image, const char *why)
{
	struct ran ran = run_line(line, image);
	const char *end = strchr(ran.err, '\n');

	CHECK_MSG(ran.code == 2, "%s: code %d: %s%s", line, ran.code, ran.out, ran.err);
	CHECK_MSG(!strncmp(ran.err, "iomt: ", 6) && end && !end[1], "%s: '%s'", line, ran.err);
	CHECK_MSG(strstr(ran.err, why), "%s: '%s' does not say '%s'", line, ran.err, why);
	run_end(&ran);
}

struct blob blob_make(const void *bytes, size_t count)
{
	struct blob blob = {.fd = memfd_create("image", 0)};

	CHECK(blob.fd >= 0);
	snprintf(blob.path, sizeof(blob.path), "/proc/self/fd/%d", blob.fd);
	blob_write(&blob, 0, bytes, count);
	return blob;
}

void blob_write(struct blob *blob, uint64_t at, const void *bytes, size_t count)
{
	CHECK_EQ(pwrite(blob->fd, bytes, count, (off_t)at), (ssize_t)count);
}

void blob_cut(struct blob *blob, uint64_t bytes)
{
	CHECK(!ftruncate(blob->fd, (off_t)bytes));
}

void blob_drop(struct blob *blob)
{
	close(blob->fd);
}

void make_table(uint64_t *words)
{
	memset(words, 0, TABLE_BYTES);
	words[0] = 3ULL << 61 | 0x11000 | 2 << 9 | 1; /* PR, NextLevel, IR, IW */
	words[512] = 3ULL << 61 | 0x12000 | 1 << 9 | 1;
	words[1025] = 3ULL << 61 | 0xabc000 | 1;
	words[1026] = 3ULL << 61 | 0xabd000 | 1;
}
