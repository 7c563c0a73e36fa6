/* SPDX-License-Identifier: GPL-2.0-only */
/* The path of a file as its process sees it: from its name upwards, across mounts, to the process's
 * root. The functions that walk take numbers only, so that every kernel verifies each once. */
#ifndef IOPATH_PATHS_BPF_H
#define IOPATH_PATHS_BPF_H

#include "compat.bpf.h"
#include "maps_path.bpf.h"

/* Names and mount points between a file and its root. */
#define MOST_STEPS 64

/* The walk of the context that runs on this CPU. */
static __always_inline struct path_walk *this_walk(void)
{
	struct cpu_state *cpu = this_cpu();
	u32 context;

	if (!cpu)
		return NULL;
	context = current_context(cpu);
	return bpf_map_lookup_elem(&path_walks, &context);
}

/* The struct mount around a vfsmount. As a number, by way of memory: the verifier refuses
 * arithmetic on pointers. */
static __always_inline u64 mount_of(volatile u64 *memory, void *vfsmount)
{
	*memory = (u64)vfsmount;
	return *memory - bpf_core_field_offset(struct mount, mnt);
}

/* There is nothing to walk. */
static __always_inline void forget_walk(struct path_walk *walk)
{
	walk->file.names.flags = 0;
	walk->file.names.bytes = 0;
	walk->dentry = 0;
}

/* The inode tells the file or directory from others. Pipes, sockets and the like have no name:
 * they stand alone, as only top directories do. */
static __always_inline int begin_walk(struct path_walk *walk, void *dentry, void *vfsmount)
{
	bool alone = READ_FIELD(dentry, dentry, d_parent) == dentry;
	void *inode = READ_FIELD(dentry, dentry, d_inode);
	void *sb = READ_FIELD(inode, inode, i_sb);

	forget_walk(walk);
	if (alone && (READ_FIELD(inode, inode, i_mode) & S_IFMT) != S_IFDIR)
		return 0;
	walk->key.deleted = !alone && !READ_FIELD(dentry, dentry, d_hash.pprev);
	if (walk->key.deleted)
		walk->file.names.flags |= IOPATH_NAMES_DELETED;
	walk->dentry = (u64)dentry;
	walk->mount = mount_of(&walk->mount, vfsmount);
	walk->key.inode = READ_FIELD(inode, inode, i_ino);
	walk->key.generation = READ_FIELD(inode, inode, i_generation);
	walk->key.dev = READ_FIELD(sb, super_block, s_dev);
	return 1;
}

/* From a directory up to the root of its file system: which mount it was reached by is not known.
 */
static __always_inline void begin_inner_walk(struct path_walk *walk, void *dentry)
{
	forget_walk(walk);
	walk->dentry = (u64)dentry;
	walk->mount = 0;
	walk->root_dentry = 0;
	walk->root_mount = 0;
}

/* The walk ends at the root of this task; of none, at that of the mounts. */
static __always_inline void set_walk_root(struct path_walk *walk, struct task_struct *task)
{
	void *fs = task ? READ_FIELD(task, task_struct, fs) : NULL;

	walk->root_dentry = 0;
	walk->root_mount = 0;
	if (!fs)
		return;
	walk->root_dentry = (u64)READ_FIELD(fs, fs_struct, root.dentry);
	walk->root_mount = mount_of(&walk->root_mount, READ_FIELD(fs, fs_struct, root.mnt));
}

/* One name or mount point up; 0 where the way ends. */
__noinline int step_up(void)
{
	struct path_walk *walk = this_walk();
	void *dentry, *mount, *parent;
	long length;
	u32 at;

	if (!walk)
		return 0;
	dentry = (void *)*(volatile u64 *)&walk->dentry;
	mount = (void *)*(volatile u64 *)&walk->mount;
	if ((u64)dentry == walk->root_dentry && (u64)mount == walk->root_mount)
		return 0;
	walk->file.names.flags |= IOPATH_NAMES_CUT; /* taken back at the root */
	if (mount && READ_FIELD(mount, mount, mnt.mnt_root) == dentry) {
		parent = READ_FIELD(mount, mount, mnt_parent);
		if (parent == mount) {
			if (!walk->root_mount)
				walk->file.names.flags &= ~IOPATH_NAMES_CUT;
			return 0;
		}
		walk->dentry = (u64)READ_FIELD(mount, mount, mnt_mountpoint);
		walk->mount = (u64)parent;
		return 1;
	}
	parent = READ_FIELD(dentry, dentry, d_parent);
	at = *(volatile u32 *)&walk->file.names.bytes;
	if (parent == dentry && !mount)
		walk->file.names.flags &= ~IOPATH_NAMES_CUT;
	if (parent == dentry || at >= IOPATH_NAMES_SIZE)
		return 0;
	length = bpf_probe_read_kernel_str(&walk->file.names.text[at], IOPATH_NAME_SIZE,
	                                   READ_FIELD(dentry, dentry, d_name.name));
	if (length <= 0)
		return 0;
	walk->file.names.bytes = at + length;
	walk->dentry = (u64)parent;
	return 1;
}

/* The names from where the walk begins up to its root. */
static __always_inline void walk_up(struct path_walk *walk)
{
	if (!walk->dentry)
		return;
	for (u32 i = 0; i < MOST_STEPS; i++) {
		if (!step_up())
			break;
	}
	if (walk->dentry == walk->root_dentry && walk->mount == walk->root_mount)
		walk->file.names.flags &= ~IOPATH_NAMES_CUT;
}

static __always_inline void keep_names(struct iopath_names *names, const struct path_walk *walk)
{
	if (bpf_probe_read_kernel(names, sizeof(*names), &walk->file.names))
		count_loss(IOPATH_LOSS_read_failed);
}

#endif
