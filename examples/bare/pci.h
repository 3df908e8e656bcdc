/* SPDX-License-Identifier: MIT */
/* As much of PCI as one device on bus 0 needs. */
#ifndef BARE_PCI_H
#define BARE_PCI_H

#include <stdbool.h>
#include <stdint.h>

/* Looks for vendor (15:0) and device id (31:16) on bus 0. False where there is none. */
bool pci_find(uint32_t id, uint16_t *rid);

/* Lets the device's registers of BAR 0 be reached, and the device do DMA. Returns their address. */
uint64_t pci_enable(uint16_t rid);

#endif
