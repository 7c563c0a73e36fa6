/* SPDX-License-Identifier: GPL-2.0-only */
/* Who asked for a request, known only while they do: at completion the current thread is
 * anybody. A process counts with its own cgroup; what the kernel submits for others, above
 * all writeback, with the one its bio is charged to. */
#ifndef IOPATH_SUBMITTERS_BPF_H
#define IOPATH_SUBMITTERS_BPF_H

#include "block_rows.bpf.h"
#include "scope.bpf.h"

/* Where a request is counted. */
struct request_place {
	u16 row;
	u16 submitter;
};
#define UNCOUNTED ((struct request_place){.row = UNCOUNTED_ROW})

#define CGROUP_DEPTH 16

/* Is the cgroup that a bio is charged to the one looked at, or below it? */
static __noinline bool css_in_scope(void *css)
{
	for (int i = 0; i < CGROUP_DEPTH && css; i++) {
		if (css_cgroup_id(css) == config.cgroup_id)
			return true;
		css = READ_FIELD(css, cgroup_subsys_state, parent);
	}
	return false;
}

/* What kernel threads do may be for the scope: journal, loop and dm cannot say. Writeback
 * is for whoever made the pages dirty, of whom the cgroup alone is known. */
static __always_inline bool kernel_in_scope(u32 kind, void *bio)
{
	void *css;

	if (config.scope == IOPATH_SCOPE_CGROUP) {
		css = bio_css(bio);
		return css ? css_in_scope(css) : kind == IOPATH_SUBMITTER_UNKNOWN;
	}
	return kind != IOPATH_SUBMITTER_WRITEBACK ||
	       (config.scope == IOPATH_SCOPE_SYSTEM && !config.filter_comm);
}

/* What the name of a work queue, or of what it works on, begins with, as a word: letter by
 * letter each would be a path of its own to verify. */
union name_word {
	char letters[8];
	u64 word;
};
#define NAME_WORD(letters...) ((union name_word){{letters}}.word)
#define FLUSHER               NAME_WORD('f', 'l', 'u', 's', 'h', '-')
/* Hands on what others asked for. */
#define KBLOCKD NAME_WORD('k', 'b', 'l', 'o', 'c', 'k', 'd')
/* Lets through what io.max held back (blk_throtl_dispatch_work_fn): what passes at once goes
 * on in the thread that asks. */
#define KTHROTLD NAME_WORD('k', 't', 'h', 'r', 'o', 't', 'l', 'd')

/* 0 or 1, without a branch, which the verifier would follow to the end. */
static __always_inline u64 begins_with(const char *name, u64 word, u32 letters)
{
	u64 difference = (*(const u64 *)name ^ word) << (64 - 8 * letters);

	return 1 - ((difference | -difference) >> 63);
}

/* 0, but not to the verifier, which follows paths to the end that differ in a constant. */
iop_u64 unknown_zero;

/* Fills in a kernel thread. */
static __noinline int name_kernel_thread(struct iopath_submitter_key *key)
{
	struct task_struct *task = current_task();

	if (!key)
		return 0;
	if (!(TASK(task, flags) & PF_WQ_WORKER)) {
		key->kind = unknown_zero + IOPATH_SUBMITTER_KERNEL;
		key->tgid = TASK(task, tgid);
		return 0;
	}
	read_work(key->worker, IOPATH_COMM, task);
	/* IOPATH_SUBMITTER_KERNEL, _WRITEBACK of a flusher, _UNKNOWN of kblockd. */
	key->kind = (IOPATH_SUBMITTER_KERNEL + begins_with(key->worker, FLUSHER, 6)) *
	            (1 - begins_with(key->worker, KBLOCKD, 7));
	return 0;
}

/* With --by: whose row it is. */
static __always_inline u64 block_row_scope(const struct iopath_submitter_key *key)
{
	if (config.by == IOPATH_BY_PROCESS)
		return (u64)key->kind << 32 | key->tgid;
	return config.by == IOPATH_BY_CGROUP ? key->cgroup : 0;
}

/* A submitter seen for the first time; its number, 0 where there is no room. */
static __noinline u32 add_submitter(struct iopath_submitter_key *key, u32 row)
{
	struct iopath_submitter *info;
	u32 number;

	if (!key)
		return 0;
	number = take_number(IOPATH_NUMBERED_SUBMITTER, IOPATH_FIRST_FREE_SUBMITTER,
	                     config.max_submitters);
	info = bpf_map_lookup_elem(&submitters, &number);
	if (!number || !info) {
		count_block_loss(IOPATH_LOSS_detail_full);
		return 0;
	}
	info->key = *key;
	info->row = row;
	if (key->kind == IOPATH_SUBMITTER_PROCESS || key->kind == IOPATH_SUBMITTER_KERNEL)
		read_comm(info->comm, named_task(current_task()));
	return enter_number(&submitter_dictionary, key, number);
}

/* Where what this submitter asks for is counted. */
static __always_inline struct request_place find_place(struct iopath_submitter_key *key, void *disk)
{
	u32 *known = bpf_map_lookup_elem(&submitter_dictionary, key), number, row;
	struct iopath_block_key block = {.dev = key->dev, .op = key->op};
	struct iopath_submitter *info;

	if (known) {
		number = *known;
		info = bpf_map_lookup_elem(&submitters, &number);
		return info ? (struct request_place){.row = info->row, .submitter = number}
		            : UNCOUNTED;
	}
	block.scope = block_row_scope(key);
	row = block_row_number(&block, disk);
	number = add_submitter(key, row);
	return (struct request_place){.row = row, .submitter = number};
}

static __always_inline bool is_place_of(const struct known_place *known,
                                        const struct iopath_submitter_key *key)
{
	u64 differs = (known->tgid ^ key->tgid) | (known->dev ^ key->dev) | (known->op ^ key->op) |
	              (known->cgroup ^ key->cgroup);

	return known->submitter && !differs;
}

/* The same through a cache: of processes, and never under an interrupt, which could change
 * an entry that is being read. */
static __always_inline struct request_place cached_place(struct iopath_submitter_key *key,
                                                         void *disk)
{
	u32 index = (key->tgid ^ key->dev ^ key->op << 1) & (PLACES - 1);
	struct known_place *known = NULL;
	struct request_place place;

	if (key->kind == IOPATH_SUBMITTER_PROCESS)
		known = bpf_map_lookup_elem(&known_places, &index);
	if (known && is_place_of(known, key))
		return (struct request_place){.row = known->row, .submitter = known->submitter};
	place = find_place(key, disk);
	if (!known)
		return place;
	known->cgroup = key->cgroup;
	known->tgid = key->tgid;
	known->dev = key->dev;
	known->op = key->op;
	known->row = place.row;
	known->submitter = place.submitter;
	return place;
}

/* -d, --op */
static __always_inline bool is_wanted(const struct iopath_submitter_key *key)
{
	if (config.disk && key->dev != config.disk)
		return false;
	return !config.request_ops || config.request_ops >> (key->op & 63) & 1;
}

/* Fills in who asks for what is about to go to a disk; false for what is not looked at.
 * `asking`: the current thread is the one that asks for it. */
static __always_inline bool name_submitter(struct iopath_submitter_key *key, void *bio, bool asking)
{
	struct task_struct *task = current_task();
	bool by_process = asking && !(TASK(task, flags) & PF_KTHREAD);
	u64 zero = unknown_zero;
	void *css;

	key->kind = zero;
	key->tgid = zero;
	((u64 *)key->worker)[0] = zero;
	((u64 *)key->worker)[1] = zero;
	if (asking && !by_process)
		name_kernel_thread(key);
	if (!is_wanted(key))
		return false;
	if (by_process) {
		key->kind = zero + IOPATH_SUBMITTER_PROCESS;
		key->tgid = TASK(task, tgid);
		key->cgroup = cgroup_id_of(task);
		return process_in_scope(task);
	}
	css = bio_css(bio);
	key->cgroup = css ? css_cgroup_id(css) : zero;
	return kernel_in_scope(key->kind, bio);
}

/* Where what is about to go to a disk is counted: row << 16 | submitter, and HELD if a limit
 * had held it back. */
#define HELD (1ULL << 32)
static __always_inline u64 place_on(void *disk, void *bio, u32 flags, bool asking)
{
	struct iopath_submitter_key key = {.dev = disk_device(disk), .op = flags & REQ_OP_MASK};
	struct request_place place = UNCOUNTED;
	u64 held;

	if (name_submitter(&key, bio, asking))
		place = cached_place(&key, disk);
	held = begins_with(key.worker, KTHROTLD, 8) * HELD;
	return (u32)place.row << 16 | place.submitter | held;
}

/* Addresses: the verifier takes no cast pointers as arguments. */
__noinline u64 place_request(u64 address, u32 asking)
{
	struct request *rq = (struct request *)address;

	return place_on(request_disk(rq), READ_FIELD(rq, request, bio),
	                READ_FIELD(rq, request, cmd_flags), asking);
}

/* Of a request of which it is not known who asks. */
__noinline u64 place_unasked(u64 address)
{
	struct request *rq = (struct request *)address;

	return place_on(request_disk(rq), READ_FIELD(rq, request, bio),
	                READ_FIELD(rq, request, cmd_flags), false);
}

/* Of a bio that needs none. */
__noinline u64 place_bio(u64 address, u32 asking)
{
	struct bio *bio = (struct bio *)address;

	return place_on(disk_of(bio), bio, bio_flags(bio), asking);
}

/* The row alone, of a bio that joins a request or is cut. */
__noinline u32 row_number_of_bio(u64 address, u32 asking)
{
	struct bio *bio = (struct bio *)address;
	void *disk = disk_of(bio);
	struct iopath_submitter_key by = {.dev = disk_device(disk),
	                                  .op = bio_flags(bio) & REQ_OP_MASK};
	struct iopath_block_key key = {.dev = by.dev, .op = by.op};

	if (!name_submitter(&by, bio, asking))
		return UNCOUNTED_ROW;
	key.scope = block_row_scope(&by);
	return block_row_number(&key, disk);
}

static __always_inline void count_submitted(u32 number, u32 bytes, u32 requests, u64 service_ns)
{
	struct iopath_submitted *counts = bpf_map_lookup_elem(&submitted, &number);

	if (!counts)
		return;
	counts->count += requests;
	counts->bytes += bytes;
	counts->service_ns += service_ns;
}

#endif
