/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel as far as we read it: only the types and fields in use, relocated
 * by CO-RE. Order and size of fields say nothing; names and types do. */
#ifndef IOPATH_KERNEL_BPF_H
#define IOPATH_KERNEL_BPF_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

/* The user API of BPF, as far as we use it (linux/bpf.h needs libc types). */
enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_HASH = 5,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_CGROUP_ARRAY = 8,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};
enum { BPF_ANY = 0, BPF_NOEXIST = 1 };
#define BPF_F_NO_PREALLOC              1U
#define BPF_LOCAL_STORAGE_GET_F_CREATE 1ULL

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long bp, bx, r10, r9, r8, ax, cx, dx, si, di, orig_ax, sp;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	unsigned long regs[31];
	unsigned long sp;
	u64 orig_x0;
	s32 syscallno;
};
#endif

struct fred_frame {
	struct pt_regs regs;
};

/* Contexts of programs on raw_syscalls by way of perf. */
struct trace_event_raw_sys_enter {
	long id;
};
struct trace_event_raw_sys_exit {
	long ret;
};

struct thread_info {
	unsigned long flags;
	u32 status; /* x86 */
};

struct callback_head {
	struct callback_head *next;
};

struct file_system_type {
	const char *name;
};

struct super_block {
	u32 s_dev;
	struct file_system_type *s_type;
};

struct inode {
	u16 i_mode;
	u32 i_rdev;
	u32 i_generation;
	unsigned long i_ino;
	struct super_block *i_sb;
	s64 i_size;
};

struct address_space_operations {
	void *readahead;
};

struct address_space {
	struct inode *host;
	const struct address_space_operations *a_ops;
};

struct page {
	struct address_space *mapping;
	unsigned long index;
};

struct vm_area_struct {
	struct file *vm_file;
};

struct vm_fault {
	struct vm_area_struct *vma;
	unsigned long pgoff;
};

struct dirty_throttle_control {
	unsigned long dirty;
	unsigned long thresh;
	unsigned long bg_thresh;
	unsigned long wb_dirty;
	unsigned long wb_thresh;
};

struct folio {
	struct address_space *mapping;
	unsigned long index;
	unsigned long _flags_1; /* its order in the lowest byte, where it is large (6.6) */
};

struct folio___before_6_6 {
	unsigned char _folio_order;
};

enum pageflags {
	PG_head = 0,
};

struct file_lock_core {
	struct file_lock_core *flc_blocker;
	unsigned int flc_flags;
	unsigned char flc_type;
	int flc_pid;
	struct file *flc_file;
};

/* file_lease begins likewise. */
struct file_lock {
	struct file_lock_core c;
	s64 fl_start;
	s64 fl_end;
};

struct qstr {
	u64 hash_len; /* the hash is one of the directory, too */
	const unsigned char *name;
};

struct hlist_bl_node {
	struct hlist_bl_node **pprev;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct hlist_bl_node d_hash;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct fs_struct {
	struct path root;
	struct path pwd;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	struct address_space *f_mapping;
	void *private_data;
};

struct kiocb {
	struct file *ki_filp;
	s64 ki_pos;
	int ki_flags;
};

struct iov_iter {
	unsigned long count;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct sock_common {
	u16 skc_family;
};

struct sock {
	struct sock_common __sk_common;
};

struct socket {
	short type;
	struct sock *sk;
};

typedef struct {
	unsigned long sig[1];
} sigset_t;

struct sigpending {
	sigset_t signal;
};

struct signal_struct {
	struct sigpending shared_pending;
};

struct kernfs_node {
	u64 id;
};

struct cgroup_root {
	int hierarchy_id;
};

struct cgroup {
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct blk_plug {
	u16 rq_count;
	u64 cur_ktime;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state;
	unsigned int flags;
	int exit_state;
	u32 pid;
	u32 tgid;
	char comm[16];
	void *worker_private; /* of kernel threads and of workers of io_uring */
	void *stack;
	struct files_struct *files;
	struct fs_struct *fs;
	struct css_set *cgroups;
	struct blk_plug *plug;
	void *bio_list; /* while a bio of its is being handed on */
	struct signal_struct *signal;
	struct sigpending pending;
	sigset_t blocked;
	struct task_struct *group_leader;
};

struct request_queue {
	struct gendisk *disk;
	const void *mq_ops;
};

struct gendisk {
	int major;
	int first_minor;
	char disk_name[32];
	struct request_queue *queue;
};

struct block_device {
	struct gendisk *bd_disk;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct blkcg {
	struct cgroup_subsys_state css;
};

struct blkcg_gq {
	struct blkcg *blkcg;
};

struct bvec_iter {
	u64 bi_sector;
	unsigned int bi_size;
};

struct bio {
	struct bio *bi_next;
	struct block_device *bi_bdev;
	unsigned int bi_opf;
	u8 bi_status;
	struct bvec_iter bi_iter;
	struct blkcg_gq *bi_blkg;
	void *bi_private;
};

struct kthread {
	void *data;
};

struct worker {
	char desc[24];
};

struct queue_limits {
	u32 features;
};

struct blk_mq_hw_ctx {
	unsigned int queue_num;
};

/* Of module nvme_core; behind each request of NVMe. */
struct nvme_ctrl {
	int instance;
};

struct nvme_request {
	struct nvme_ctrl *ctrl;
};

struct request {
	struct request_queue *q;
	struct blk_mq_hw_ctx *mq_hctx;
	unsigned int cmd_flags;
	unsigned int rq_flags;
	unsigned int __data_len;
	u64 __sector;
	struct bio *bio;
	u64 start_time_ns;
};

struct net_device {
	unsigned int flags;
};

struct sk_buff {
	struct net_device *dev;
};

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

/* Constants of the kernel that BTF does not carry. */
#define PF_IO_WORKER         0x00000010 /* include/linux/sched.h, 5.12 */
#define PF_WQ_WORKER         0x00000020
#define PF_EXITING           0x00000004
#define PF_KTHREAD           0x00200000
#define TASK_INTERRUPTIBLE   0x1
#define TASK_UNINTERRUPTIBLE 0x2
#define TASK_DEAD            0x80
#define TASK_WAKEKILL        0x100
#define TASK_NOLOAD          0x400
#define S_IFMT               00170000
#define S_IFSOCK             0140000
#define S_IFREG              0100000
#define S_IFBLK              0060000
#define S_IFCHR              0020000
#define S_IFDIR              0040000
#define S_IFIFO              0010000
#define AF_UNIX              1
#define AF_INET              2
#define AF_INET6             10
#define SOCK_STREAM          1
#define SOCK_DGRAM           2
#define AT_EMPTY_PATH        0x1000
#define AT_FDCWD             -100
#define F_SETLKW             7
#define F_OFD_SETLK          37
#define F_OFD_SETLKW         38
#define IFF_LOOPBACK         0x8
#define LCB_F_SPIN           1
#define FL_FLOCK             2 /* include/linux/filelock.h; before 6.3 fs.h */
#define FL_DELEG             4
#define FL_LEASE             32
#define FL_OFDLCK            1024
#define FL_LAYOUT            2048
#define F_WRLCK              1
#define FILE_LOCK_DEFERRED   1
#define REQ_OP_MASK          0xff
#define REQ_OP_READ          0
#define REQ_OP_WRITE         1
#define REQ_OP_FLUSH         2
#define REQ_F_LINK           0x4 /* the application's IOSQE_* flags, include/uapi/linux/io_uring.h */
#define REQ_F_HARDLINK       0x8
#define REQ_F_FORCE_ASYNC    0x10
#define SPLICE_F_FD_IN_FIXED 0x80000000
#define IOCB_DIRECT          (1 << 17) /* include/linux/fs.h, 5.10 */
#define EINTR                4
#define EIO                  5
#define EAGAIN               11
#define EINPROGRESS          115

#endif
