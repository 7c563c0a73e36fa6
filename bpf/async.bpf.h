/* SPDX-License-Identifier: GPL-2.0-only */
/* Bios of asynchronous requests: whose they are, and when their device began and ended.
 * What layer block calls where such requests are in use. */
#ifndef IOPATH_ASYNC_BPF_H
#define IOPATH_ASYNC_BPF_H

#include "async_maps.bpf.h"
#include "async_compat.bpf.h"
#include "threads.bpf.h"

/* Bios of one request that are looked at: so many times so many. Those beyond keep their time
 * in the queue. */
#define ASYNC_BIO_CHUNKS 16
#define ASYNC_BIO_CHUNK  8

/* The request that the current thread works for, as it asks the block layer. */
static __always_inline u64 async_owner(struct task_struct *task, const struct ledger *ledger,
                                       struct bio *bio)
{
	if (ledger->async.now == ASYNC_IN_IO_SUBMIT)
		return aio_key_of_bio(bio, TASK(task, tgid));
	if (ledger->async.now > ASYNC_IN_IO_SUBMIT)
		return ledger->async.now;
	return is_helper(task) ? worker_request(task) : 0;
}

/* The current thread hands a bio to the block layer. */
static __always_inline void async_bio_queued(struct bio *bio, bool has_requests)
{
	struct task_struct *task = current_task();
	struct iopath_async_op *op;
	struct ledger *ledger;

	if (!async_in_use())
		return;
	ledger = find_ledger(task);
	if (!ledger)
		return;
	ledger->async.bio_owner = async_owner(task, ledger, bio);
	if (!ledger->async.bio_owner)
		return;
	op = find_async(ledger->async.bio_owner);
	if (!op) {
		ledger->async.bio_owner = 0;
		return;
	}
	if (!op->queued) {
		op->queued = bpf_ktime_get_ns();
		if (ledger->async.now == ASYNC_IN_IO_SUBMIT)
			op->blocked = ledger->async.blocked;
	}
	if (!has_requests)
		op->flags |= ASYNC_BIO_ONLY;
}

/* It has a request, or joined one: a part of the bio queued last, or all of it. */
__noinline int async_bio_placed(u64 bio)
{
	struct ledger *ledger = find_ledger(current_task());

	if (!ledger || !ledger->async.bio_owner)
		return 0;
	if (bpf_map_update_elem(&async_bios, &bio, &ledger->async.bio_owner, BPF_ANY))
		count_loss(IOPATH_LOSS_detail_full);
	return 0;
}

/* One bio is done; the next one of its request. Numbers only, so that it is verified once. */
__noinline u64 finish_async_bio(u64 bio, u64 issued, u64 now)
{
	u64 *owner = bpf_map_lookup_elem(&async_bios, &bio);
	struct iopath_async_op *op;

	if (owner) {
		op = find_async(*owner);
		bpf_map_delete_elem(&async_bios, &bio);
		if (op) {
			if (issued && (!op->issued || issued < op->issued))
				op->issued = issued;
			op->done = now;
		}
	}
	return PEEK_FIELD(bio, bio, bi_next);
}

__noinline u64 finish_async_chunk(u64 bio, u64 issued, u64 now)
{
	for (int i = 0; i < ASYNC_BIO_CHUNK && bio; i++)
		bio = finish_async_bio(bio, issued, now);
	return bio;
}

__noinline int finish_async_bios(u64 bio, u64 issued, u64 now)
{
	for (int i = 0; i < ASYNC_BIO_CHUNKS && bio; i++)
		bio = finish_async_chunk(bio, issued, now);
	if (bio)
		count_loss(IOPATH_LOSS_detail_full);
	return 0;
}

/* A request is done. `issued`: when the driver got it, 0 if that is not known. */
__noinline int async_request_done(u64 request, u64 issued, u64 now)
{
	return finish_async_bios(PEEK_FIELD(request, request, bio), issued, now);
}

#endif
