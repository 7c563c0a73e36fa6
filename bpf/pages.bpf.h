/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages of files in the page cache, one by one or in folios of many. */
#ifndef IOPATH_PAGES_BPF_H
#define IOPATH_PAGES_BPF_H

#include "compat.bpf.h"

/* struct folio came in 5.16. */
static __always_inline u64 index_of(u64 folio)
{
	if (bpf_core_type_exists(struct folio))
		return READ_FIELD((void *)folio, folio, index);
	return READ_FIELD((void *)folio, page, index);
}

static __always_inline void *mapping_of(u64 folio)
{
	if (bpf_core_type_exists(struct folio))
		return READ_FIELD((void *)folio, folio, mapping);
	return READ_FIELD((void *)folio, page, mapping);
}

/* How many pages it is. Before there were folios, pages of files came one by one. */
static __always_inline u64 pages_of(u64 folio)
{
	u64 flags;

	if (!bpf_core_type_exists(struct folio))
		return 1;
	flags = address_of(read_slot((void *)folio)); /* the first word of every page */
	if (!(flags >> bpf_core_enum_value(enum pageflags, PG_head) & 1))
		return 1;
	/* Of its own until 6.6, then the lowest byte of a word of flags. */
	if (bpf_core_field_exists(struct folio___before_6_6, _folio_order))
		return 1ULL << READ_FIELD((void *)folio, folio___before_6_6, _folio_order);
	return 1ULL << (READ_FIELD((void *)folio, folio, _flags_1) & 0xff);
}

static __always_inline u64 pages_before(u64 position)
{
	return (position + (1ULL << config.page_shift) - 1) >> config.page_shift;
}

static __always_inline u64 pages_in_file(void *mapping)
{
	return pages_before(READ_FIELD(READ_FIELD(mapping, address_space, host), inode, i_size));
}

/* Of the pages [first, end), those in [low, high). */
static __always_inline u64 overlap(u64 first, u64 end, u64 low, u64 high)
{
	if (first < low)
		first = low;
	if (end > high)
		end = high;
	return end > first ? end - first : 0;
}

#endif
