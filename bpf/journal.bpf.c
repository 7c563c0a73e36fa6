// SPDX-License-Identifier: GPL-2.0-only
/* Layer journal: commits, which everybody who syncs waits for. The events are those of
 * modules: raw tracepoints, whose arguments are numbers. */
#include "maps_journal.bpf.h"
#include "latency.bpf.h"
#include "ledger.bpf.h"
#include "scope.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Of jbd2, by its module's types: unknown where it has none (before 5.11). */
struct transaction_run_stats_s {
	u32 rs_handle_count;
	u32 rs_blocks_logged;
} __attribute__((preserve_access_index));

static __always_inline struct iopath_commits *commits_of(u32 dev)
{
	struct iopath_commits_key key = {.dev = dev};
	struct iopath_commits *row = bpf_map_lookup_elem(&commits, &key);
	u32 zero = 0;

	if (!row) {
		row = bpf_map_lookup_elem(&zeroed_commits, &zero);
		if (row)
			bpf_map_update_elem(&commits, &key, row, BPF_NOEXIST);
		row = bpf_map_lookup_elem(&commits, &key);
	}
	if (!row)
		count_loss(IOPATH_LOSS_detail_full);
	return row;
}

static __always_inline void count_asker(u32 dev, const struct asker *asker)
{
	struct iopath_asker_key key = {.dev = dev, .tgid = asker->tgid};
	struct iopath_asker fresh = {.count = 1}, *known;

	known = bpf_map_lookup_elem(&commit_askers, &key);
	if (known) {
		known->count++;
		return;
	}
	__builtin_memcpy(fresh.comm, asker->comm, sizeof(fresh.comm));
	if (bpf_map_update_elem(&commit_askers, &key, &fresh, BPF_NOEXIST))
		count_loss(IOPATH_LOSS_detail_full);
}

/* Who asked for the commit before is known now, if it ever is. */
static __always_inline void settle_last(struct wait_ring *ring)
{
	if (ring->first.kind == ASKED_BY_TASK)
		count_asker(ring->last_dev, &ring->first);
	ring->first.kind = ASKED_SEEN;
}

static __always_inline struct open_commit *open_commit(void)
{
	u32 thread = (u32)bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&open_commits, &thread);
}

/* The journal's thread: whoever it wakes from now on waited for this commit. */
SEC("?raw_tp/jbd2_start_commit")
int commit_begin__raw_tp(void *ctx)
{
	u32 thread = (u32)bpf_get_current_pid_tgid();
	struct task_struct *task = current_task();
	struct open_commit fresh = {};
	struct wait_ring *ring;

	fresh.begin = bpf_ktime_get_ns();
	fresh.mark = fresh.begin;
	make_ledger(task);
	ring = find_ring(task);
	if (ring) {
		settle_last(ring);
		fresh.asker = ring->asker;
		ring->served = 0;
		ring->commit_begin = fresh.begin;
	}
	if (bpf_map_update_elem(&open_commits, &thread, &fresh, BPF_ANY))
		count_loss(IOPATH_LOSS_detail_full);
	return 0;
}

static __always_inline void end_phase(struct open_commit *commit, enum iopath_commit_phase phase)
{
	u64 now = bpf_ktime_get_ns();

	if (now > commit->mark)
		commit->phase_ns[phase] += now - commit->mark;
	commit->mark = now;
}

SEC("?raw_tp/jbd2_commit_flushing")
int commit_locked__raw_tp(void *ctx)
{
	struct open_commit *commit = open_commit();

	if (commit)
		end_phase(commit, IOPATH_COMMIT_PHASE_locking);
	return 0;
}

SEC("?raw_tp/jbd2_commit_logging")
int commit_flushed__raw_tp(void *ctx)
{
	struct open_commit *commit = open_commit();

	if (commit)
		end_phase(commit, IOPATH_COMMIT_PHASE_flushing);
	return 0;
}

/* The last event of a commit that says the device; those who wait are woken right after. */
SEC("?raw_tp/jbd2_run_stats")
int commit_end__raw_tp(u64 *ctx)
{
	u32 thread = (u32)bpf_get_current_pid_tgid(), dev = (u32)ctx[0];
	struct transaction_run_stats_s *stats = (void *)ctx[2];
	struct wait_ring *ring = find_ring(current_task());
	struct open_commit *known = open_commit(), commit;
	struct iopath_commits *row;

	if (ring) { /* what woke it meanwhile asked for nothing */
		ring->asker.kind = ASKED_UNSEEN;
		ring->last_dev = dev;
	}
	if (!known) /* begun before we attached */
		return 0;
	end_phase(known, IOPATH_COMMIT_PHASE_logging);
	commit = *known;
	bpf_map_delete_elem(&open_commits, &thread);
	row = commits_of(dev);
	if (!row)
		return 0;
	if (commit.mark > commit.begin)
		count_latency(&row->latency, commit.mark - commit.begin);
	for (u32 phase = 0; phase < IOPATH_COMMIT_PHASE_COUNT; phase++)
		row->phase_ns[phase] += commit.phase_ns[phase];
	if (commit.asker.kind == ASKED_BY_TASK)
		count_asker(dev, &commit.asker);
	else if (commit.asker.kind == ASKED_BY_TIMER)
		row->by_timer++;
	else if (ring)
		ring->first.kind = ASKED_UNSEEN;
	if (bpf_core_field_exists(stats->rs_handle_count)) {
		row->sized++;
		row->handles += BPF_CORE_READ(stats, rs_handle_count);
		row->blocks += BPF_CORE_READ(stats, rs_blocks_logged);
	}
	return 0;
}

/* The data of the current thread's operation are written: what it waits for from here on is
 * that what points to them is, too. */
static __always_inline int await_commit(void)
{
	struct ledger *ledger = open_ledger_of_current();

	if (ledger)
		ledger->armed |= ARMED_COMMIT;
	return 0;
}

SEC("?raw_tp/xfs_log_force")
int xfs_commit__raw_tp(void *ctx)
{
	return await_commit();
}

SEC("?raw_tp/btrfs_sync_log_enter") /* 7.2 and later */
int btrfs_commit__raw_tp(void *ctx)
{
	return await_commit();
}

SEC("?raw_tp/f2fs_write_checkpoint")
int f2fs_checkpoint__raw_tp(void *ctx)
{
	return await_commit();
}

/* Types: f2fs' enum page_type, which has had data first, then nodes, since 3.8. */
SEC("?raw_tp/f2fs_submit_write_bio")
int f2fs_nodes__raw_tp(u64 *ctx)
{
	return ctx[1] ? await_commit() : 0;
}

/* A flush of f2fs is done. One that its thread issues is for all syncs that asked for one while
 * another was under way: they are woken next. */
SEC("?raw_tp/f2fs_issue_flush")
int f2fs_flush__raw_tp(void *ctx)
{
	struct task_struct *task = current_task();
	struct wait_ring *ring;

	if (!(TASK(task, flags) & PF_KTHREAD))
		return 0;
	make_ledger(task);
	ring = find_ring(task);
	if (ring) {
		ring->served = 0;
		ring->commit_begin = bpf_ktime_get_ns();
	}
	return 0;
}
