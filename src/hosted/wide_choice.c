/* SPDX-License-Identifier: MIT */
/* Which vectors this machine has, for the engine's long loops. */
struct pt_wide;

extern const struct pt_wide pt_wide_avx2, pt_wide_avx512;
extern const struct pt_wide *pt_wide;

const struct pt_wide *pt_wide;

static __attribute__((constructor)) void choose(void)
{
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx512f"))
		pt_wide = &pt_wide_avx512;
	else if (__builtin_cpu_supports("avx2"))
		pt_wide = &pt_wide_avx2;
}
