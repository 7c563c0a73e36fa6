/* SPDX-License-Identifier: GPL-2.0-only */
/* The rows in which requests are counted. */
#ifndef IOPATH_BLOCK_ROWS_BPF_H
#define IOPATH_BLOCK_ROWS_BPF_H

#include "compat_block.bpf.h"
#include "hist.bpf.h"
#include "numbers.bpf.h"

/* Row 0 takes what found no room. */
static __noinline u32 add_block_row(struct iopath_block_key *key, void *disk)
{
	struct iopath_block_info *info;
	u32 row;

	if (!key)
		return 0;
	row = take_number(IOPATH_NUMBERED_BLOCK_ROW, IOPATH_FIRST_FREE_BLOCK_ROW,
	                  config.max_block_rows);
	info = bpf_map_lookup_elem(&block_infos, &row);
	if (!row || !info)
		return 0;
	info->key = *key;
	if (disk)
		bpf_probe_read_kernel_str(info->disk, sizeof(info->disk),
		                          disk + bpf_core_field_offset(struct gendisk, disk_name));
	return enter_number(&block_dictionary, key, row);
}

/* The number of a row; that of the catch-all row, and a loss, where there is no room. */
static __always_inline u32 block_row_number(struct iopath_block_key *key, void *disk)
{
	u32 *known = bpf_map_lookup_elem(&block_dictionary, key);
	u32 row = known ? *known : add_block_row(key, disk);

	if (!row)
		count_block_loss(IOPATH_LOSS_map_full);
	return row;
}

/* NULL for requests that are not counted. */
static __always_inline struct iopath_block_row *block_row(u32 row)
{
	return bpf_map_lookup_elem(&block_rows, &row);
}

/* Flags move from kernel to kernel; most reads have none. */
static __always_inline void count_flags(struct iopath_block_row *row, u32 flags)
{
	if (!(flags & ~REQ_OP_MASK))
		return;
#define COUNT_FLAG(id, kernel, word)                                                               \
	row->flags[IOPATH_REQUEST_##id] += flags >> REQUEST_FLAG_BIT(kernel) & 1;
	IOPATH_REQUEST_FLAGS(COUNT_FLAG)
#undef COUNT_FLAG
}

static __always_inline void count_size(struct iopath_block_row *row, u32 bytes)
{
	u64 sectors = ((u64)bytes + 511) >> 9;
	u32 size = bytes ? 1 + highest_bit((sectors - 1) << 1 | 1) : 0;

	row->sizes[size & (IOPATH_SIZES - 1)]++;
}

static __always_inline void count_queue(struct iopath_block_row *row, u64 ns)
{
	row->queue_ns += ns;
	if (ns > row->queue_max_ns)
		row->queue_max_ns = ns;
	row->queue[bucket_of(ns) & (IOPATH_BUCKETS - 1)]++;
}

static __always_inline void count_service(struct iopath_block_row *row, u64 ns)
{
	row->service_ns += ns;
	if (ns > row->service_max_ns)
		row->service_max_ns = ns;
	row->service[bucket_of(ns) & (IOPATH_BUCKETS - 1)]++;
}

#endif
