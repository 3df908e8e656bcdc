/* SPDX-License-Identifier: MIT */
/* Devicetree specification 0.4, chapter 5: the flattened format. */
#include "fdt.h"
#include <stddef.h>

#define MAGIC	   0xd00dfeed
#define STRUCTURE  8 /* where the header says that structure block and strings begin */
#define STRINGS	   12
#define BEGIN_NODE 1
#define END_NODE   2
#define PROPERTY   3
#define NOTHING	   4

static const unsigned char *tree;

uint32_t fdt_u32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

uint64_t fdt_u64(const unsigned char *at)
{
	return (uint64_t)fdt_u32(at) << 32 | fdt_u32(at + 4);
}

bool fdt_open(uintptr_t blob)
{
	tree = (const unsigned char *)blob;
	return fdt_u32(tree) == MAGIC;
}

static bool equal(const char *a, const char *b)
{
	for (; *a && *a == *b; a++)
		b++;
	return *a == *b;
}

static bool has_string(const unsigned char *list, uint32_t bytes, const char *value)
{
	for (uint32_t at = 0; at < bytes;) {
		if (equal((const char *)list + at, value))
			return true;
		while (at < bytes && list[at++])
			;
	}
	return false;
}

static const unsigned char *skip_name(const unsigned char *at)
{
	while (*at++)
		;
	return at;
}

static const unsigned char *align(const unsigned char *at)
{
	return tree + (((uintptr_t)(at - tree) + 3) & ~(uintptr_t)3);
}

/* A node's properties come before the nodes in it. */
const unsigned char *fdt_find(const char *key, const char *value, const char *wanted,
			      uint32_t *bytes)
{
	const unsigned char *at = tree + fdt_u32(tree + STRUCTURE), *found = NULL;
	const char *strings = (const char *)tree + fdt_u32(tree + STRINGS);
	bool matches = false;

	for (;;) {
		uint32_t token = fdt_u32(at), length;
		const char *name;

		at += 4;
		if (token == BEGIN_NODE) {
			at = align(skip_name(at));
			matches = false;
			found = NULL;
		} else if (token == PROPERTY) {
			length = fdt_u32(at);
			name = strings + fdt_u32(at + 4);
			at += 8;
			if (equal(name, key) && has_string(at, length, value))
				matches = true;
			if (equal(name, wanted)) {
				found = at;
				*bytes = length;
			}
			if (matches && found)
				return found;
			at = align(at + length);
		} else if (token == END_NODE) {
			matches = false;
			found = NULL;
		} else if (token != NOTHING) {
			return NULL;
		}
	}
}
