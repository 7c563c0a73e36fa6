// SPDX-License-Identifier: GPL-2.0-only
/* Layer lookup: names of a path that the dentry cache does not have, for which the file system has
 * to search a directory. A path that is cached comes by none of these functions. The search begins
 * where the dentry for the name is made, and ends where the file system has attached an inode to
 * it, or none: every file system's lookup does one of the two, with the name's dentry at hand. */
#include "lookups.bpf.h"
#include "search_reads.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* The search of the open operation; NULL where that names nothing by a path: directories that are
 * read make dentries, too (FUSE, NFS, proc). */
static __always_inline struct name_search *search_of(struct ledger *ledger)
{
	struct name_search *search;

	if (!ledger || !names_path(call_of_ledger(ledger)))
		return NULL;
	search = &ledger->search;
	if (search->operation != ledger->start && search->begin)
		change_open_searches(-1);
	if (search->operation != ledger->start)
		*search = (struct name_search){.operation = ledger->start};
	return search;
}

/* `parent` has no dentry of this name (struct qstr). Where two threads look for the same name, the
 * second waits for the first, and missed it as well. */
static __always_inline int on_name_missed(u64 parent, u64 name)
{
	struct ledger *ledger = open_ledger_of_current();
	struct name_search *search = search_of(ledger);
	u64 sb;

	if (!search)
		return 0;
	sb = (u64)READ_FIELD((void *)parent, dentry, d_sb);
	/* One of these functions calls the other, and what lies on other file systems (overlay)
	 * searches them on the way. */
	if (search->begin &&
	    (search->sb != sb || (search->parent == parent && search->name == name)))
		return 0;
	search->parent = parent;
	search->name = name;
	search->sb = sb;
	if (!search->begin)
		change_open_searches(1);
	search->sum.misses++;
	search->reads = 0;
	search->read_bytes = 0;
	search->device_ns = ledger->stage_ns[IOPATH_STAGE_device];
	search->begin = bpf_ktime_get_ns();
	return 0;
}

static __always_inline struct iopath_directory *
add_directory(const struct iopath_directory_key *key, void *dentry, void *sb)
{
	struct call_work *work = this_call();
	struct path_walk *walk = this_walk();

	if (!work || !walk)
		return NULL;
	if (bpf_probe_read_kernel_str(
	        work->directory.fs, sizeof(work->directory.fs),
	        READ_FIELD(READ_FIELD(sb, super_block, s_type), file_system_type, name)) < 0)
		count_loss(IOPATH_LOSS_read_failed);
	begin_inner_walk(walk, dentry);
	walk_up(walk);
	keep_names(&work->directory.names, walk);
	bpf_map_update_elem(&directories, key, &work->directory, BPF_NOEXIST);
	return bpf_map_lookup_elem(&directories, key);
}

/* Takes numbers only, so that every kernel verifies it once. */
__noinline int count_search(u64 dentry, u64 negative, u64 ns, u64 device_ns)
{
	struct ledger *ledger = find_ledger(current_task());
	struct iopath_directories_beyond *beyond;
	struct iopath_directory_key key = {};
	struct iopath_directory *known;
	void *inode = READ_FIELD((void *)dentry, dentry, d_inode);
	void *sb = READ_FIELD((void *)dentry, dentry, d_sb);

	if (!ledger)
		return 0;
	key.inode = READ_FIELD(inode, inode, i_ino);
	key.generation = READ_FIELD(inode, inode, i_generation);
	key.dev = READ_FIELD(sb, super_block, s_dev);
	if (!is_wanted_device(key.dev))
		return 0;
	known = bpf_map_lookup_elem(&directories, &key);
	if (!known)
		known = add_directory(&key, (void *)dentry, sb);
	if (known) {
		add_lookup(&known->misses, ns, device_ns);
		__sync_fetch_and_add(&known->negative, negative);
		__sync_fetch_and_add(&known->reads, ledger->search.reads);
		__sync_fetch_and_add(&known->read_bytes, ledger->search.read_bytes);
		return 0;
	}
	beyond = directories_without_room();
	if (beyond) {
		add_lookup(&beyond->misses, ns, device_ns);
		__sync_fetch_and_add(&beyond->negative, negative);
		__sync_fetch_and_add(&beyond->reads, ledger->search.reads);
		__sync_fetch_and_add(&beyond->read_bytes, ledger->search.read_bytes);
	}
	return 0;
}

/* The file system has found out about a name; `inode`: 0 if there is no such file, or an error. */
static __always_inline int on_name_searched(u64 dentry, u64 inode)
{
	struct ledger *ledger = open_ledger_of_current();
	struct name_search *search = search_of(ledger);
	u64 ns, device_ns, negative = !inode;

	if (!search || !search->begin ||
	    (u64)READ_FIELD((void *)dentry, dentry, d_parent) != search->parent)
		return 0;
	ns = span(search->begin, bpf_ktime_get_ns());
	device_ns = ledger->stage_ns[IOPATH_STAGE_device] - search->device_ns;
	search->begin = 0;
	change_open_searches(-1);
	search->sum.reads += search->reads;
	search->sum.read_bytes += search->read_bytes;
	search->sum.negative += negative;
	search->sum.ns += ns;
	search->sum.device_ns += device_ns;
	return count_search(search->parent, negative, ns, device_ns);
}

/* BODY(first argument, second). */
#define LOOKUP(probe, function, BODY)                                                              \
	SEC("?fentry/" #function)                                                                  \
	int probe##__fentry(u64 *ctx)                                                              \
	{                                                                                          \
		return UNDISTURBED(BODY(address_of((void *)ctx[0]), address_of((void *)ctx[1])));  \
	}                                                                                          \
	SEC("?kprobe.multi/" #function)                                                            \
	int probe##__kprobe_multi(struct pt_regs *ctx)                                             \
	{                                                                                          \
		return UNDISTURBED(BODY(FUNCTION_ARG_0(ctx), FUNCTION_ARG_1(ctx)));                \
	}                                                                                          \
	SEC("?kprobe/" #function)                                                                  \
	int probe##__kprobe(struct pt_regs *ctx)                                                   \
	{                                                                                          \
		return UNDISTURBED(BODY(FUNCTION_ARG_0(ctx), FUNCTION_ARG_1(ctx)));                \
	}

#define INODE_FIRST(inode, dentry) on_name_searched(dentry, inode)

/* For the lookups of open and stat, and for those of what is made, removed or renamed. */
LOOKUP(name_missed, d_alloc_parallel, on_name_missed)
LOOKUP(name_missed_locked, d_alloc, on_name_missed)
LOOKUP(name_searched, d_splice_alias, INODE_FIRST)
LOOKUP(name_absent, d_add, on_name_searched)
