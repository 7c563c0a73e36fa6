/* SPDX-License-Identifier: GPL-2.0-only */
/* Every difference between kernels and architectures, one accessor per fact; those of the
 * block layer are in compat_block.bpf.h. */
#ifndef IOPATH_COMPAT_BPF_H
#define IOPATH_COMPAT_BPF_H

#include "maps.bpf.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define barrier() asm volatile("" ::: "memory")

/* Every object is built twice. Typed: programs get pointers that the verifier knows
 * (tp_btf), threads keep their records in task storage. Untyped (IOPATH_UNTYPED):
 * pointers are numbers (raw_tp), all reads are probe reads, threads are found by a
 * hash; it needs neither the kernel's own BTF nor anything younger than 5.10. */
#ifdef IOPATH_UNTYPED
#define IOPATH_TRACEPOINT raw_tp
/* Functions that are verified once by themselves, in place of once for every path that
 * leads to them, which keeps the start short. Before 5.12 such functions take no
 * pointers: there they are verified for every call. */
#define VERIFIED_ONCE static __attribute__((unused)) __noinline
#else
#define IOPATH_TRACEPOINT tp_btf
#define VERIFIED_ONCE     __noinline
#endif

/* TRACE(event, name, arguments...) { body }: the program of a tracepoint;
 * VARIANT(event, name, n, arguments...): that for kernels where it has n arguments. */
#define TRACE(event, name, args...)                                                                \
	TRACE_AS(IOPATH_TRACEPOINT, event, name##__, IOPATH_TRACEPOINT, ##args)
#define VARIANT(event, name, n, args...)                                                           \
	VARIANT_AS(IOPATH_TRACEPOINT, event, name##__, IOPATH_TRACEPOINT, _##n, ##args)
#define TRACE_AS(how, event, name, program, args...) TRACE_(how, event, name, program, , ##args)
#define VARIANT_AS(how, event, name, program, n, args...)                                          \
	TRACE_(how, event, name, program, n, ##args)
#define TRACE_(how, event, name, program, n, args...)                                              \
	SEC("?" #how "/" #event) int BPF_PROG(name##program##n, ##args)

/* Filled in by the loader before the object is loaded. */
const volatile struct iopath_config config;

/* bpf_rdonly_cast (6.2): a scalar becomes a pointer with direct, fault-safe
 * loads, 2 ns instead of the 130 of a probe read. User space says in `config`
 * whether the kernel has it, so that the call is dead code without. */
static void *(*bpf_rdonly_cast)(const void *obj,
                                __u32 btf_id) = (void *)IOPATH_CALL_bpf_rdonly_cast;

#ifdef IOPATH_UNTYPED
#define HAS_RDONLY_CAST false
#else
#define HAS_RDONLY_CAST config.has_rdonly_cast
#endif

/* The pointer in kernel memory at `slot`; NULL where it cannot be read. */
static __always_inline void *read_slot(const void *slot)
{
	void *value = NULL;

	if (HAS_RDONLY_CAST) {
		struct callback_head *cell = bpf_rdonly_cast(slot, IOPATH_TYPE_callback_head);
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
		if (HAS_RDONLY_CAST) {                                                             \
			struct type *cast_ = bpf_rdonly_cast((ptr), IOPATH_TYPE_##type);           \
			value_ = cast_->field;                                                     \
		} else {                                                                           \
			struct type *raw_ = (struct type *)(ptr);                                  \
			if (bpf_core_read(&value_, sizeof(value_), &raw_->field))                  \
				count_loss(IOPATH_LOSS_read_failed);                               \
		}                                                                                  \
		value_;                                                                            \
	})

/* ptr->field of an object that a typed program's verifier knows: the cheapest load. */
#ifdef IOPATH_UNTYPED
#define FIELD(ptr, type, field) READ_FIELD(ptr, type, field)
#else
#define FIELD(ptr, type, field) ((ptr)->field)
#endif
#define TASK(task, field) FIELD(task, task_struct, field)

static __always_inline struct task_struct *current_task(void)
{
#ifdef IOPATH_UNTYPED
	return (struct task_struct *)bpf_get_current_task();
#else
	return bpf_get_current_task_btf();
#endif
}

/* From 7.0 on (SRCU-fast in place of switched-off preemption) a thread may be preempted inside
 * a program on its tracepoint, and another's program find half of what this one writes. The
 * functions came in 6.11; the untyped programs, for kernels without BTF, cannot name them. */
#ifdef IOPATH_UNTYPED
static __always_inline void preempt_off(void)
{
}
static __always_inline void preempt_on(void)
{
}
#else
static void (*bpf_preempt_disable)(void) = (void *)IOPATH_CALL_bpf_preempt_disable;
static void (*bpf_preempt_enable)(void) = (void *)IOPATH_CALL_bpf_preempt_enable;

static __always_inline void preempt_off(void)
{
	if (config.preemptible)
		bpf_preempt_disable();
}
static __always_inline void preempt_on(void)
{
	if (config.preemptible)
		bpf_preempt_enable();
}
#endif

/* The value of a call during which the thread is not preempted. */
#define UNDISTURBED(call)                                                                          \
	({                                                                                         \
		int value_;                                                                        \
		preempt_off();                                                                     \
		value_ = (call);                                                                   \
		preempt_on();                                                                      \
		value_;                                                                            \
	})

/* The address a pointer holds, as a number: the verifier refuses arithmetic on pointers
 * to kernel objects, and forgets what they are on a way through memory. */
static __always_inline u64 address_of(const void *pointer)
{
	u64 address = 0;

	if (bpf_probe_read_kernel(&address, sizeof(address), &pointer))
		count_loss(IOPATH_LOSS_read_failed);
	return address;
}

/* Name of a thread into IOPATH_COMM bytes. */
static __always_inline void read_comm(char *comm, struct task_struct *task)
{
	if (bpf_probe_read_kernel(comm, IOPATH_COMM, &task->comm))
		count_loss(IOPATH_LOSS_read_failed);
}

/* A signal is pending: an interruptible wait that ends now was cut by it. Asked of
 * the queues, as the flag for it has another bit from one kernel to the next. */
static __always_inline bool signal_pending(struct task_struct *task)
{
	void *shared = READ_FIELD(task, task_struct, signal);
	unsigned long queued = TASK(task, pending.signal.sig[0]);

	if (shared)
		queued |= READ_FIELD(shared, signal_struct, shared_pending.signal.sig[0]);
	return queued & ~TASK(task, blocked.sig[0]);
}

/* Threads that work for others: kernel threads, io_uring workers and pollers. */
static __always_inline bool is_helper(struct task_struct *task)
{
	return TASK(task, flags) & (PF_KTHREAD | PF_IO_WORKER);
}

/* task_struct.state (volatile long) became __state in 5.14. */
struct task_struct___before_5_14 {
	long state;
} __attribute__((preserve_access_index));

static __always_inline u32 task_state(struct task_struct *task)
{
	if (bpf_core_field_exists(task->__state))
		return TASK(task, __state);
	return BPF_CORE_READ((struct task_struct___before_5_14 *)task, state);
}

/* A kernel thread's struct kthread hung on set_child_tid until 5.17. */
struct task_struct___before_5_17 {
	void *set_child_tid;
} __attribute__((preserve_access_index));

/* What a thread of a work queue works on, or did last, into `size` bytes: the name of its queue,
 * or what the work calls itself ("flush-254:0"). */
static __always_inline void read_work(char *name, u32 size, struct task_struct *task)
{
	void *thread, *worker;

	if (bpf_core_field_exists(struct task_struct, worker_private))
		thread = READ_FIELD(task, task_struct, worker_private);
	else
		thread = BPF_CORE_READ((struct task_struct___before_5_17 *)task, set_child_tid);
	worker = thread ? READ_FIELD(thread, kthread, data) : NULL;
	if (!worker || bpf_probe_read_kernel_str(
	                   name, size, worker + bpf_core_field_offset(struct worker, desc)) < 0)
		count_loss(IOPATH_LOSS_read_failed);
}

#endif
