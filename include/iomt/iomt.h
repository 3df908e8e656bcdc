/* SPDX-License-Identifier: MIT */
/* iomt: I/O memory translation. The freestanding core's whole interface. */
#ifndef IOMT_IOMT_H
#define IOMT_IOMT_H

#include <iomt/amd_cmd.h>
#include <iomt/base.h>
#include <iomt/cmd.h>
#include <iomt/cursor.h>
#include <iomt/debug.h>
#include <iomt/device_table.h>
#include <iomt/domain.h>
#include <iomt/domain_choice.h>
#include <iomt/flush.h>
#include <iomt/formats.h>
#include <iomt/gather.h>
#include <iomt/ids.h>
#include <iomt/inspect.h>
#include <iomt/iommu.h>
#include <iomt/kernel_dma.h>
#include <iomt/mem.h>
#include <iomt/model.h>
#include <iomt/nested.h>
#include <iomt/pack.h>
#include <iomt/pasid.h>
#include <iomt/pasid_table.h>
#include <iomt/plan.h>
#include <iomt/pt.h>
#include <iomt/repack.h>
#include <iomt/ring.h>
#include <iomt/riscv_cmd.h>
#include <iomt/smmu_cmd.h>
#include <iomt/sva.h>
#include <iomt/targets.h>
#include <iomt/tlb.h>
#include <iomt/traffic.h>
#include <iomt/vtd_cmd.h>
#include <iomt/walk.h>
#include <iomt/walk_cached.h>
#include <iomt/walk_device.h>
#include <iomt/walk_nested.h>

/* The version of these headers: semantic versioning. */
#define IOMT_VERSION_MAJOR 0
#define IOMT_VERSION_MINOR 1
#define IOMT_VERSION_PATCH 0

#endif
