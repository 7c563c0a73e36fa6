// SPDX-License-Identifier: GPL-2.0-only
/* Layer block: requests from allocation to completion, and threads that wait for
 * a request to be had. */
#include "compat_block.bpf.h"
#include "ledger.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* ---- issue stamps ------------------------------------------------------------- */

static __always_inline struct issue_slot *issue_slot_of(u64 request)
{
	u32 index = (request * 0x9E3779B97F4A7C15ULL) >> 50;

	return bpf_map_lookup_elem(&issue_slots, &index);
}

/* Takes the slot of a request. Two requests of one slot may be issued at once: the
 * compare-and-swap has one of them go to the hash. */
static __always_inline bool take_slot(struct issue_slot *slot, u64 request)
{
#ifdef IOPATH_UNTYPED /* no compare-and-swap before 5.12 */
	return false;
#else
	u64 holder;

	if (!slot)
		return false;
	holder = __sync_val_compare_and_swap(&slot->request, 0, request);
	return !holder || holder == request;
#endif
}

static __always_inline void stamp_issue(u64 request, u64 now)
{
	struct issue_slot *slot = issue_slot_of(request);

	if (take_slot(slot, request))
		slot->issued = now;
	else if (bpf_map_update_elem(&issue_overflow, &request, &now, BPF_ANY))
		count_loss(IOPATH_LOSS_map_full);
}

/* The stamp of a request's issue, taken out; 0 where there is none. */
static __always_inline u64 take_issue(u64 request)
{
	struct issue_slot *slot = issue_slot_of(request);
	u64 *stored, issued;

	if (slot && slot->request == request) {
		issued = slot->issued;
		slot->request = 0;
		return issued;
	}
	stored = bpf_map_lookup_elem(&issue_overflow, &request);
	if (!stored)
		return 0;
	issued = *stored;
	bpf_map_delete_elem(&issue_overflow, &request);
	return issued;
}

/* ---- rows ------------------------------------------------------------------------ */

/* Set once attached: requests allocated earlier may have been issued unseen. */
iop_u64 attached_ns;

/* Row 0 takes what found no room. */
static __noinline u32 add_block_row(struct iopath_block_key *key)
{
	u32 row, *known;

	if (!key)
		return 0;
	row = take_number(IOPATH_NUMBERED_BLOCK_ROW, IOPATH_FIRST_FREE_BLOCK_ROW,
	                  config.max_block_rows);
	if (!row)
		return 0;
	if (!bpf_map_update_elem(&block_dictionary, key, &row, BPF_NOEXIST))
		return row;
	known = bpf_map_lookup_elem(&block_dictionary, key);
	return known ? *known : 0;
}

/* The row of a device and op; the catch-all row, and a loss, where there is no room. */
static __always_inline struct iopath_block_row *block_row_for(u32 dev, u32 op)
{
	struct iopath_block_key key = {.dev = dev, .op = op & REQ_OP_MASK};
	u32 *known = bpf_map_lookup_elem(&block_dictionary, &key);
	u32 row = known ? *known : add_block_row(&key);

	if (!row)
		count_loss(IOPATH_LOSS_map_full);
	return bpf_map_lookup_elem(&block_rows, &row);
}

static __always_inline struct iopath_block_row *block_row_of(struct request *rq)
{
	return block_row_for(request_device(rq), FIELD(rq, request, cmd_flags));
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

/* ---- bodies ---------------------------------------------------------------------- */

static __always_inline int on_issue(void *rq)
{
	stamp_issue((u64)rq, bpf_ktime_get_ns());
	return 0;
}

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

/* Without a stamp a request is the parent of a flush sequence, a later part of one that
 * completes in parts (the first ended its service), or was issued before we attached. */
static __always_inline int on_complete(struct request *rq, int error, u32 bytes)
{
	u64 now = bpf_ktime_get_ns(), allocated = FIELD(rq, request, start_time_ns), issued,
	    started;
	u32 op = FIELD(rq, request, cmd_flags) & REQ_OP_MASK;
	struct cpu_state *cpu = this_cpu();
	struct iopath_block_row *row;
	bool in_sequence = false;

	if (!cpu)
		return 0;
	issued = take_issue(address_of(rq));
	started = issued;
	if (op == REQ_OP_FLUSH) {
		keep_flush(request_device(rq), issued);
	} else if (op == REQ_OP_WRITE && bio_wants_flush(READ_FIELD(rq, request, bio))) {
		in_sequence = true;
		started = sequence_start(request_device(rq), allocated, issued);
	}
	if (started)
		note_request(cpu, started, now, in_sequence || op == REQ_OP_FLUSH);
	if (!issued) {
		if (attached_ns && allocated > attached_ns && !in_sequence &&
		    bytes == FIELD(rq, request, __data_len))
			count_loss(IOPATH_LOSS_no_start);
		return 0;
	}
	row = block_row_of(rq);
	if (!row)
		return 0;
	row->bytes += bytes;
	if (error)
		row->errors++;
	if (allocated && allocated <= issued)
		count_queue(row, issued - allocated);
	count_service(row, now - issued);
	return 0;
}

static __always_inline int on_requeue(struct request *rq)
{
	struct iopath_block_row *row = block_row_of(rq);

	take_issue(address_of(rq));
	if (row)
		row->requeues++;
	return 0;
}

static __always_inline int on_merge(struct request *rq)
{
	struct iopath_block_row *row = block_row_of(rq);

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

static __always_inline int on_bio_merged(struct bio *bio)
{
	struct iopath_block_row *row =
	    block_row_for(disk_device(disk_of(bio)), FIELD(bio, bio, bi_opf));

	arm_request(false);
	if (row)
		row->merges++;
	return 0;
}

/* Only the address is of interest: a number from the start. */
SEC("?raw_tp/block_rq_issue")
int BPF_PROG(block_issue__raw_tp, void *rq)
{
	return on_issue(rq);
}

TRACE(block_rq_complete, block_complete, struct request *rq, int error, unsigned int bytes)
{
	return UNDISTURBED(on_complete(rq, error, bytes));
}

TRACE(block_rq_requeue, block_requeue, struct request *rq)
{
	return UNDISTURBED(on_requeue(rq));
}

TRACE(block_rq_merge, block_merge, struct request *rq)
{
	return UNDISTURBED(on_merge(rq));
}

TRACE(block_bio_queue, bio_queue, struct bio *bio)
{
	return UNDISTURBED(on_bio_queue(bio));
}

TRACE(block_getrq, block_getrq, struct bio *bio)
{
	arm_request(false);
	return 0;
}

TRACE(block_bio_backmerge, bio_backmerge, struct bio *bio)
{
	return UNDISTURBED(on_bio_merged(bio));
}

TRACE(block_bio_frontmerge, bio_frontmerge, struct bio *bio)
{
	return UNDISTURBED(on_bio_merged(bio));
}

#ifdef IOPATH_UNTYPED
/* Before 5.11 the queue comes first (in 5.10.y not any more for the requests, from
 * 5.10.137 on), and merges have the request, too. */
SEC("?raw_tp/block_rq_issue")
int BPF_PROG(block_issue__raw_tp_2, void *queue, void *rq)
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
