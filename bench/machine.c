/* SPDX-License-Identifier: MIT */
/* What the figures of a run depend on, recorded with them: processor, caches, system, build. */
#include "bench.h"
#include "commit.h"
#include <hwloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

static hwloc_topology_t topology; /* of this machine; NULL when hwloc cannot tell */
#endif

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "GCC " __VERSION__
#endif

static void size_text(char *text, size_t room, uint64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double value = (double)bytes;
	size_t unit = 0;

	for (; value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
		value /= 1024;
	snprintf(text, room, "%.4g %s", value, units[unit]);
}

static uint64_t object_size(hwloc_obj_t object)
{
	if (hwloc_obj_type_is_cache(object->type))
		return object->attr->cache.size;
	return object->type == HWLOC_OBJ_NUMANODE ? object->attr->numanode.local_memory : 0;
}

/* One line of a level: "2 x L2, 1 MiB", or "1 MiB to 2 MiB" where its objects differ. */
static void describe_level(FILE *out, int depth)
{
	unsigned count = hwloc_get_nbobjs_by_depth(topology, depth);
	uint64_t least = UINT64_MAX, most = 0;
	char type[64], small[32], large[32];

	for (unsigned i = 0; i < count; i++) {
		uint64_t size = object_size(hwloc_get_obj_by_depth(topology, depth, i));

		least = size < least ? size : least;
		most = size > most ? size : most;
	}
	if (!count)
		return;
	hwloc_obj_type_snprintf(type, sizeof(type), hwloc_get_obj_by_depth(topology, depth, 0), 0);
	size_text(small, sizeof(small), least);
	size_text(large, sizeof(large), most);
	fprintf(out, "%u x %s", count, strcmp(type, "PU") ? type : "thread");
	if (most)
		fprintf(out, ", %s%s%s", small, least < most ? " to " : "",
			least < most ? large : "");
	fprintf(out, "\n");
}

/* NUMA nodes, then the levels from the outermost to the threads. */
static void record_topology(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	describe_level(out, HWLOC_TYPE_DEPTH_NUMANODE);
	for (int depth = 1; depth < hwloc_topology_get_depth(topology); depth++)
		describe_level(out, depth);
	if (!fclose(out))
		shim_context("topology", text);
	free(text);
}

static void record_caches(hwloc_obj_t thread)
{
	char caches[256] = "", type[64], size[32];

	for (hwloc_obj_t up = thread; up; up = up->parent) {
		if (!hwloc_obj_type_is_cache(up->type))
			continue;
		hwloc_obj_type_snprintf(type, sizeof(type), up, 0);
		size_text(size, sizeof(size), up->attr->cache.size);
		snprintf(caches + strlen(caches), sizeof(caches) - strlen(caches), "%s%s %s",
			 caches[0] ? ", " : "", type, size);
	}
	shim_context("cache levels", caches[0] ? caches : "unknown to the system");
}

static void record_processor(hwloc_obj_t thread)
{
	hwloc_obj_t package = hwloc_get_obj_by_type(topology, HWLOC_OBJ_PACKAGE, 0);
	const char *model = hwloc_obj_get_info_by_name(
		package ? package : hwloc_get_root_obj(topology), "CPUModel");
	char text[256];

	snprintf(text, sizeof(text), "%s, %d cores, %d NUMA nodes", model ? model : "unknown CPU",
		 hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE),
		 hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_NUMANODE));
	shim_context("machine", text);
	snprintf(text, sizeof(text), "P#%u", thread->os_index);
	shim_context("pinned to", text);
}

/* The first line of a file of the system's, or what to say where there is none. */
static void record_line(const char *name, const char *path, const char *otherwise)
{
	char line[256] = "";
	FILE *file = fopen(path, "r");

	if (file) {
		if (!fgets(line, sizeof(line), file))
			line[0] = 0;
		fclose(file);
	}
	line[strcspn(line, "\n")] = 0;
	shim_context(name, line[0] ? line : otherwise);
}

static void record_system(unsigned cpu)
{
	char path[96];
	struct utsname name;

	if (!uname(&name)) {
		char text[sizeof(name)];

		snprintf(text, sizeof(text), "%s %s %s", name.sysname, name.release, name.machine);
		shim_context("kernel", text);
	}
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/cpufreq/scaling_governor", cpu);
	record_line("governor", path, "none that the system shows");
	record_line("huge pages", "/sys/kernel/mm/transparent_hugepage/enabled", "unknown");
}

static void record_hypervisor(void)
{
#if defined(__x86_64__) || defined(__i386__)
	unsigned a, b, c, d, signature[4] = {0};
	char text[32] = "no";

	if (!__get_cpuid(1, &a, &b, &c, &d))
		return;
	if (c >> 31) {
		__cpuid(0x40000000, a, signature[0], signature[1], signature[2]);
		snprintf(text, sizeof(text), "yes, %s", (const char *)signature);
	}
	shim_context("virtual machine", text);
#endif
}

static void record_build(void)
{
	shim_context("compiler", COMPILER);
	shim_context("flags", IOMT_BENCH_FLAGS);
	shim_context("commit", BENCH_COMMIT);
#ifdef BENCH_LINUX
	shim_context("peers", "linux: io-pgtable of " BENCH_LINUX ", compiled alike");
#else
	shim_context("peers", "none: linux-source-6.12 is not installed (make bench-peers)");
#endif
}

static bool load_topology(void)
{
	if (hwloc_topology_init(&topology))
		return false;
	hwloc_topology_set_icache_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_ALL);
	if (!hwloc_topology_load(topology))
		return true;
	hwloc_topology_destroy(topology);
	topology = NULL;
	return false;
}

unsigned bench_processors(void)
{
	return topology ? (unsigned)hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_PU) : 1;
}

/* Counted from the last: interrupts gather on the first. */
static hwloc_obj_t processor(unsigned index)
{
	return hwloc_get_obj_by_type(topology, HWLOC_OBJ_PU, bench_processors() - 1 - index);
}

void bench_pin(unsigned index)
{
	if (topology && hwloc_set_cpubind(topology, processor(index)->cpuset, HWLOC_CPUBIND_THREAD))
		fprintf(stderr, "iomt: cannot stay on one processor; figures will be noisier\n");
}

void bench_machine(void)
{
	record_build();
	record_hypervisor();
	if (!load_topology())
		return;
	bench_pin(0);
	record_processor(processor(0));
	record_caches(processor(0));
	record_topology();
	record_system(processor(0)->os_index);
}
