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

/* Position of the highest bit set; 0 for 0. The bits below it are filled in, and a
 * product with a de Bruijn number has a different top for each of the 64 outcomes. */
static const u8 bit_of_product[64] = {
    0,  47, 1,  56, 48, 27, 2,  60, 57, 49, 41, 37, 28, 16, 3,  61, 54, 58, 35, 52, 50, 42,
    21, 44, 38, 32, 29, 23, 17, 11, 4,  62, 46, 55, 26, 59, 40, 36, 15, 53, 34, 51, 20, 43,
    31, 22, 10, 45, 25, 39, 14, 33, 19, 30, 9,  24, 13, 18, 8,  12, 7,  6,  5,  63};

static __always_inline u64 highest_bit(u64 value)
{
	value |= value >> 1;
	value |= value >> 2;
	value |= value >> 4;
	value |= value >> 8;
	value |= value >> 16;
	value |= value >> 32;
	return bit_of_product[(value * 0x03f79d71b4cb0a89ULL) >> 58];
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
