/* SPDX-License-Identifier: GPL-2.0-only */
/* The path of a file as its process sees it: from its name upwards, across mounts, to the process's
 * root. The functions that walk take numbers only, so that every kernel verifies each once. */
#ifndef IOPATH_PATHS_BPF_H
#define IOPATH_PATHS_BPF_H

#include "compat.bpf.h"

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
	walk->names.flags = 0;
	walk->names.bytes = 0;
	walk->dentry = 0;
}

/* The inode tells the file or directory from others. Pipes, sockets and the like have no name:
 * they stand `alone`, as only top directories do. */
static __always_inline int begin_walk(struct path_walk *walk, void *dentry, void *vfsmount,
                                      bool alone)
{
	void *inode = READ_FIELD(dentry, dentry, d_inode);
	void *sb = READ_FIELD(inode, inode, i_sb);

	forget_walk(walk);
	if (alone && (READ_FIELD(inode, inode, i_mode) & S_IFMT) != S_IFDIR)
		return 0;
	if (!alone && !READ_FIELD(dentry, dentry, d_hash.pprev))
		walk->names.flags |= IOPATH_NAMES_DELETED;
	walk->dentry = (u64)dentry;
	walk->mount = mount_of(&walk->mount, vfsmount);
	walk->inode = READ_FIELD(inode, inode, i_ino);
	walk->generation = READ_FIELD(inode, inode, i_generation);
	walk->dev = READ_FIELD(sb, super_block, s_dev);
	return 1;
}

static __always_inline int begin_walk_at_file(struct path_walk *walk, void *file)
{
	void *dentry = READ_FIELD(file, file, f_path.dentry);
	bool alone = READ_FIELD(dentry, dentry, d_parent) == dentry;

	return begin_walk(walk, dentry, READ_FIELD(file, file, f_path.mnt), alone);
}

/* A current directory that is a root stands alone, too. */
static __always_inline int begin_walk_at_pwd(struct path_walk *walk, struct task_struct *task)
{
	void *fs = READ_FIELD(task, task_struct, fs), *dentry;
	bool alone;

	if (!fs)
		return 0;
	dentry = READ_FIELD(fs, fs_struct, pwd.dentry);
	alone = READ_FIELD(dentry, dentry, d_parent) == dentry;
	return begin_walk(walk, dentry, READ_FIELD(fs, fs_struct, pwd.mnt), alone);
}

/* The walk ends at the root of this task. */
static __always_inline void set_walk_root(struct path_walk *walk, struct task_struct *task)
{
	void *fs = READ_FIELD(task, task_struct, fs);

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
	walk->names.flags |= IOPATH_NAMES_CUT; /* taken back at the root */
	if (READ_FIELD(mount, mount, mnt.mnt_root) == dentry) {
		parent = READ_FIELD(mount, mount, mnt_parent);
		if (parent == mount)
			return 0;
		walk->dentry = (u64)READ_FIELD(mount, mount, mnt_mountpoint);
		walk->mount = (u64)parent;
		return 1;
	}
	parent = READ_FIELD(dentry, dentry, d_parent);
	at = *(volatile u32 *)&walk->names.bytes;
	if (parent == dentry || at >= IOPATH_NAMES_SIZE)
		return 0;
	length = bpf_probe_read_kernel_str(&walk->names.text[at], IOPATH_NAME_SIZE,
	                                   READ_FIELD(dentry, dentry, d_name.name));
	if (length <= 0)
		return 0;
	walk->names.bytes = at + length;
	walk->dentry = (u64)parent;
	return 1;
}

/* The names from where the walk begins up to its root. */
__noinline int walk_up(void)
{
	struct path_walk *walk = this_walk();

	if (!walk || !walk->dentry)
		return 0;
	for (u32 i = 0; i < MOST_STEPS; i++) {
		if (!step_up())
			break;
	}
	if (walk->dentry == walk->root_dentry && walk->mount == walk->root_mount)
		walk->names.flags &= ~IOPATH_NAMES_CUT;
	return 0;
}

static __always_inline void keep_names(struct iopath_names *names, const struct path_walk *walk)
{
	if (bpf_probe_read_kernel(names, sizeof(*names), &walk->names))
		count_loss(IOPATH_LOSS_read_failed);
}

#endif
