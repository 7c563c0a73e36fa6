/* SPDX-License-Identifier: GPL-2.0-only */
/* compat.bpf.h for the block layer: what differs between kernels, one accessor per fact. */
#ifndef IOPATH_COMPAT_BLOCK_BPF_H
#define IOPATH_COMPAT_BLOCK_BPF_H

#include "compat.bpf.h"

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

/* dev_t of the whole disk of a request; 0 for a queue without a disk. */
static __always_inline u32 request_device(struct request *rq)
{
	void *queue;

	if (!bpf_core_field_exists(struct request_queue, disk))
		return disk_device(BPF_CORE_READ((struct request___before_5_15 *)rq, rq_disk));
	queue = READ_FIELD(rq, request, q);
	return disk_device(READ_FIELD(queue, request_queue, disk));
}

/* REQ_PREFLUSH and REQ_FUA move as flags are added: ask for their bits. */
enum req_flag_bits___any { __REQ_FUA___any, __REQ_PREFLUSH___any };

static __always_inline bool bio_wants_flush(void *bio)
{
	u32 fua = bpf_core_enum_value(enum req_flag_bits___any, __REQ_FUA___any);
	u32 preflush = bpf_core_enum_value(enum req_flag_bits___any, __REQ_PREFLUSH___any);

	return bio && (READ_FIELD(bio, bio, bi_opf) & (1U << fua | 1U << preflush));
}

#endif
