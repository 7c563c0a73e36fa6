/* SPDX-License-Identifier: GPL-2.0-only */
/* Every difference between kernels and architectures, one accessor per fact. */
#ifndef IOPATH_COMPAT_BPF_H
#define IOPATH_COMPAT_BPF_H

#include "maps.bpf.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define barrier() asm volatile("" ::: "memory")

/* Filled in by the loader before the object is loaded. */
const volatile struct iopath_config config;

/* bpf_rdonly_cast (6.2): a scalar becomes a pointer with direct, fault-safe
 * loads, 2 ns instead of the 130 of a probe read. Weak: user space says in
 * `config` whether the kernel has it, so that the call is dead code without. */
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

/* The pointer in kernel memory at `slot`; NULL where it cannot be read. */
static __always_inline void *read_slot(const void *slot)
{
	void *value = NULL;

	if (config.has_rdonly_cast) {
		struct callback_head *cell =
		    bpf_rdonly_cast(slot, bpf_core_type_id_kernel(struct callback_head));
		return cell->next;
	}
	if (bpf_probe_read_kernel(&value, sizeof(value), slot))
		count_loss(IOPATH_LOSS_read_failed);
	return value;
}

/* ((struct type *)ptr)->field. Also for pointers that the verifier knows: it asks the
 * kernel's BTF by name, a millisecond each, whether what a known pointer's field
 * points to can be trusted, and does not for a cast one. */
#define READ_FIELD(ptr, type, field)                                                               \
	({                                                                                         \
		typeof(((struct type *)0)->field) value_ = 0;                                      \
		if (config.has_rdonly_cast) {                                                      \
			struct type *cast_ =                                                       \
			    bpf_rdonly_cast((ptr), bpf_core_type_id_kernel(struct type));          \
			value_ = cast_->field;                                                     \
		} else {                                                                           \
			struct type *raw_ = (struct type *)(ptr);                                  \
			if (bpf_core_read(&value_, sizeof(value_), &raw_->field))                  \
				count_loss(IOPATH_LOSS_read_failed);                               \
		}                                                                                  \
		value_;                                                                            \
	})

/* Name of a thread into IOPATH_COMM bytes. */
static __always_inline void read_comm(char *comm, struct task_struct *task)
{
	if (bpf_probe_read_kernel(comm, IOPATH_COMM, task->comm))
		count_loss(IOPATH_LOSS_read_failed);
}

/* System call arguments and number, by architecture. */
#if defined(__TARGET_ARCH_x86)
#define TS_COMPAT 0x2 /* arch/x86/include/asm/thread_info.h: in a 32-bit system call */
static __always_inline u64 syscall_arg(struct pt_regs *regs, u32 n, bool compat)
{
	switch (n) {
	case 0:
		return compat ? (u32)regs->bx : regs->di;
	case 1:
		return compat ? (u32)regs->cx : regs->si;
	case 2:
		return regs->dx;
	case 3:
		return compat ? (u32)regs->si : regs->r10;
	case 4:
		return compat ? (u32)regs->di : regs->r8;
	default:
		return compat ? (u32)regs->bp : regs->r9;
	}
}
static __always_inline long syscall_number(struct pt_regs *regs)
{
	return regs->orig_ax;
}
static __always_inline bool in_compat_syscall(struct task_struct *task)
{
	return task->thread_info.status & TS_COMPAT;
}
#elif defined(__TARGET_ARCH_arm64)
#define TIF_32BIT_FLAG (1 << 22) /* arch/arm64/include/asm/thread_info.h */
static __always_inline u64 syscall_arg(struct pt_regs *regs, u32 n, bool compat)
{
	switch (n) {
	case 0:
		return regs->regs[0];
	case 1:
		return regs->regs[1];
	case 2:
		return regs->regs[2];
	case 3:
		return regs->regs[3];
	case 4:
		return regs->regs[4];
	default:
		return regs->regs[5];
	}
}
static __always_inline long syscall_number(struct pt_regs *regs)
{
	return regs->syscallno;
}
static __always_inline bool in_compat_syscall(struct task_struct *task)
{
	return task->thread_info.flags & TIF_32BIT_FLAG;
}
#endif

/* A signal is pending: an interruptible wait that ends now was cut by it. Asked of
 * the queues, as the flag for it has another bit from one kernel to the next. */
static __always_inline bool signal_pending(struct task_struct *task)
{
	void *shared = READ_FIELD(task, task_struct, signal);
	unsigned long queued = task->pending.signal.sig[0];

	if (shared)
		queued |= READ_FIELD(shared, signal_struct, shared_pending.signal.sig[0]);
	return queued & ~task->blocked.sig[0];
}

/* Threads that work for others: kernel threads, io_uring workers and pollers. */
static __always_inline bool is_helper(struct task_struct *task)
{
	return task->flags & (PF_KTHREAD | PF_IO_WORKER);
}

/* task_struct.state (volatile long) became __state in 5.14. */
struct task_struct___before_5_14 {
	long state;
} __attribute__((preserve_access_index));

static __always_inline u32 task_state(struct task_struct *task)
{
	if (bpf_core_field_exists(task->__state))
		return task->__state;
	return BPF_CORE_READ((struct task_struct___before_5_14 *)task, state);
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
