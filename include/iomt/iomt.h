/* SPDX-License-Identifier: MIT */
/* iomt: I/O memory translation. The freestanding core's whole interface. */
#ifndef IOMT_IOMT_H
#define IOMT_IOMT_H

#include <iomt/base.h>
#include <iomt/cursor.h>
#include <iomt/formats.h>
#include <iomt/gather.h>
#include <iomt/mem.h>
#include <iomt/pt.h>
#include <iomt/tlb.h>

#define IOMT_VERSION_MAJOR 0
#define IOMT_VERSION_MINOR 1
#define IOMT_VERSION_PATCH 0

#endif
