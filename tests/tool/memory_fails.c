/* SPDX-License-Identifier: MIT */
#include "memory_fails.h"
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static uint64_t before = UINT64_MAX; /* that many succeed */
static bool failed;

static uint64_t reads_before = UINT64_MAX;
static bool reads_empty, reads_met;

ssize_t __real_pread(int fd, void *bytes, size_t count, off_t at);
ssize_t __real_pread64(int fd, void *bytes, size_t count, off_t at);
ssize_t __wrap_pread(int fd, void *bytes, size_t count, off_t at);
ssize_t __wrap_pread64(int fd, void *bytes, size_t count, off_t at);
void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_reallocarray(void *memory, size_t count, size_t bytes);
int __real_vasprintf(char **text, const char *format, va_list args);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_reallocarray(void *memory, size_t count, size_t bytes);
int __wrap_vasprintf(char **text, const char *format, va_list args);

static bool fails(void)
{
	if (before == UINT64_MAX || before--)
		return false;
	before = UINT64_MAX;
	failed = true;
	return true;
}

void *__wrap_malloc(size_t bytes)
{
	return fails() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
	return fails() ? NULL : __real_calloc(count, bytes);
}

void *__wrap_reallocarray(void *memory, size_t count, size_t bytes)
{
	return fails() ? NULL : __real_reallocarray(memory, count, bytes);
}

int __wrap_vasprintf(char **text, const char *format, va_list args)
{
	return fails() ? -1 : __real_vasprintf(text, format, args);
}

void memory_fail(uint64_t n)
{
	cJSON_Hooks hooks = {__wrap_malloc, free};

	cJSON_InitHooks(&hooks);
	failed = false;
	before = n;
}

bool memory_failed(void)
{
	before = UINT64_MAX;
	cJSON_InitHooks(NULL);
	return failed;
}

static bool read_fails(void)
{
	if (reads_before == UINT64_MAX)
		return false;
	reads_met = !reads_before;
	reads_before -= !reads_met;
	errno = EIO;
	return reads_met;
}

ssize_t __wrap_pread(int fd, void *bytes, size_t count, off_t at)
{
	return read_fails() ? (reads_empty ? 0 : -1) : __real_pread(fd, bytes, count, at);
}

/* what the former is called where files may be large */
ssize_t __wrap_pread64(int fd, void *bytes, size_t count, off_t at)
{
	return read_fails() ? (reads_empty ? 0 : -1) : __real_pread64(fd, bytes, count, at);
}

void reads_fail(uint64_t n, bool empty)
{
	reads_met = false;
	reads_empty = empty;
	reads_before = n;
}

bool reads_failed(void)
{
	reads_before = UINT64_MAX;
	return reads_met;
}
