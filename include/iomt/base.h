/* SPDX-License-Identifier: MIT */
/*
 * Errors and small things that every part of iomt shares.
 *
 * Every function that can fail returns 0 or one of the negative codes below. Their values are those
 * of Linux's errno of the same name, so that a driver may pass them on.
 */
#ifndef IOMT_BASE_H
#define IOMT_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In place of a PASID: requests that have none. */
#define IOMT_NO_PASID UINT32_MAX

/*
 * A word that threads, or hardware, use at the same time: it is read and written whole, and so it is
 * aligned, on 32-bit x86, where uint64_t need not be, too.
 */
typedef uint64_t iomt_word __attribute__((aligned(8)));

#ifdef __cplusplus
static_assert(__atomic_always_lock_free(sizeof(iomt_word), 0),
	      "no loads and stores of 64 bits at once: iomt cannot run here");
#else
__extension__ _Static_assert(__atomic_always_lock_free(sizeof(iomt_word), 0),
			     "no loads and stores of 64 bits at once: iomt cannot run here");
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What calls return instead of 0; each call says which it returns, and when. */
enum iomt_error {
	IOMT_EPERM = -1,   /* the id is reserved */
	IOMT_ENOENT = -2,  /* nothing is mapped there, or allocated */
	IOMT_EIO = -5,	   /* the hardware refused a command, or says what cannot be */
	IOMT_EAGAIN = -11, /* something else changed meanwhile, or must first; nothing changed */
	IOMT_ENOMEM = -12, /* the provider had no memory that hardware can use; nothing changed */
	IOMT_EACCES = -13, /* it belongs to another */
	IOMT_EFAULT = -14, /* a walk ended in a fault */
	IOMT_EBUSY = -16,  /* break-before-make that is forbidden; not done; used by others still */
	IOMT_EEXIST = -17, /* something is mapped there already, or allocated; nothing changed */
	IOMT_EINVAL = -22, /* misaligned, zero, unknown bits, or a malformed configuration */
	IOMT_ENOSPC = -28, /* the caller's array is too small, or no id is free; nothing changed */
	IOMT_ERANGE = -34, /* wraps, or lies beyond the input or the output address size */
	IOMT_EOVERFLOW = -75,  /* more references than can be counted */
	IOMT_EOPNOTSUPP = -95, /* the format, its configuration or the system has no such thing */
	IOMT_ESTALE = -116,    /* the id was freed already */
	IOMT_EDQUOT = -122,    /* the quota is used up */
};

/*
 * A short English text for an error code, never NULL: "nothing is mapped there". Any int is
 * allowed. Safe from any thread.
 */
const char *iomt_strerror(int error);

#ifdef __cplusplus
}
#endif
#endif
