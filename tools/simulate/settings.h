/* SPDX-License-Identifier: MIT */
/* Configurations by name: "iotlb0.ways=16", "traffic.tenants=32". */
#ifndef SIMULATE_SETTINGS_H
#define SIMULATE_SETTINGS_H

#include <iomt/traffic.h>
#include <stdio.h>

struct settings {
	struct iomt_model_cfg model;
	struct iomt_traffic_cfg traffic;
};

/* The preset "small", and a NIC that works on 100000 packets. */
void settings_init(struct settings *settings);

/* name=value. False, after writing the reason: there is no such name, or it cannot be that. */
bool settings_set(struct settings *settings, const char *assignment, char *reason, size_t room);

/* The name of each, and what it is now, as settings_set would take it. */
size_t settings_count(void);
const char *settings_get(const struct settings *settings, size_t i, char *value, size_t room);

#endif
