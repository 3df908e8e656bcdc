/* SPDX-License-Identifier: MIT */
/* Plans and simulations when an allocation fails, each once: one line and code 2, or what was asked for. */
#include "../memory_fails.h"
#include "../run.h"
#include <inttypes.h>
#include <string.h>

static const char machine[] =
	"units: {u: {is: amd-gio}, s: {is: smmu-full}}\n"
	"devices:\n"
	"  a: {unit: u, rid: 1, pasid_bits: 4, has: [ats, pri]}\n"
	"  b: {unit: u, rid: [2, 3], group: g, regions: [{first: 0, last: 4095, kind: hole}]}\n"
	"  c: {unit: s, rid: 1, group: g, needs: [dirty, sva]}\n"
	"domains:\n"
	"  one: {devices: [a, b], format: amdv1}\n"
	"  two: {devices: a, pasid: any}\n"
	"  three: {devices: [a, c]}\n"
	"  four: {kind: sva, devices: c}\n"
	"  five: {kind: identity, devices: c}\n";

/* How often a failure was one that mattered. */
static uint64_t play(const char *line, const char *path, int code)
{
	uint64_t failed = 0;

	for (uint64_t n = 0;; n++) {
		struct ran ran;
		bool met;

		memory_fail(n);
		ran = run_line(line, path);
		met = memory_failed();
		failed += met && ran.code == 2;
		CHECK_MSG(ran.code == code || (met && ran.code == 2), "%s, %" PRIu64 ": %d", line,
			  n, ran.code);
		CHECK_MSG(ran.code != 2 || (strchr(ran.err, '\n') && !strchr(ran.err, '\n')[1]),
			  "%s, allocation %" PRIu64 ": '%s'", line, n, ran.err);
		run_end(&ran);
		if (!met)
			return failed;
		CHECK(n < 10000);
	}
}

static void plans(void)
{
	struct blob blob = blob_make(machine, sizeof(machine) - 1);

	CHECK(play("plan --explain %s", blob.path, 1));
	CHECK(play("plan --json --explain %s", blob.path, 1));
	blob_drop(&blob);
}

static void simulations(void)
{
	static const char trace[] = "iomt-trace 1\naccess 0 0 0x100 1 - 0x1000 1500 12 write\n";
	struct blob blob = blob_make(trace, sizeof(trace) - 1);

	CHECK(play("simulate run --json -t %s", blob.path, 0));
	CHECK(play("simulate curve --json -e 4 -t %s", blob.path, 0));
	CHECK(play("simulate generate --json traffic.items=10 -o /dev/null", NULL, 0));
	CHECK(play("simulate settings --json", NULL, 0));
	blob_drop(&blob);
}

TEST_SUITE(tool_plan_memory, TEST(plans), TEST(simulations));
