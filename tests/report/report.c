/* SPDX-License-Identifier: MIT */
/* What the report says of repetitions, and how its template is filled. */
#include "stats.h"
#include "template.h"
#include "test.h"
#include <math.h>
#include <stdlib.h>

#define MOST 16 /* repetitions */

static void figures(void)
{
	double values[] = {4, 1, 3, 2};

	stats_sort(values, 4);
	CHECK(values[0] == 1 && values[3] == 4);
	CHECK(stats_quantile(values, 4, 0.5) == 2.5);
	CHECK(isnan(stats_quantile(values, 0, 0.5)));
	CHECK(fabs(stats_variation(values, 4) - sqrt(5.0 / 3) / 2.5) < 1e-12);
	CHECK(isnan(stats_variation(values, 1)));
}

static void ratios(void)
{
	const double slow[] = {20, 22, 24, 26, 28}, fast[] = {10, 10, 10, 10, 10};
	struct interval interval = stats_ratio(slow, 5, fast, 5);

	CHECK(interval.value == 2.4);
	CHECK(interval.low == 2.0 && interval.high == 2.8);
	interval = stats_ratio(slow, 5, fast, 0);
	CHECK(interval.value == 0);
}

/* How many orders of n and m values there are in which u pairs are the wrong way round. */
static double orders(unsigned n, unsigned m, int u)
{
	static double known[MOST][MOST][MOST * MOST];
	double *found = &known[n][m][u < 0 ? 0 : u];

	if (u < 0 || u > (int)(n * m))
		return 0;
	if (!n || !m)
		return 1;
	if (!*found)
		*found = orders(n - 1, m, u - (int)m) + orders(n, m - 1, u);
	return *found;
}

/* What the interval that leaves out "rank" ratios at each end covers, exactly. */
static double coverage(unsigned n, unsigned m, unsigned rank)
{
	double outside = 0, all = 0;

	for (int u = 0; u <= (int)(n * m); u++) {
		outside += u < (int)rank ? 2 * orders(n, m, u) : 0;
		all += orders(n, m, u);
	}
	return 1 - outside / all;
}

/* With a = 1, 2, 4, ... and b's powers between, all ratios differ, and low says its own rank. */
static unsigned rank_of_low(unsigned n, unsigned m)
{
	double a[MOST] = {0}, b[MOST] = {0};
	struct interval interval;
	unsigned rank = 0;

	for (unsigned i = 0; i < n; i++)
		a[i] = pow(2, i);
	for (unsigned i = 0; i < m; i++)
		b[i] = pow(2, i + (i + 1.0) / 100);
	interval = stats_ratio(a, n, b, m);
	for (unsigned i = 0; i < n * m; i++)
		rank += a[i / m] / b[i % m] <= interval.low;
	return rank;
}

/* By exact counting: never less than 95 %, and nearly the narrowest of those. */
static void intervals(void)
{
	for (unsigned n = 2; n < MOST; n++) {
		for (unsigned m = 2; m < MOST; m++) {
			unsigned rank = rank_of_low(n, m);

			CHECK_MSG(!rank || coverage(n, m, rank) >= 0.95, "%u, %u: %g", n, m,
				  coverage(n, m, rank));
			CHECK_MSG(coverage(n, m, rank + 2) < 0.95, "%u, %u: too wide", n, m);
			CHECK_MSG(rank || n < 4 || m < 4, "%u, %u: no interval", n, m);
		}
	}
}

/* The ranks of tables of the sign test: from how many values on the interval leaves out so many. */
static void medians(void)
{
	static const unsigned from[] = {6, 9, 12, 15, 17, 20, 23, 25};
	double values[32];

	for (unsigned n = 0; n <= 25; n++) {
		struct interval interval;
		unsigned rank = 0;

		for (unsigned i = 0; i < n; i++)
			values[i] = i + 1;
		while (rank < 8 && n >= from[rank])
			rank++;
		interval = stats_median(values, n);
		CHECK(interval.value == (n ? (n + 1) / 2.0 : 0));
		CHECK(interval.low == rank && interval.high == (rank ? n + 1 - rank : 0));
	}
}

static void check_page(const char *template, const char *view, const char *expected)
{
	cJSON *json = cJSON_Parse(view);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool same;

	CHECK(json && out);
	template_render(out, template, json);
	fclose(out);
	same = !strcmp(text, expected);
	if (!same)
		fprintf(stderr, "%s\n", text);
	free(text);
	cJSON_Delete(json);
	CHECK_MSG(same, "not: %s", expected);
}

static void names(void)
{
	check_page("a {{x}} b", "{\"x\": \"1 < 2 & \\\"3\\\" > '0'\"}",
		   "a 1 &lt; 2 &amp; &quot;3&quot; &gt; &#39;0&#39; b");
	check_page("{{{x}}}{{y}}", "{\"x\": \"<b>\"}", "<b>");
	check_page("{{x}}", "{\"x\": \"{{x}} a\\u0001b\"}", "{{x}} ab");
}

static void sections(void)
{
	check_page("{{#l}}[{{.}}]{{/l}}", "{\"l\": [\"1\", \"2\"]}", "[1][2]");
	check_page("{{#l}}{{a}}{{b}} {{/l}}",
		   "{\"a\": \"x\", \"l\": [{\"b\": \"1\"}, {\"a\": \"y\"}]}", "x1 y ");
	check_page("{{#o}}{{#p}}{{x}}{{/p}}{{/o}}.", "{\"o\": {\"p\": {\"x\": \"1\"}}}", "1.");
	check_page("{{#t}}1{{/t}}{{#f}}2{{/f}}{{^f}}3{{/f}}{{^t}}4{{/t}}{{^n}}5{{/n}}",
		   "{\"t\": true, \"f\": false}", "135");
	check_page("{{#e}}1{{/e}}{{^e}}2{{#t}}3{{/t}}{{/e}}4", "{\"e\": [], \"t\": true}", "234");
}

TEST_SUITE(report, TEST(figures), TEST(ratios), TEST(intervals), TEST(medians), TEST(names),
	   TEST(sections));
