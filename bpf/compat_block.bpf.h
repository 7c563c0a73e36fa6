/* SPDX-License-Identifier: GPL-2.0-only */
/* compat.bpf.h for the block layer: what differs between kernels, one accessor per fact. */
#ifndef IOPATH_COMPAT_BLOCK_BPF_H
#define IOPATH_COMPAT_BLOCK_BPF_H

#include "compat.bpf.h"

/* count_loss() for programs with many places to call it. */
__noinline int count_block_loss(u32 reason)
{
	if (reason < IOPATH_LOSS_COUNT)
		count_loss(reason);
	return 0;
}

/* request.rq_disk moved to request_queue.disk in 5.15. */
struct request___before_5_15 {
	struct gendisk *rq_disk;
} __attribute__((preserve_access_index));

/* dev_t of a disk; 0 for none. */
static __always_inline u32 disk_device(void *disk)
{
	if (!disk)
		return 0;
	return (u32)READ_FIELD(disk, gendisk, major) << 20 |
	       (u32)READ_FIELD(disk, gendisk, first_minor);
}

/* bio.bi_disk became bi_bdev->bd_disk in 5.12. */
struct bio___before_5_12 {
	struct gendisk *bi_disk;
} __attribute__((preserve_access_index));

static __always_inline void *disk_of(struct bio *bio)
{
	void *device;

	if (!bpf_core_field_exists(bio->bi_bdev))
		return BPF_CORE_READ((struct bio___before_5_12 *)bio, bi_disk);
	device = READ_FIELD(bio, bio, bi_bdev);
	return READ_FIELD(device, block_device, bd_disk);
}

/* The whole disk of a request; NULL for a queue without a disk. */
static __always_inline void *request_disk(struct request *rq)
{
	void *queue;

	if (!bpf_core_field_exists(struct request_queue, disk))
		return BPF_CORE_READ((struct request___before_5_15 *)rq, rq_disk);
	queue = READ_FIELD(rq, request, q);
	return READ_FIELD(queue, request_queue, disk);
}

static __always_inline u32 request_device(struct request *rq)
{
	return disk_device(request_disk(rq));
}

/* Flags of a request move as others are added: ask for their bits. */
enum req_flag_bits___any {
	__REQ_SYNC___any,
	__REQ_META___any,
	__REQ_FUA___any,
	__REQ_PREFLUSH___any,
	__REQ_RAHEAD___any,
	__REQ_BACKGROUND___any
};
#define REQUEST_FLAG_BIT(name) bpf_core_enum_value(enum req_flag_bits___any, __REQ_##name##___any)
#define REQUEST_FLAG(name)     (1U << REQUEST_FLAG_BIT(name))

static __always_inline bool bio_wants_flush(void *bio)
{
	return bio && (READ_FIELD(bio, bio, bi_opf) & (REQUEST_FLAG(FUA) | REQUEST_FLAG(PREFLUSH)));
}

/* Operation and flags of a bio. A flush is a write without data until it is a request. */
static __always_inline u32 bio_flags(struct bio *bio)
{
	u32 flags = READ_FIELD(bio, bio, bi_opf), flush = REQ_OP_WRITE | REQUEST_FLAG(PREFLUSH);

	if ((flags & (REQ_OP_MASK | REQUEST_FLAG(PREFLUSH))) == flush &&
	    !READ_FIELD(bio, bio, bi_iter.bi_size))
		flags += REQ_OP_FLUSH - REQ_OP_WRITE;
	return flags;
}

/* request.rq_flags: an enum with a name (6.18), one without (6.12) since 6.11, when the bits
 * moved and limits got their features; before, from 5.10 on, macros with the same bits. */
enum rqf_flags___named { __RQF_FLUSH_SEQ___named, __RQF_TIMED_OUT___named };
#define RQF_BIT(name, since_6_11, before)                                                          \
	(bpf_core_enum_value_exists(enum rqf_flags___named, __RQF_##name##___named)                \
	     ? bpf_core_enum_value(enum rqf_flags___named, __RQF_##name##___named)                 \
	 : bpf_core_field_exists(struct queue_limits, features) ? (since_6_11)                     \
	                                                        : (before))

/* 1 for part of a flush sequence, which completes the request once more at its end. Shifted,
 * as the verifier would follow both ways of a test. */
static __always_inline u32 in_flush_sequence(u32 rq_flags)
{
	return rq_flags >> RQF_BIT(FLUSH_SEQ, 1, 4) & 1;
}

static __always_inline u32 timed_out(u32 rq_flags)
{
	return rq_flags >> RQF_BIT(TIMED_OUT, 14, 21) & 1;
}

/* block_rq_complete had an errno, below 0, until blk_status_t in 5.16. When 6.11 took
 * BLK_STS_ZONE_RESOURCE (14) away those behind it moved; limits got their features then. */
static __always_inline u32 block_status(int error)
{
	if (error < 0)
		return IOPATH_STATUS_ERRNO | -error;
	if (error > 14 && !bpf_core_field_exists(struct queue_limits, features))
		return error - 1;
	return error;
}

/* bpf_get_current_cgroup_id(), which costs eight times as much as these loads. */
static __always_inline u64 cgroup_id_of(struct task_struct *task)
{
	void *groups, *cgroup, *node;

	if (!HAS_RDONLY_CAST)
		return bpf_get_current_cgroup_id();
	groups = READ_FIELD(task, task_struct, cgroups);
	cgroup = READ_FIELD(groups, css_set, dfl_cgrp);
	node = READ_FIELD(cgroup, cgroup, kn);
	return READ_FIELD(node, kernfs_node, id);
}

/* Since 6.9 all requests behind one plug get the start time of the first, which may be long
 * ago: is the current thread's next one of several? */
static __always_inline bool start_time_is_old(struct task_struct *task)
{
	void *plug;

	if (!bpf_core_field_exists(struct blk_plug, cur_ktime))
		return false;
	plug = READ_FIELD(task, task_struct, plug);
	return plug && READ_FIELD(plug, blk_plug, rq_count);
}

/* The blkcg state of a bio's cgroup, NULL where the kernel keeps none. */
static __always_inline void *bio_css(void *bio)
{
	void *blkg, *blkcg;

	if (!bio || !bpf_core_field_exists(struct bio, bi_blkg))
		return NULL;
	blkg = READ_FIELD(bio, bio, bi_blkg);
	blkcg = blkg ? READ_FIELD(blkg, blkcg_gq, blkcg) : NULL;
	return blkcg ? blkcg + bpf_core_field_offset(struct blkcg, css) : NULL;
}

/* The id of its cgroup; 0 in a hierarchy of version 1, whose ids are not those we know. */
static __always_inline u64 css_cgroup_id(void *css)
{
	void *cgroup = READ_FIELD(css, cgroup_subsys_state, cgroup);
	void *root = cgroup ? READ_FIELD(cgroup, cgroup, root) : NULL;

	if (!root || READ_FIELD(root, cgroup_root, hierarchy_id))
		return 0;
	return READ_FIELD(READ_FIELD(cgroup, cgroup, kn), kernfs_node, id);
}

#endif
