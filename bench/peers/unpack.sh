#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Unpacks Linux's page-table and id files and makes headers that lead to the stand-in:
# unpack.sh PACKAGE RELEASE FOLDER
set -euo pipefail

tar -C "$3" -xf "$1" "$2"/drivers/iommu/io-pgtable-arm.{c,h} "$2"/drivers/iommu/amd/io_pgtable{,_v2}.c \
	"$2/drivers/iommu/amd/amd_iommu_types.h" "$2/include/linux/io-pgtable.h" \
	"$2"/lib/{idr,xarray}.c "$2/lib/radix-tree.h" "$2"/include/linux/{idr,xarray,radix-tree}.h
cd "$3/$2"
mkdir -p standin/linux standin/asm
for name in atomic bitops device dma-mapping iommu kernel seqlock sizes slab spinlock types; do
	echo '#include "standin.h"' >"standin/linux/$name.h"
done
echo '#include "standin.h"' >standin/asm/barrier.h
mv include/linux/io-pgtable.h standin/linux/
echo '#include "standin.h"' >drivers/iommu/iommu-pages.h
echo '#include "peers_amd.h"' >drivers/iommu/amd/amd_iommu.h
# of the driver's types only the constants: its structs need a kernel
{
	echo '#include "standin.h"'
	awk '/^#define[ \t]/ { inside = 1 } inside { print } !/\\$/ { inside = 0 }' \
		drivers/iommu/amd/amd_iommu_types.h
} >types.h
mv types.h drivers/iommu/amd/amd_iommu_types.h
# the other stand-in: names that both have lead to different files
mkdir -p standin_ida/linux/sched
for name in bitmap bitops bug compiler err export gfp gfp_types kconfig limits list local_lock lockdep math \
	percpu preempt rcupdate sched/mm slab spinlock types; do
	echo '#include "standin_ida.h"' >"standin_ida/linux/$name.h"
done
mv include/linux/{idr,xarray,radix-tree}.h standin_ida/linux/
touch lib/*.c drivers/iommu/*.c drivers/iommu/amd/*.c
