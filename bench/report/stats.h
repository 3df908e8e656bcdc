/* SPDX-License-Identifier: MIT */
/* What is said of repetitions. The mathematics is GSL's. */
#ifndef REPORT_STATS_H
#define REPORT_STATS_H

#include <stddef.h>

/* A value and what it lies between with 95 % confidence; "low" is 0 where too little is known. */
struct interval {
	double value, low, high;
};

/* Values in rising order. */
void stats_sort(double *values, size_t count);

/* Of values in rising order: 0.5 for the median. NaN of none. */
double stats_quantile(const double *sorted, size_t count, double fraction);

/* Standard deviation over mean; NaN of fewer than two values. */
double stats_variation(const double *values, size_t count);

/*
 * The median of values in rising order. Its interval is the one that belongs to the sign test: order
 * statistics, so nothing is assumed of how the values are distributed.
 */
struct interval stats_median(const double *sorted, size_t count);

/*
 * How many times b's time a takes: the median of the ratios of every repetition of a to every
 * repetition of b. Its interval is the one that belongs to the test of Mann and Whitney: order
 * statistics of those ratios, so nothing is assumed of how times are distributed. Runs shuffle
 * repetitions, so a's and b's are two samples and no pairs.
 */
struct interval stats_ratio(const double *a, size_t a_count, const double *b, size_t b_count);

#endif
