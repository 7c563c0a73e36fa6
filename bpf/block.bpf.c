// SPDX-License-Identifier: GPL-2.0-only
/* Layer block: requests from allocation to completion, and threads that wait for
 * a request to be had. */
#include "requests.bpf.h"
#include "submitters.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* All pointers are numbers here: as cheap to read through, where bpf_rdonly_cast is, as ones
 * that the verifier knows, and a request's address is needed as a number. */

/* Set once attached: requests allocated earlier may have been issued unseen. */
iop_u64 attached_ns;

/* ---- from the submitter to the driver ------------------------------------------- */

/* A request is seen for the first time. */
static __always_inline struct request_slot *begin_request(struct request *rq, bool asking)
{
	struct request_slot *slot = new_request((u64)rq);
	u32 flags = READ_FIELD(rq, request, cmd_flags), place;

	if (!slot)
		return NULL;
	place = place_request(request_disk(rq), READ_FIELD(rq, request, bio), flags, asking);
	slot->row = place >> 16;
	slot->submitter = place;
	slot->flags = flags;
	return slot;
}

/* Without an event of its own for it (before 6.4): inserted or issued for the first time, a
 * request is still with the thread that asked for it, unless it is older than we are. */
static __always_inline bool asks_now(struct request *rq)
{
	struct cpu_state *cpu = this_cpu();

	return !config.has_io_start && cpu && current_context(cpu) == IN_TASK && attached_ns &&
	       READ_FIELD(rq, request, start_time_ns) > attached_ns;
}

static __always_inline int on_start(struct request *rq)
{
	begin_request(rq, true);
	return 0;
}

static __always_inline int on_insert_as_start(struct request *rq)
{
	if (!find_request((u64)rq))
		begin_request(rq, asks_now(rq));
	return 0;
}

static __always_inline int on_issue(struct request *rq)
{
	struct request_slot *slot = find_request((u64)rq);

	if (!slot)
		slot = begin_request(rq, asks_now(rq));
	if (slot)
		slot->issued = bpf_ktime_get_ns();
	return 0;
}

/* ---- completion -------------------------------------------------------------------- */

/* Leaves a note for the wake-up that follows in this context. */
static __always_inline void note_request(struct cpu_state *cpu, u64 issued, u64 now, bool flush)
{
	struct request_note *note = &cpu->request[current_context(cpu)];

	note->issued = issued;
	note->completed = now;
	note->pid = (u32)bpf_get_current_pid_tgid();
	note->flush = flush;
}

/* ---- flush sequences -----------------------------------------------------------------
 * A write with REQ_PREFLUSH or REQ_FUA goes to a device that lacks them as a flush, the
 * data, and another flush. The flushes are requests of their own, shared by all who wait;
 * the parent completes last, without an issue of its own. */

static __always_inline void keep_flush(u32 dev, u64 issued)
{
	struct flush_history *history = bpf_map_lookup_elem(&flush_histories, &dev), fresh = {};

	if (!history) {
		bpf_map_update_elem(&flush_histories, &dev, &fresh, BPF_NOEXIST);
		history = bpf_map_lookup_elem(&flush_histories, &dev);
	}
	if (!history) {
		count_loss(IOPATH_LOSS_detail_full);
		return;
	}
	history->issued[history->next & (FLUSHES - 1)] = issued;
	history->next++;
}

/* When the sequence of a request allocated at `allocated` came to the driver: the first
 * flush since then, or `issued`. */
static __always_inline u64 sequence_start(u32 dev, u64 allocated, u64 issued)
{
	struct flush_history *history = bpf_map_lookup_elem(&flush_histories, &dev);

	if (!history)
		return issued;
	for (int i = 0; i < FLUSHES; i++) {
		u64 flush = history->issued[i];

		if (flush > allocated && (!issued || flush < issued))
			issued = flush;
	}
	return issued;
}

/* What of a request has just been done. */
struct completion {
	struct request *rq;
	u64 now;
	u64 allocated;
	int error;
	u32 bytes;
	bool whole; /* nothing is left of it */
	bool in_sequence;
};

static __always_inline bool wants_flush(const struct completion *done, u32 op)
{
	return op == REQ_OP_WRITE && bio_wants_flush(READ_FIELD(done->rq, request, bio));
}

/* For whoever is woken next. */
static __always_inline void note_completion(const struct completion *done, u32 op, u64 issued)
{
	struct cpu_state *cpu = this_cpu();
	u64 started = issued;

	if (op == REQ_OP_FLUSH)
		keep_flush(request_device(done->rq), issued);
	else if (done->in_sequence)
		started = sequence_start(request_device(done->rq), done->allocated, issued);
	if (cpu && started)
		note_request(cpu, started, done->now, done->in_sequence || op == REQ_OP_FLUSH);
}

/* Never issued, as far as we saw: the parent of a flush sequence, failed on its way to the
 * driver, or issued before we attached. */
static __always_inline void count_unissued(const struct completion *done, bool seen,
                                           struct iopath_block_row *row)
{
	if (done->in_sequence || !done->whole)
		return;
	if (seen && done->error) {
		if (row)
			row->errors++;
	} else if (attached_ns && done->allocated > attached_ns) {
		count_loss(IOPATH_LOSS_no_start);
	}
}

static __always_inline void count_done(const struct completion *done,
                                       const struct request_slot *slot,
                                       struct iopath_block_row *row)
{
	u64 service = done->now - slot->issued;

	row->bytes += done->bytes;
	if (done->error)
		row->errors++;
	if (!done->whole) {
		count_submitted(slot->submitter, done->bytes, 0, 0);
		return;
	}
	if (done->allocated && done->allocated <= slot->issued)
		count_queue(row, slot->issued - done->allocated);
	count_service(row, service);
	count_submitted(slot->submitter, done->bytes, 1, service);
}

/* A request may complete in parts: it is done with the last. One of a flush sequence
 * completes once more when the sequence is over. */
static __always_inline int on_complete(struct request *rq, int error, u32 bytes)
{
	struct completion done = {.rq = rq, .error = error, .bytes = bytes};
	struct request_slot *slot = find_request((u64)rq), seen = {.row = UNCOUNTED_ROW};
	struct iopath_block_row *row;
	u32 op = READ_FIELD(rq, request, cmd_flags) & REQ_OP_MASK;

	done.now = bpf_ktime_get_ns();
	done.allocated = READ_FIELD(rq, request, start_time_ns);
	done.whole = bytes >= READ_FIELD(rq, request, __data_len);
	done.in_sequence = wants_flush(&done, op);
	if (slot) {
		seen = *slot;
		if (done.whole && in_flush_sequence(READ_FIELD(rq, request, rq_flags)))
			slot->issued = 0;
		else if (done.whole)
			drop_request(slot, (u64)rq);
	}
	note_completion(&done, op, seen.issued);
	row = block_row(seen.row);
	if (!seen.issued)
		count_unissued(&done, slot, row);
	else if (row)
		count_done(&done, &seen, row);
	return 0;
}

/* ---- on the way -------------------------------------------------------------------- */

static __always_inline int on_requeue(struct request *rq)
{
	struct request_slot *slot = find_request((u64)rq);
	struct iopath_block_row *row;

	if (!slot)
		return 0;
	slot->issued = 0;
	row = block_row(slot->row);
	if (row)
		row->requeues++;
	return 0;
}

/* A request that is merged into another ends here. */
static __always_inline int on_merge(struct request *rq)
{
	struct request_slot *slot = find_request((u64)rq);
	struct iopath_block_row *row;

	if (!slot)
		return 0;
	row = block_row(slot->row);
	drop_request(slot, (u64)rq);
	if (row)
		row->merges++;
	return 0;
}

/* The current thread asks for a request, and may have to wait for one. */
static __always_inline void arm_request(bool on)
{
	struct ledger *ledger = find_ledger(current_task());

	if (!ledger)
		return;
	if (on)
		ledger->armed |= ARMED_REQUEST;
	else
		ledger->armed &= ~ARMED_REQUEST;
}

/* A device without requests (dm, zram) gives its bio away at once. */
static __always_inline int on_bio_queue(struct bio *bio)
{
	void *queue = READ_FIELD(disk_of(bio), gendisk, queue);

	if (READ_FIELD(queue, request_queue, mq_ops))
		arm_request(true);
	return 0;
}

/* The row in which a bio counts that the current thread submits. */
static __always_inline struct iopath_block_row *row_of_bio(struct bio *bio)
{
	return block_row(place_request(disk_of(bio), bio, READ_FIELD(bio, bio, bi_opf), true) >>
	                 16);
}

static __always_inline int on_bio_merged(struct bio *bio)
{
	struct iopath_block_row *row = row_of_bio(bio);

	arm_request(false);
	if (row)
		row->merges++;
	return 0;
}

/* ---- programs ---------------------------------------------------------------------- */

#define TRACE_NUMBERS(event, name, args...) TRACE_AS(raw_tp, event, name##__, raw_tp, ##args)

TRACE_NUMBERS(block_io_start, block_start, struct request *rq)
{
	return UNDISTURBED(on_start(rq));
}

SEC("?raw_tp/block_rq_insert")
int BPF_PROG(block_start__raw_tp_insert, struct request *rq)
{
	return UNDISTURBED(on_insert_as_start(rq));
}

TRACE_NUMBERS(block_rq_issue, block_issue, struct request *rq)
{
	return UNDISTURBED(on_issue(rq));
}

TRACE_NUMBERS(block_rq_complete, block_complete, struct request *rq, int error, unsigned int bytes)
{
	return UNDISTURBED(on_complete(rq, error, bytes));
}

TRACE_NUMBERS(block_rq_requeue, block_requeue, struct request *rq)
{
	return UNDISTURBED(on_requeue(rq));
}

TRACE_NUMBERS(block_rq_merge, block_merge, struct request *rq)
{
	return UNDISTURBED(on_merge(rq));
}

TRACE_NUMBERS(block_bio_queue, bio_queue, struct bio *bio)
{
	return UNDISTURBED(on_bio_queue(bio));
}

TRACE_NUMBERS(block_getrq, block_getrq, struct bio *bio)
{
	arm_request(false);
	return 0;
}

TRACE_NUMBERS(block_bio_backmerge, bio_backmerge, struct bio *bio)
{
	return UNDISTURBED(on_bio_merged(bio));
}

TRACE_NUMBERS(block_bio_frontmerge, bio_frontmerge, struct bio *bio)
{
	return UNDISTURBED(on_bio_merged(bio));
}

#ifdef IOPATH_UNTYPED
/* Before 5.11 the queue comes first (in 5.10.y not any more for the requests, from
 * 5.10.137 on), and merges have the request, too. */
SEC("?raw_tp/block_rq_insert")
int BPF_PROG(block_start__raw_tp_insert_2, void *queue, struct request *rq)
{
	return on_insert_as_start(rq);
}

VARIANT(block_rq_issue, block_issue, 2, void *queue, struct request *rq)
{
	return on_issue(rq);
}

VARIANT(block_rq_requeue, block_requeue, 2, void *queue, struct request *rq)
{
	return UNDISTURBED(on_requeue(rq));
}

VARIANT(block_rq_merge, block_merge, 2, void *queue, struct request *rq)
{
	return UNDISTURBED(on_merge(rq));
}

VARIANT(block_bio_queue, bio_queue, 2, void *queue, struct bio *bio)
{
	return UNDISTURBED(on_bio_queue(bio));
}

VARIANT(block_getrq, block_getrq, 3, void *queue, struct bio *bio, int direction)
{
	arm_request(false);
	return 0;
}

VARIANT(block_bio_backmerge, bio_backmerge, 3, void *queue, void *rq, struct bio *bio)
{
	return UNDISTURBED(on_bio_merged(bio));
}

VARIANT(block_bio_frontmerge, bio_frontmerge, 3, void *queue, void *rq, struct bio *bio)
{
	return UNDISTURBED(on_bio_merged(bio));
}
#endif
