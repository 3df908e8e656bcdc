/* SPDX-License-Identifier: MIT */
#include "stats.h"
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

void stats_sort(double *values, size_t count)
{
	gsl_sort(values, 1, count);
}

double stats_quantile(const double *sorted, size_t count, double fraction)
{
	return count ? gsl_stats_quantile_from_sorted_data(sorted, 1, count, fraction) : NAN;
}

double stats_variation(const double *values, size_t count)
{
	return count < 2 ? NAN : gsl_stats_sd(values, 1, count) / gsl_stats_mean(values, 1, count);
}

struct interval stats_median(const double *sorted, size_t count)
{
	struct interval interval = {count ? stats_quantile(sorted, count, 0.5) : 0, 0, 0};
	unsigned rank = 0;

	while (count && 2 * gsl_cdf_binomial_P(rank, 0.5, (unsigned)count) <= 0.05)
		rank++;
	if (rank) {
		interval.low = sorted[rank - 1];
		interval.high = sorted[count - rank];
	}
	return interval;
}

/*
 * From which of the n * m ratios in rising order the interval begins (Hollander, Wolfe, Chicken:
 * Nonparametric Statistical Methods, 4.3, by the normal approximation, rounded to the wider side).
 * 0: there are too few for 95 %.
 */
static size_t interval_rank(double n, double m)
{
	double rank = n * m / 2 - gsl_cdf_ugaussian_Pinv(0.975) * sqrt(n * m * (n + m + 1) / 12);

	return rank < 1 ? 0 : (size_t)rank;
}

struct interval stats_ratio(const double *a, size_t a_count, const double *b, size_t b_count)
{
	size_t count = a_count * b_count;
	size_t rank = interval_rank((double)a_count, (double)b_count);
	double *ratios = calloc(count + 1, sizeof(*ratios));
	struct interval interval = {0, 0, 0};

	if (!ratios || !count) {
		free(ratios);
		return interval;
	}
	for (size_t i = 0; i < count; i++)
		ratios[i] = a[i / b_count] / b[i % b_count];
	stats_sort(ratios, count);
	interval.value = stats_quantile(ratios, count, 0.5);
	if (rank) {
		interval.low = ratios[rank - 1];
		interval.high = ratios[count - rank];
	}
	free(ratios);
	return interval;
}
