// SPDX-License-Identifier: GPL-2.0-only
/* Layer cache: pages that reads ask the page cache for, and those of them that they have to
 * bring in themselves. The kernel tells which pages it has brought in, one by one or in folios
 * of many, before it tells for which range of the file it did; where it does not tell that
 * (before 6.12), the function that reads is asked beforehand what it is about to read. */
#include "arch.bpf.h"
#include "async_pages.bpf.h"
#include "ledger.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Is it data of what the operation is about? File systems read their own blocks on the way, by way
 * of the device or of inodes of theirs that are no files. Before 5.12 reads that come to a file's
 * end bring in a page beyond it. */
static __always_inline bool is_data(u64 folio, const struct ledger *ledger)
{
	void *mapping = mapping_of(folio);
	u16 mode = READ_FIELD(READ_FIELD(mapping, address_space, host), inode, i_mode) & S_IFMT;

	return mode == (ledger->place.target == IOPATH_TARGET_blockdev ? S_IFBLK : S_IFREG) &&
	       index_of(folio) < pages_in_file(mapping);
}

/* Nothing of an earlier operation counts. */
static __always_inline struct cache_use *pages_of_operation(struct ledger *ledger)
{
	struct cache_use *pages = &ledger->pages;

	if (pages->operation != ledger->start) {
		pages->operation = ledger->start;
		pages->asked = 0;
		pages->asked_end = 0;
		pages->added = 0;
		pages->wanted_end = 0;
	}
	return pages;
}

static __always_inline int on_page_added(u64 folio)
{
	struct ledger *ledger = open_ledger_of_current();
	struct iopath_row *row = row_of_operation(ledger);
	struct cache_use *pages;
	u64 first, count;

	if (!ledger)
		return add_page_of_request(folio);
	if (!row || !is_data(folio, ledger))
		return 0;
	pages = pages_of_operation(ledger);
	first = index_of(folio);
	count = pages_of(folio);
	row->pages_added += count;
	pages->folio = folio;
	if (pages->wanted_end) {
		row->pages_missed +=
		    overlap(first, first + count, pages->wanted, pages->wanted_end);
		return 0;
	}
	if (!pages->added || first < pages->first)
		pages->first = first;
	if (!pages->added || first + count > pages->end)
		pages->end = first + count;
	pages->added += count;
	return 0;
}

/* Pages of the operation up to `end`, of which those below asked_end have been counted. */
static __always_inline void count_asked(struct iopath_row *row, struct cache_use *pages, u64 first,
                                        u64 end)
{
	u64 more = overlap(first, end, pages->asked_end, end);

	row->pages_asked += more;
	pages->asked += more;
	if (end > pages->asked_end)
		pages->asked_end = end;
}

/* Pages [first, last] of a file are there, as far as it goes. */
static __always_inline int on_pages_got(void *mapping, u64 first, u64 last)
{
	struct ledger *ledger = open_ledger_of_current();
	struct iopath_row *row = row_of_operation(ledger);
	struct cache_use *pages;
	u64 end, missed;

	if (!row)
		return 0;
	pages = pages_of_operation(ledger);
	end = pages_in_file(mapping);
	if (end > last + 1)
		end = last + 1;
	count_asked(row, pages, first, end);
	if (!pages->added)
		return 0;
	missed = overlap(first, end, pages->first, pages->end);
	row->pages_missed += missed < pages->added ? missed : pages->added;
	pages->added = 0;
	return 0;
}

/* A read by way of the page cache begins; `before`: bytes that it has read in another way. */
static __always_inline int on_read_begins(u64 kiocb, u64 iterator, u64 before)
{
	struct ledger *ledger = open_ledger_of_current();
	struct cache_use *pages;
	u64 position, end;

	if (!row_of_operation(ledger))
		return 0;
	pages = pages_of_operation(ledger);
	position = READ_FIELD((void *)kiocb, kiocb, ki_pos);
	end = pages_in_file(READ_FIELD(READ_FIELD((void *)kiocb, kiocb, ki_filp), file, f_mapping));
	pages->wanted = position >> config.page_shift;
	pages->wanted_end = pages_before(position + READ_FIELD((void *)iterator, iov_iter, count));
	if (pages->wanted_end > end)
		pages->wanted_end = end;
	pages->position = position - before;
	return 0;
}

static __always_inline int on_read_ends(long result)
{
	struct ledger *ledger = open_ledger_of_current();
	struct iopath_row *row = row_of_operation(ledger);
	struct cache_use *pages;

	if (!row)
		return 0;
	pages = pages_of_operation(ledger);
	if (pages->wanted_end && result > 0)
		count_asked(row, pages, pages->wanted, pages_before(pages->position + result));
	pages->wanted_end = 0;
	return 0;
}

SEC("?raw_tp/mm_filemap_add_to_page_cache")
int BPF_PROG(page_added__raw_tp, u64 folio)
{
	return UNDISTURBED(on_page_added(folio));
}

SEC("?raw_tp/mm_filemap_get_pages")
int BPF_PROG(pages_got__raw_tp, void *mapping, u64 first, u64 last)
{
	return UNDISTURBED(on_pages_got(mapping, first, last));
}

/* Arguments: kiocb, iov_iter, bytes read already, which the result includes. */
#define READ_BY(variant, function)                                                                 \
	SEC("?fentry/" #function)                                                                  \
	int pages_got__fentry##variant(u64 *ctx)                                                   \
	{                                                                                          \
		return UNDISTURBED(on_read_begins(address_of((void *)ctx[0]),                      \
		                                  address_of((void *)ctx[1]), ctx[2]));            \
	}                                                                                          \
	SEC("?fexit/" #function)                                                                   \
	int pages_got__fexit##variant(u64 *ctx)                                                    \
	{                                                                                          \
		return UNDISTURBED(on_read_ends(ctx[3]));                                          \
	}                                                                                          \
	SEC("?kprobe.multi/" #function)                                                            \
	int pages_got__kprobe_multi##variant(struct pt_regs *ctx)                                  \
	{                                                                                          \
		return UNDISTURBED(on_read_begins(FUNCTION_ARG_0(ctx), FUNCTION_ARG_1(ctx),        \
		                                  FUNCTION_ARG_2(ctx)));                           \
	}                                                                                          \
	SEC("?kretprobe.multi/" #function)                                                         \
	int pages_got__kretprobe_multi##variant(struct pt_regs *ctx)                               \
	{                                                                                          \
		return UNDISTURBED(on_read_ends(FUNCTION_RESULT(ctx)));                            \
	}                                                                                          \
	SEC("?kprobe/" #function)                                                                  \
	int pages_got__kprobe##variant(struct pt_regs *ctx)                                        \
	{                                                                                          \
		return UNDISTURBED(on_read_begins(FUNCTION_ARG_0(ctx), FUNCTION_ARG_1(ctx),        \
		                                  FUNCTION_ARG_2(ctx)));                           \
	}                                                                                          \
	SEC("?kretprobe/" #function)                                                               \
	int pages_got__kretprobe##variant(struct pt_regs *ctx)                                     \
	{                                                                                          \
		return UNDISTURBED(on_read_ends(FUNCTION_RESULT(ctx)));                            \
	}

READ_BY(, filemap_read)
READ_BY(_generic, generic_file_buffered_read) /* its name before 5.12 */

/* A page that has just been added had been there before and had been dropped for others: its place
 * still said so. Pages of memory that come back from swap are told in the same way. */
static __always_inline int on_page_again(u64 folio)
{
	struct ledger *ledger = open_ledger_of_current();
	struct iopath_row *row = row_of_operation(ledger);

	if (!ledger)
		return page_of_request_again(folio);
	if (row && ledger->pages.operation == ledger->start && ledger->pages.folio == folio)
		row->pages_again += pages_of(folio);
	return 0;
}

SEC("?fentry/workingset_refault")
int page_again__fentry(u64 *ctx)
{
	return UNDISTURBED(on_page_again(address_of((void *)ctx[0])));
}

SEC("?kprobe.multi/workingset_refault")
int page_again__kprobe_multi(struct pt_regs *ctx)
{
	return UNDISTURBED(on_page_again(FUNCTION_ARG_0(ctx)));
}

SEC("?kprobe/workingset_refault")
int page_again__kprobe(struct pt_regs *ctx)
{
	return UNDISTURBED(on_page_again(FUNCTION_ARG_0(ctx)));
}
