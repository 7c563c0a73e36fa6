/* SPDX-License-Identifier: GPL-2.0-only */
/* Histogram buckets: Prometheus native histograms of schema 3. Bucket i covers
 * (2^((i-1)/8), 2^(i/8)] seconds, upper bound inclusive. One formula serves the
 * BPF programs, the collector and the tests:
 *   edge_ns(i) = floor(1e9 * 2^(i/8)) = mantissa[i mod 8] >> (32 - floor(i/8))
 * with mantissa[k] = floor(1e9 * 2^(k/8) * 2^32); exact, because the floor of a
 * shifted floor is the floor of the shifted number. */
#ifndef IOPATH_BUCKETS_H
#define IOPATH_BUCKETS_H

/* The first bucket takes everything up to 2^-25 s = 29.8 ns, the last
 * everything above 2^(54/8) s = 107.6 s. */
#define IOPATH_BUCKET_FIRST (-200)
#define IOPATH_BUCKETS      256

/* Sizes, by powers of two: bucket b takes (2^(b-1), 2^b], the last all above. */
#define IOPATH_BATCH_BUCKETS 16

#define IOPATH_BUCKET_MANTISSAS                                                                    \
	4294967296000000000ULL, 4683695047832392561ULL, 5107605667107197932ULL,                    \
	    5569883475385291208ULL, 6074000999952099384ULL, 6623745058664271696ULL,                \
	    7223245205676679009ULL, 7877004751727667949ULL

#endif
