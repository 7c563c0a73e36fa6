/* SPDX-License-Identifier: GPL-2.0-only */
/* What a file system reads from its device while it searches a directory: bios that the searching
 * thread hands to the block layer. What others read for it (helpers of the file system) is not
 * among them. */
#ifndef IOPATH_SEARCH_READS_BPF_H
#define IOPATH_SEARCH_READS_BPF_H

#include "ledger.bpf.h"
#include "maps_search.bpf.h"

static __always_inline void change_open_searches(u64 by)
{
	u32 zero = 0;
	u64 *open = bpf_map_lookup_elem(&searches_open, &zero);

	if (open)
		__sync_fetch_and_add(open, by);
}

__noinline int count_search_read(u32 opcode, u64 bytes)
{
	struct task_struct *task = current_task();
	struct ledger *ledger = open_ledger_of_current();
	struct name_search *search;

	/* A device on others (dm, md) hands the same on to them. */
	if (!ledger || opcode != REQ_OP_READ || TASK(task, bio_list))
		return 0;
	search = &ledger->search;
	if (search->operation != ledger->start || !search->begin)
		return 0;
	search->reads++;
	search->read_bytes += bytes;
	return 0;
}

/* A bio is handed to the block layer. */
static __always_inline void look_at_search_read(struct bio *bio)
{
	u32 zero = 0;
	const volatile u64 *open = bpf_map_lookup_elem(&searches_open, &zero);

	if (open && *open)
		count_search_read(READ_FIELD(bio, bio, bi_opf) & REQ_OP_MASK,
		                  READ_FIELD(bio, bio, bi_iter.bi_size));
}

#endif
