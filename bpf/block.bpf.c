// SPDX-License-Identifier: GPL-2.0-only
/* Layer block: requests from allocation to completion, and threads that wait for
 * a request to be had. */
#include "maps.bpf.h"
#include "ledger.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* ---- issue stamps ------------------------------------------------------------- */

static __always_inline struct issue_slot *issue_slot_of(u64 request)
{
	u32 index = (request * 0x9E3779B97F4A7C15ULL) >> 50;

	return bpf_map_lookup_elem(&issue_slots, &index);
}

static __always_inline void stamp_issue(u64 request, u64 now)
{
	struct issue_slot *slot = issue_slot_of(request);

	if (slot && (!slot->request || slot->request == request)) {
		slot->issued = now;
		slot->request = request;
	} else if (bpf_map_update_elem(&issue_overflow, &request, &now, BPF_ANY)) {
		count_loss(IOPATH_LOSS_map_full);
	}
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

iop_u32 block_rows_taken = 1; /* row 0 takes what found no room */

/* Set once attached: requests allocated earlier may have been issued unseen. */
iop_u64 attached_ns;

static __noinline u32 add_block_row(struct iopath_block_key *key)
{
	u32 row, *known;

	if (!key || block_rows_taken >= config.max_block_rows)
		return 0;
	row = __sync_fetch_and_add(&block_rows_taken, 1);
	if (!bpf_map_update_elem(&block_dictionary, key, &row, BPF_NOEXIST))
		return row;
	known = bpf_map_lookup_elem(&block_dictionary, key);
	return known ? *known : 0;
}

static __always_inline struct iopath_block_row *block_row_of(struct request *rq)
{
	struct iopath_block_key key = {.dev = request_device(rq),
	                               .op = rq->cmd_flags & REQ_OP_MASK};
	u32 *known = bpf_map_lookup_elem(&block_dictionary, &key);
	u32 row = known ? *known : add_block_row(&key);

	if (!row)
		count_loss(IOPATH_LOSS_map_full);
	return bpf_map_lookup_elem(&block_rows, &row);
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

static __always_inline int on_issue(struct request *rq)
{
	struct cpu_state *cpu = this_cpu();

	if (cpu)
		stamp_issue(address_of(cpu, rq), bpf_ktime_get_ns());
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

/* A request can complete in parts: the first part ends its service. Without a
 * stamp it is the parent of a flush sequence (its flush left the note and was
 * counted itself), a later part, or was issued before we attached. */
static __always_inline int on_complete(struct request *rq, int error, u32 bytes)
{
	u64 now = bpf_ktime_get_ns(), allocated = rq->start_time_ns, issued;
	struct cpu_state *cpu = this_cpu();
	struct iopath_block_row *row;

	if (!cpu)
		return 0;
	issued = take_issue(address_of(cpu, rq));
	if (!issued) {
		if (attached_ns && allocated > attached_ns &&
		    !bio_wants_flush(READ_FIELD(rq, request, bio)) && bytes == rq->__data_len)
			count_loss(IOPATH_LOSS_no_start);
		return 0;
	}
	note_request(cpu, issued, now, (rq->cmd_flags & REQ_OP_MASK) == REQ_OP_FLUSH);
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
	struct cpu_state *cpu = this_cpu();

	if (cpu)
		take_issue(address_of(cpu, rq));
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
	struct ledger *ledger = find_ledger(bpf_get_current_task_btf());

	if (!ledger)
		return;
	if (on)
		ledger->armed |= ARMED_REQUEST;
	else
		ledger->armed &= ~ARMED_REQUEST;
}

static __always_inline void *disk_of(struct bio *bio)
{
	void *device = READ_FIELD(bio, bio, bi_bdev);

	return READ_FIELD(device, block_device, bd_disk);
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
	struct iopath_block_key key = {
	    .dev = disk_device(disk_of(bio)),
	    .op = bio->bi_opf & REQ_OP_MASK,
	};
	u32 *known = bpf_map_lookup_elem(&block_dictionary, &key);
	u32 row = known ? *known : add_block_row(&key);
	struct iopath_block_row *counts = bpf_map_lookup_elem(&block_rows, &row);

	arm_request(false);
	if (counts)
		counts->merges++;
	return 0;
}

SEC("?tp_btf/block_rq_issue")
int BPF_PROG(block_issue__tp_btf, struct request *rq)
{
	return on_issue(rq);
}

SEC("?tp_btf/block_rq_complete")
int BPF_PROG(block_complete__tp_btf, struct request *rq, int error, unsigned int bytes)
{
	return on_complete(rq, error, bytes);
}

SEC("?tp_btf/block_rq_requeue")
int BPF_PROG(block_requeue__tp_btf, struct request *rq)
{
	return on_requeue(rq);
}

SEC("?tp_btf/block_rq_merge")
int BPF_PROG(block_merge__tp_btf, struct request *rq)
{
	return on_merge(rq);
}

SEC("?tp_btf/block_bio_queue")
int BPF_PROG(bio_queue__tp_btf, struct bio *bio)
{
	return on_bio_queue(bio);
}

SEC("?tp_btf/block_getrq")
int BPF_PROG(block_getrq__tp_btf, struct bio *bio)
{
	arm_request(false);
	return 0;
}

SEC("?tp_btf/block_bio_backmerge")
int BPF_PROG(bio_backmerge__tp_btf, struct bio *bio)
{
	return on_bio_merged(bio);
}

SEC("?tp_btf/block_bio_frontmerge")
int BPF_PROG(bio_frontmerge__tp_btf, struct bio *bio)
{
	return on_bio_merged(bio);
}
