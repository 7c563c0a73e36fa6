/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages that requests of io_uring bring into the page cache. A request does so while it is being
 * submitted, in a worker, or in its thread once pages that it has asked for are there; only in the
 * last case its thread does not say which request it is at. */
#ifndef IOPATH_ASYNC_PAGES_BPF_H
#define IOPATH_ASYNC_PAGES_BPF_H

#include "async_compat.bpf.h"
#include "async_maps.bpf.h"
#include "pages.bpf.h"
#include "threads.bpf.h"

static __always_inline void *mapping_of_request(u64 request)
{
	u64 file = uring_file(request);

	return file ? READ_FIELD((void *)file, file, f_mapping) : NULL;
}

/* The request for which the current thread reads this file; NULL: not known. */
static __always_inline struct iopath_async_op *reading_request(const struct ledger *ledger,
                                                               void *mapping)
{
	struct task_struct *task = current_task();
	struct iopath_async_op *op;
	u64 key = 0;

	if (ledger && ledger->async.now > ASYNC_IN_IO_SUBMIT)
		key = ledger->async.now;
	else if (is_helper(task))
		key = worker_request(task);
	op = key ? find_async(key) : NULL;
	if (!op || op->interface != IOPATH_INTERFACE_io_uring ||
	    mapping_of_request(op->request) != mapping)
		return NULL;
	return op;
}

static __always_inline void widen(struct iopath_async_pages *pages, u64 folio)
{
	u64 first = index_of(folio), end = first + pages_of(folio);

	if (!pages->added || first < pages->first)
		pages->first = first;
	if (!pages->added || end > pages->end)
		pages->end = end;
	pages->added += end - first;
	pages->folio = folio;
}

/* Of the file last brought in for requests that were not known. */
static __always_inline struct iopath_async_pages *rest_of(struct ledger *ledger, void *mapping)
{
	struct cache_rest *rest = &ledger->rest;
	u16 mode;

	if (rest->mapping == (u64)mapping)
		return &rest->pages;
	mode = READ_FIELD(READ_FIELD(mapping, address_space, host), inode, i_mode) & S_IFMT;
	/* File systems read their own blocks from the device on the way. */
	if (mode != S_IFREG && (mode != S_IFBLK || rest->pages.added))
		return NULL;
	*rest = (struct cache_rest){.mapping = (u64)mapping};
	return &rest->pages;
}

/* Pages of whom, while the current thread has no operation open; NULL: of no request. */
static __always_inline struct iopath_async_pages *pages_of_request(void *mapping)
{
	struct cpu_state *cpu = this_cpu();
	struct iopath_async_op *op;
	struct ledger *ledger;

	if (!async_in_use() || !cpu || current_context(cpu) != IN_TASK)
		return NULL;
	ledger = find_ledger(current_task());
	op = reading_request(ledger, mapping);
	if (op)
		return &op->pages;
	return ledger ? rest_of(ledger, mapping) : NULL;
}

static __always_inline int add_page_of_request(u64 folio)
{
	struct iopath_async_pages *pages;
	void *mapping;

	if (!async_in_use())
		return 0;
	mapping = mapping_of(folio);
	if (index_of(folio) >= pages_in_file(mapping))
		return 0;
	pages = pages_of_request(mapping);
	if (pages)
		widen(pages, folio);
	return 0;
}

static __always_inline int page_of_request_again(u64 folio)
{
	struct iopath_async_pages *pages;

	if (!async_in_use())
		return 0;
	pages = pages_of_request(mapping_of(folio));
	if (pages && pages->folio == folio)
		pages->again += pages_of(folio);
	return 0;
}

/* ---- at the end of a request -------------------------------------------------------------- */

/* Of the pages [first, end). */
static __always_inline void
count_brought_in(struct iopath_row *row, const struct iopath_async_pages *pages, u64 first, u64 end)
{
	u64 missed = overlap(first, end, pages->first, pages->end);

	row->pages_missed += missed < pages->added ? missed : pages->added;
	row->pages_added += pages->added;
	row->pages_again += pages->again;
}

/* A read by way of the page cache: it brought pages in, or it could have. File systems without
 * a page cache (tmpfs) read nothing ahead; FUSE goes round it for some files. */
static __always_inline bool is_cached_read(const struct iopath_async_op *op, void *mapping,
                                           u32 file_flags)
{
	if (READ_FIELD((void *)op->request, kiocb, ki_flags) & IOCB_DIRECT)
		return false;
	return op->pages.added || (!(file_flags & FILE_WAITS_FOR_PEER) &&
	                           READ_FIELD(READ_FIELD(mapping, address_space, a_ops),
	                                      address_space_operations, readahead));
}

/* The read has given `result` bytes; its position is behind them. A request begins with its
 * struct kiocb. */
VERIFIED_ONCE int count_pages_of_read(const struct iopath_async_op *op, struct iopath_row *row,
                                      long result, u32 file_flags)
{
	struct ledger *ledger;
	u64 position, first, end;
	void *mapping;

	if (!op || !row)
		return 0;
	mapping = mapping_of_request(op->request);
	if (!mapping || !is_cached_read(op, mapping, file_flags))
		return 0;
	position = READ_FIELD((void *)op->request, kiocb, ki_pos);
	end = pages_before(position);
	first = result > 0 ? (position - result) >> config.page_shift : end;
	row->pages_asked += end - first;
	if (op->pages.added)
		count_brought_in(row, &op->pages, first, end);
	ledger = find_ledger(current_task());
	if (ledger && ledger->rest.mapping == (u64)mapping && ledger->rest.pages.added) {
		count_brought_in(row, &ledger->rest.pages, first, end);
		ledger->rest.pages = (struct iopath_async_pages){};
	}
	return 0;
}

#endif
