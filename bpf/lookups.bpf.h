/* SPDX-License-Identifier: GPL-2.0-only */
/* What operations that name their file by a path had to look up: told at their end, when their
 * time is over and the path has been read by the kernel, too. The functions take numbers only, so
 * that every kernel verifies each once. */
#ifndef IOPATH_LOOKUPS_BPF_H
#define IOPATH_LOOKUPS_BPF_H

#include "call_names.bpf.h"
#include "hist.bpf.h"
#include "maps_lookup.bpf.h"

#define EACH_BYTE(byte) (0x0101010101010101ULL * (byte))
#define TOP_BITS        EACH_BYTE(0x80)

/* The top bit of each byte that is '/'. */
static __always_inline u64 slashes_in(u64 word)
{
	u64 others = word ^ EACH_BYTE('/');

	return ~(((others & ~TOP_BITS) + ~TOP_BITS) | others | ~TOP_BITS);
}

/* A block of the text, on its own, so that it is verified once and not for each of them. */
__noinline int find_names_in_block(u32 word)
{
	struct call_work *work = this_call();

	if (!work)
		return 0;
	word &= (512 / sizeof(u64) - 1) & ~(BLOCK_WORDS - 1);
	for (u32 i = 0; i < BLOCK_WORDS; i++) {
		u64 slashes = slashes_in(work->text[word + i]);
		u64 found = ~slashes & (slashes << 8 | work->slashes >> 56) & TOP_BITS;
		u64 is_found = -below(0, found >> 7);

		work->slashes = slashes;
		work->counts += found >> 7;
		work->begins += (found - work->begins) & is_found;
		work->last += (word + i - work->last) & is_found;
	}
	return 0;
}

/* Looks for names in `work->text`, which is so long, eight bytes at a time: they begin behind a
 * slash, or at the beginning. */
static __always_inline void find_names(struct call_work *work, u32 length)
{
	u64 *behind = (u64 *)((char *)work->text + (length & 511));

	for (u32 i = 0; i < BLOCK_WORDS; i++)
		behind[i] = EACH_BYTE('/'); /* what was there before is no name */
	work->slashes = TOP_BITS;
	work->counts = 0;
	work->begins = 0;
	work->last = 0;
	for (u32 word = 0; word < IOPATH_CALL_PATH / sizeof(u64); word += BLOCK_WORDS) {
		if (word * sizeof(u64) >= length)
			break;
		find_names_in_block(word);
	}
}

/* How many names it has found: a sum in each byte. */
static __always_inline u32 names_found(const struct call_work *work)
{
	return work->counts * EACH_BYTE(1) >> 56;
}

/* Where the last of them begins. */
static __always_inline u32 last_name(const struct call_work *work)
{
	u64 behind = work->begins;

	behind |= behind >> 8; /* the bytes of its word up to there, of which the last is to go */
	behind |= behind >> 16;
	behind |= behind >> 32;
	return work->last * sizeof(u64) + ((behind >> 15) * EACH_BYTE(1) >> 56);
}

/* 1 + the components of the path at a user's pointer; 0: it is empty, too long or cannot be read.
 */
__noinline u32 count_components(u64 pointer)
{
	struct call_work *work = this_call();
	long length;

	if (!work)
		return 0;
	/* One byte more than there may be tells that there are more. */
	length = bpf_probe_read_user_str(work->text, IOPATH_CALL_PATH + 1, (void *)pointer);
	if (length <= 1 || length > IOPATH_CALL_PATH)
		return 0;
	find_names(work, length - 1);
	return 1 + names_found(work);
}

/* Leaves of the path in `work->key.name` the directory: all before its last name. */
__noinline int cut_last_name(void)
{
	struct call_work *work = this_call();
	long length;
	u32 keep;

	if (!work)
		return 0;
	length = bpf_probe_read_kernel_str(work->text, IOPATH_CALL_PATH, work->key.name.path);
	if (length <= 1)
		return 0;
	find_names(work, length - 1);
	if (!work->begins) /* "/" is its own directory */
		return 0;
	__builtin_memset(work->key.name.path, 0, sizeof(work->key.name.path));
	keep = last_name(work);
	asm volatile("" : "+r"(keep)); /* one register, whose bounds the verifier knows */
	if (keep < IOPATH_CALL_PATH)
		bpf_probe_read_kernel(work->key.name.path, keep, work->text);
	return 0;
}

static __always_inline void add_lookup(struct iopath_lookup_sum *sum, u64 ns, u64 device_ns)
{
	__sync_fetch_and_add(&sum->count, 1);
	__sync_fetch_and_add(&sum->ns, ns);
	__sync_fetch_and_add(&sum->device_ns, device_ns);
	if (ns > sum->max_ns)
		sum->max_ns = ns;
}

static __always_inline struct iopath_directories_beyond *directories_without_room(void)
{
	u32 zero = 0;

	count_loss(IOPATH_LOSS_detail_full);
	return bpf_map_lookup_elem(&directories_beyond, &zero);
}

/* The current thread's call took long: which directory was it about? */
__noinline int count_slow(u64 ns, u64 device_ns)
{
	struct iopath_directories_beyond *beyond;
	struct iopath_slow_directory *known;
	struct call_work *work = this_call();
	struct path_walk *walk = this_walk();

	if (!work || !walk)
		return 0;
	forget_name(work, walk);
	name_call();
	if (work->key.name.naming != IOPATH_NAMED_BY_PATH)
		return 0;
	cut_last_name();
	known = bpf_map_lookup_elem(&slow_directories, &work->key.name);
	if (!known) {
		walk_from_beginning();
		keep_names(&work->slow.names, walk);
		bpf_map_update_elem(&slow_directories, &work->key.name, &work->slow, BPF_NOEXIST);
		known = bpf_map_lookup_elem(&slow_directories, &work->key.name);
	}
	if (known) {
		add_lookup(&known->operations, ns, device_ns);
		return 0;
	}
	beyond = directories_without_room();
	if (beyond)
		add_lookup(&beyond->operations, ns, device_ns);
	return 0;
}

/* 1 + the components of what the current thread's call named by paths; 0: they are not known. */
__noinline u32 components_of_call(void)
{
	struct iopath_syscall call = current_call();
	u32 naming = naming_of(call), first = 1, second = 3, components, others = 1;

	if (!names_path(call))
		return 0;
	if (naming == IOPATH_NAMING_PATH_0) {
		first = 0;
		second = 1;
	}
	if (naming == IOPATH_NAMING_AT_1)
		first = 2;
	components = count_components(argument(first));
	if (call.flags & IOPATH_SYSCALL_TWICE)
		others = count_components(argument(second));
	return components && others ? components + others - 1 : 0;
}

/* The operation that began at `start` named its file by a path, and took `ns`, of which `device_ns`
 * were stage device. */
VERIFIED_ONCE int count_lookups(const struct ledger *ledger, struct iopath_row *row, u64 start,
                                u64 ns, u64 device_ns)
{
	const struct name_search *search;
	u32 components;

	if (!ledger || !row)
		return 0;
	search = &ledger->search;
	if (search->operation == start) {
		row->lookups.misses += search->sum.misses;
		row->lookups.negative += search->sum.negative;
		row->lookups.ns += search->sum.ns;
		row->lookups.device_ns += search->sum.device_ns;
		row->lookups.reads += search->sum.reads;
		row->lookups.read_bytes += search->sum.read_bytes;
	}
	if (ns < IOPATH_SLOW_NS) /* to read a path takes 0.2 us */
		return 0;
	components = components_of_call();
	if (components) {
		row->lookups.paths++;
		row->lookups.components += components - 1;
	}
	count_slow(ns, device_ns);
	return 0;
}

#endif
