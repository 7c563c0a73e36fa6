// SPDX-License-Identifier: GPL-2.0-only
/* Layer cluster: locks that the nodes of a cluster share (ocfs2's, by its DLM). A thread asks for
 * one in __ocfs2_cluster_lock(), and sleeps there until the other nodes have given it up: whoever
 * wakes it, a kernel thread as a rule, it waited for a lock. An object of its own, which is loaded
 * once module ocfs2 is. */
#include "arch.bpf.h"
#include "kernel_locks.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* By its module's types: unknown where it has none (before 5.11). */
struct ocfs2_lock_res {
	unsigned char l_type; /* enum ocfs2_lock_type */
} __attribute__((preserve_access_index));

static __always_inline u32 cluster_type(u64 address)
{
	struct ocfs2_lock_res *lock = (void *)address;
	unsigned char type = 0;

	if (!bpf_core_field_exists(lock->l_type))
		return 0;
	if (bpf_core_read(&type, sizeof(type), &lock->l_type)) {
		count_loss(IOPATH_LOSS_read_failed);
		return 0;
	}
	return type + 1;
}

/* From here on what the thread sleeps for is the lock. The operation counts as one that did more
 * than run, so that nothing of this is left behind it even if the return is missed. */
static __always_inline int on_cluster_lock(u64 lock, u32 level)
{
	struct ledger *ledger = open_ledger_of_current();

	if (!ledger)
		return 0;
	if (ledger->cluster_lock) /* of which we have not seen the return */
		count_loss(IOPATH_LOSS_missed_run);
	else if (ledger->contended ||
	         ledger->blocking_lock) /* inside another: the outermost counts */
		return 0;
	ledger->cluster_lock = IOPATH_CLUSTER_FLAGS(cluster_type(lock), level);
	ledger->blocking_lock = lock;
	ledger->contended = lock;
	ledger->contention_ns = ledger->stage_ns[IOPATH_STAGE_lock];
	ledger->touched |= 1U << IOPATH_STAGE_lock;
	return 0;
}

/* The way to it is read only where it has been waited for: most locks are at hand. */
static __always_inline int on_cluster_lock_return(void *ctx)
{
	struct ledger *ledger = open_ledger_of_current();
	struct iopath_kernel_lock fresh = {};
	u64 ns;

	if (!ledger || !ledger->cluster_lock)
		return 0;
	fresh.flags = ledger->cluster_lock;
	fresh.row = ledger->place.row;
	ns = ledger->stage_ns[IOPATH_STAGE_lock] - ledger->contention_ns;
	ledger->cluster_lock = 0;
	ledger->blocking_lock = 0;
	ledger->contended = 0;
	if (!ledger->stage_ns[IOPATH_STAGE_lock])
		ledger->touched &= ~(1U << IOPATH_STAGE_lock);
	if (!ns)
		return 0;
	if (bpf_get_stack(ctx, fresh.callers, sizeof(fresh.callers), 0) < 0)
		count_loss(IOPATH_LOSS_read_failed);
	return add_waited_lock(ledger, note_site(&fresh), ns);
}

/* The compiler makes it a copy of another name, which BTF does not tell of. */
#define CLUSTER_LOCK(how, section, symbol)                                                         \
	SEC("?" section "/__ocfs2_cluster_lock" symbol)                                            \
	int cluster_lock__##how(struct pt_regs *ctx)                                               \
	{                                                                                          \
		return UNDISTURBED(on_cluster_lock(FUNCTION_ARG_1(ctx), FUNCTION_ARG_2(ctx)));     \
	}
#define CLUSTER_LOCK_RETURN(how, section, symbol)                                                  \
	SEC("?" section "/__ocfs2_cluster_lock" symbol)                                            \
	int cluster_lock__##how(struct pt_regs *ctx)                                               \
	{                                                                                          \
		return UNDISTURBED(on_cluster_lock_return(ctx));                                   \
	}

CLUSTER_LOCK(kprobe_multi_isra, "kprobe.multi", ".isra.0")
CLUSTER_LOCK_RETURN(kretprobe_multi_isra, "kretprobe.multi", ".isra.0")
CLUSTER_LOCK(kprobe_multi, "kprobe.multi", "")
CLUSTER_LOCK_RETURN(kretprobe_multi, "kretprobe.multi", "")
CLUSTER_LOCK(kprobe_isra, "kprobe", ".isra.0")
CLUSTER_LOCK_RETURN(kretprobe_isra, "kretprobe", ".isra.0")
CLUSTER_LOCK(kprobe_constprop, "kprobe", ".constprop.0")
CLUSTER_LOCK_RETURN(kretprobe_constprop, "kretprobe", ".constprop.0")
CLUSTER_LOCK(kprobe, "kprobe", "")
CLUSTER_LOCK_RETURN(kretprobe, "kretprobe", "")
