/* SPDX-License-Identifier: GPL-2.0-only */
/* The bucket of a latency, see buckets.h for the formula. */
#ifndef IOPATH_HIST_BPF_H
#define IOPATH_HIST_BPF_H

#include "compat.bpf.h"

static const u64 bucket_mantissa[8] = {IOPATH_BUCKET_MANTISSAS};

/* 1 if a < b, for numbers below 2^63. Without a branch, as the verifier walks every
 * path; the compiler would make one of it if it knew what the difference is. */
static __always_inline u64 below(u64 a, u64 b)
{
	u64 difference = a - b;

	asm volatile("" : "+r"(difference));
	return difference >> 63;
}

/* Position of the highest bit set; 0 for 0. */
static __always_inline u64 highest_bit(u64 value)
{
	u64 bit = 0, step;

	step = below(0, value >> 32) << 5;
	value >>= step;
	bit = step;
	step = below(0, value >> 16) << 4;
	value >>= step;
	bit += step;
	step = below(0, value >> 8) << 3;
	value >>= step;
	bit += step;
	step = below(0, value >> 4) << 2;
	value >>= step;
	bit += step;
	step = below(0, value >> 2) << 1;
	value >>= step;
	return bit + step + (value >> 1);
}

/* Eight edges lie in [2^bit, 2^(bit+1)): shift the value to bit 62, where they
 * are mantissa[1..7] and twice mantissa[0], and count those below it. Bucket
 * 8 * bit - 239 (in 2^(1/8) s) is the first whose edge is 2^bit ns or more. */
static __always_inline u32 bucket_of(u64 ns)
{
	u64 bit = highest_bit(ns), value = ns << (62 - (bit & 63));
	s64 index = 8 * bit - 239 - IOPATH_BUCKET_FIRST;

	for (int i = 1; i < 8; i++)
		index += below(bucket_mantissa[i], value);
	index += below(2 * bucket_mantissa[0], value);
	if (index < 0)
		return 0;
	return index < IOPATH_BUCKETS ? index : IOPATH_BUCKETS - 1;
}

#endif
