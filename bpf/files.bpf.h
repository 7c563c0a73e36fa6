/* SPDX-License-Identifier: GPL-2.0-only */
/* With --by file: files have numbers, and their paths are put down once. */
#ifndef IOPATH_FILES_BPF_H
#define IOPATH_FILES_BPF_H

#include "numbers.bpf.h"
#include "paths.bpf.h"

/* -d; numbers of character devices may be among those of block devices: user space drops them. */
static __always_inline bool is_wanted_device(u32 dev)
{
	return !config.filter_device || bpf_map_lookup_elem(&wanted_devices, &dev);
}

static __always_inline u64 mix(u64 hash, u64 more)
{
	return (hash ^ more) * 0x9E3779B97F4A7C15ULL + (hash >> 32);
}

/* A hash of how the process names it: of what the directories above are called only as far as
 * these are others. */
static __always_inline u64 hash_of_name(const struct path_walk *walk)
{
	void *dentry = (void *)*(const volatile u64 *)&walk->dentry;
	u64 hash = READ_FIELD(dentry, dentry, d_name.hash_len);

	hash = mix(hash, walk->mount);
	hash = mix(hash, walk->root_dentry);
	return mix(hash, walk->root_mount);
}

/* Of a file that is none of the wanted, nothing is kept. */
static __always_inline bool is_wanted_file(const struct path_walk *walk)
{
	void *dentry = (void *)*(const volatile u64 *)&walk->dentry;
	void *inode;

	if (is_wanted_device(walk->key.dev))
		return true;
	inode = READ_FIELD(dentry, dentry, d_inode);
	return is_wanted_device(READ_FIELD(inode, inode, i_rdev));
}

/* 0 where there is no room. */
static __always_inline u32 add_file(struct path_walk *walk)
{
	struct iopath_file *known;
	u32 number;

	number = take_number(IOPATH_NUMBERED_FILE, IOPATH_FIRST_FREE_FILE, config.max_files);
	if (!number)
		return 0;
	walk_up(walk);
	walk->file.number = number;
	if (!bpf_map_update_elem(&files, &walk->key, &walk->file, BPF_NOEXIST))
		return number;
	known = bpf_map_lookup_elem(&files, &walk->key); /* another CPU was faster */
	return known ? known->number : 0;
}

/* The number of a struct file; 0: it has no path. `own`: its path begins at the root of the
 * current process. Takes numbers only, so that every kernel verifies it once. */
__noinline u32 file_number(u64 file, u32 own)
{
	struct iopath_file *known;
	struct path_walk *walk;
	u32 number;

	if (config.by != IOPATH_BY_FILE || !file)
		return 0;
	walk = this_walk();
	if (!walk || !begin_walk(walk, READ_FIELD((void *)file, file, f_path.dentry),
	                         READ_FIELD((void *)file, file, f_path.mnt)))
		return 0;
	if (!is_wanted_file(walk))
		return 0;
	set_walk_root(walk, own ? current_task() : NULL);
	walk->key.name = hash_of_name(walk);
	known = bpf_map_lookup_elem(&files, &walk->key);
	number = known ? known->number : add_file(walk);
	if (number)
		return number;
	count_loss(IOPATH_LOSS_map_full);
	return IOPATH_OTHER_FILES;
}

#endif
