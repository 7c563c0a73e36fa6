/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices without requests of their own: those that hand their bios on (dm, md, NVMe
 * multipath) and those that serve them at once (zram, brd, pmem). A bio is theirs from
 * block_bio_queue to block_bio_complete; what they hand on (a clone, or the bio itself)
 * is known from block_bio_remap, and done with its bio or with the request it is part of.
 * The functions take numbers only, so that every kernel verifies them by themselves. */
#ifndef IOPATH_STACK_BPF_H
#define IOPATH_STACK_BPF_H

#include "block_errors.bpf.h"
#include "block_order.bpf.h"
#include "notes.bpf.h"
#include "submitters.bpf.h"

/* No request needs to be searched for bios before one has been handed on. */
iop_u64 handed_on;

static __always_inline void know_stacked(u32 dev)
{
	u32 *known = bpf_map_lookup_elem(&stacked_devices, &dev), yes = 1;

	if (!known && bpf_map_update_elem(&stacked_devices, &dev, &yes, BPF_ANY))
		count_block_loss(IOPATH_LOSS_detail_full);
}

/* The end of a bio was not seen: it is with its device no more, but has not been counted. */
static __always_inline void give_up_stacked(const struct stacked_bio *bio)
{
	struct iopath_block_row *row = block_row(bio->row);

	count_block_loss(IOPATH_LOSS_no_end);
	if (row)
		leave_device(row, bio->begun);
}

/* The current thread gives a bio to a device that has no requests. One that has just been
 * handed on to it is known; any other of that address is long gone. */
__noinline int begin_stacked(u64 key)
{
	struct bio *bio = (struct bio *)key;
	struct stacked_bio fresh = {.dev = disk_device(disk_of(bio))}, *known;
	struct cpu_state *cpu = this_cpu();
	struct iopath_block_row *row;
	u64 place;

	if (!cpu)
		return 0;
	place = place_bio(key, current_context(cpu) == IN_TASK);
	know_stacked(fresh.dev);
	known = bpf_map_lookup_elem(&stacked_bios, &key);
	if (known && known->begun)
		give_up_stacked(known);
	else if (known && known->hops[0].dev == fresh.dev)
		fresh.hops[0] = known->hops[0];
	fresh.flags = bio_flags(bio);
	fresh.row = place >> 16;
	fresh.submitter = place;
	fresh.held = !!(place & HELD);
	fresh.bytes = READ_FIELD(bio, bio, bi_iter.bi_size);
	fresh.sector = READ_FIELD(bio, bio, bi_iter.bi_sector);
	fresh.begun = bpf_ktime_get_ns();
	if (bpf_map_update_elem(&stacked_bios, &key, &fresh, BPF_ANY)) {
		count_block_loss(IOPATH_LOSS_map_full);
		return 0;
	}
	row = block_row(fresh.row);
	if (row)
		enter_device(row, fresh.begun, fresh.sector, fresh.bytes);
	return 0;
}

/* Was it given to this device, or handed on to it? */
static __always_inline bool came_to(const struct stacked_bio *bio, u32 dev)
{
	return bio->dev == dev || bio->hops[0].dev == dev || bio->hops[1].dev == dev;
}

/* From a device to one below it; from a partition to its disk is no such step. Where the bio
 * itself goes on its steps follow one another, and end together; of more than two the last. */
static __always_inline int on_remap(struct bio *bio, u32 from)
{
	u64 key = (u64)bio;
	struct stacked_bio fresh = {}, *known;
	struct hop hop = {.from = from};

	if (!bpf_map_lookup_elem(&stacked_devices, &from))
		return 0;
	hop.dev = disk_device(disk_of(bio));
	hop.at = bpf_ktime_get_ns();
	known = bpf_map_lookup_elem(&stacked_bios, &key);
	if (known && came_to(known, from)) {
		known->hops[known->hops[0].at != 0] = hop;
	} else {
		if (known && known->begun)
			give_up_stacked(known);
		fresh.flags = bio_flags(bio);
		fresh.hops[0] = hop;
		if (bpf_map_update_elem(&stacked_bios, &key, &fresh, BPF_ANY))
			count_block_loss(IOPATH_LOSS_map_full);
	}
	handed_on = 1;
	return 0;
}

static __always_inline void count_hop(const struct hop *hop, u32 flags, u64 now)
{
	struct iopath_level_key key = {
	    .dev = hop->dev, .from = hop->from, .op = flags & REQ_OP_MASK};
	struct iopath_level *level, fresh = {};

	if (!hop->at)
		return;
	level = bpf_map_lookup_elem(&block_levels, &key);
	if (!level) {
		bpf_map_update_elem(&block_levels, &key, &fresh, BPF_NOEXIST);
		level = bpf_map_lookup_elem(&block_levels, &key);
	}
	if (!level) {
		count_block_loss(IOPATH_LOSS_detail_full);
		return;
	}
	level->count++;
	level->ns += now - hop->at;
}

/* Of a device without requests: it is done with a bio. */
static __always_inline void count_stacked(const struct stacked_bio *bio, u64 now, u32 status)
{
	struct iopath_block_row *row = block_row(bio->row);
	u64 service = now - bio->begun;

	if (!row)
		return;
	leave_device(row, bio->begun);
	row->bytes += bio->bytes;
	if (status) {
		row->errors++;
		note_error(bio->row, bio->submitter, block_status(status), bio->sector);
	}
	count_flags(row, bio->flags);
	count_size(row, bio->bytes);
	count_service(row, service);
	count_submitted(bio->submitter, bio->bytes, 1, service);
}

/* A bio is done, with all levels that it went through. Whoever is woken for it waited for
 * the outermost of them. */
__noinline int end_bio(u64 key, u64 now, u32 status)
{
	struct stacked_bio *known = bpf_map_lookup_elem(&stacked_bios, &key), bio;
	struct cpu_state *cpu = this_cpu();
	u32 flushing = REQUEST_FLAG(FUA) | REQUEST_FLAG(PREFLUSH);
	struct hop whole = {};

	if (!known)
		return 0;
	bio = *known;
	bpf_map_delete_elem(&stacked_bios, &key);
	count_hop(&bio.hops[0], bio.flags, now);
	count_hop(&bio.hops[1], bio.flags, now);
	if (!bio.begun)
		return 0;
	whole.at = bio.begun;
	whole.dev = bio.dev;
	count_hop(&whole, bio.flags, now);
	if (cpu)
		note_request(cpu, bio.held ? bio.begun : 0, bio.begun, now,
		             bio.flags & flushing ? NOTE_FLUSH : 0);
	count_stacked(&bio, now, status);
	return 0;
}

static __always_inline int on_bio_complete(struct bio *bio)
{
	return end_bio((u64)bio, bpf_ktime_get_ns(), READ_FIELD(bio, bio, bi_status));
}

/* A bio's address as a number: what READ_FIELD loads is a pointer, which no function takes. */
#define READ_ADDRESS(address, type, field)                                                         \
	({                                                                                         \
		u64 value_ = 0;                                                                    \
		struct type *raw_ = (struct type *)(address);                                      \
		if (bpf_core_read(&value_, sizeof(value_), &raw_->field))                          \
			count_block_loss(IOPATH_LOSS_read_failed);                                 \
		value_;                                                                            \
	})

/* Some bios from `bio` on that are done with the next `bytes` of their request; the one to go on
 * with, 0 for none. Few at a time: the verifier compares each round of a loop with all before. */
#define SOME_BIOS 8
__noinline u64 end_some_bios(u64 bio, u64 bytes, u64 now, u32 status)
{
	for (int i = 0; i < SOME_BIOS && bio; i++) {
		u32 size = READ_FIELD((struct bio *)bio, bio, bi_iter.bi_size);

		if (size > bytes)
			return 0;
		bytes -= size;
		end_bio(bio, now, status);
		bio = READ_ADDRESS(bio, bio, bi_next);
	}
	return bytes ? bio : 0;
}

/* The bios of a request that are done with its next `bytes`, or with all of it. */
__noinline int end_bios_of(u64 request, u32 bytes, u64 now, u32 status)
{
	u64 bio = READ_ADDRESS(request, request, bio);
	bool whole = bytes >= READ_FIELD((struct request *)request, request, __data_len);

	for (int i = 0; i < 32 && bio; i++) {
		bio = end_some_bios(bio, whole ? ~0ULL : bytes, now, status);
		if (!whole)
			break;
	}
	if (bio)
		count_block_loss(IOPATH_LOSS_detail_full);
	return 0;
}

#endif
