/* SPDX-License-Identifier: MIT */
#include <iomt/base.h>

const char *iomt_strerror(int error)
{
	switch (error) {
	case 0:
		return "success";
	case IOMT_EPERM:
		return "the id is reserved";
	case IOMT_ENOENT:
		return "nothing is mapped or allocated there";
	case IOMT_EIO:
		return "the hardware refused a command or is not itself";
	case IOMT_EAGAIN:
		return "something else changed meanwhile, or must change first";
	case IOMT_ENOMEM:
		return "out of memory for tables";
	case IOMT_EACCES:
		return "it belongs to another";
	case IOMT_EFAULT:
		return "the walk ended in a fault";
	case IOMT_EBUSY:
		return "others use it still, the hardware is busy, or it needs break-before-make, "
		       "which the caller did not allow";
	case IOMT_EEXIST:
		return "something is mapped or allocated there already";
	case IOMT_EINVAL:
		return "invalid argument";
	case IOMT_ENOSPC:
		return "the array is too small, or no id is free";
	case IOMT_ERANGE:
		return "address range wraps or is too large for the table";
	case IOMT_EOVERFLOW:
		return "more references than can be counted";
	case IOMT_EOPNOTSUPP:
		return "the format, its configuration or the system has no such thing";
	case IOMT_ESTALE:
		return "the id was freed already";
	case IOMT_EDQUOT:
		return "the quota is used up";
	default:
		return "unknown error";
	}
}
