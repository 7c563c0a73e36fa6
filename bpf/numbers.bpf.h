/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers for what is counted in arrays, and the dictionaries that keep them. */
#ifndef IOPATH_NUMBERS_BPF_H
#define IOPATH_NUMBERS_BPF_H

#include "maps.bpf.h"

#ifdef IOPATH_UNTYPED
/* Atomics give no result before 5.12: who enters the number in the map has it. Those who did so and
 * have not counted it yet are passed over; so many at once are more than there are in fact. */
__noinline u32 claim_number(u32 kind, u32 from, u32 limit)
{
	u32 one = 1;

	for (u32 i = 0; i < 32 && from + i < limit; i++) {
		u64 claim = (u64)kind << 32 | (from + i);

		if (!bpf_map_update_elem(&numbers_claimed, &claim, &one, BPF_NOEXIST))
			return from + i;
	}
	return 0;
}
#endif

/* The next free number of a kind below `limit`, counted from `first`; 0: none. */
static __always_inline u32 take_number(u32 kind, u32 first, u32 limit)
{
	u32 *taken = bpf_map_lookup_elem(&numbers_taken, &kind);
	u32 number;

	if (!taken || first + *taken >= limit)
		return 0;
#ifdef IOPATH_UNTYPED
	number = claim_number(kind, first + *taken, limit);
	if (number)
		__sync_fetch_and_add(taken, 1);
#else
	number = first + __sync_fetch_and_add(taken, 1);
#endif
	return number;
}

/* The number that a dictionary has for a key from now on: ours, or that of another CPU which was
 * faster, and ours stays empty. 0 where there is no room. */
static __always_inline u32 enter_number(void *dictionary, const void *key, u32 number)
{
	u32 *known;

	if (!bpf_map_update_elem(dictionary, key, &number, BPF_NOEXIST))
		return number;
	known = bpf_map_lookup_elem(dictionary, key);
	return known ? *known : 0;
}

#endif
