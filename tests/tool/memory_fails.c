/* SPDX-License-Identifier: MIT */
#include "memory_fails.h"
#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t before = UINT64_MAX; /* that many succeed */
static bool failed;

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
