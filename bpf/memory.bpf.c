// SPDX-License-Identifier: GPL-2.0-only
/* Layer memory: dirty page throttling, direct reclaim, compaction. */
#include "ledger.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* What the kernel weighed when it made a writer pause; in pages. */
struct weighed {
	u64 limit;
	u64 background;
	u64 dirty;
	u64 device_limit;
	u64 device_dirty;
	u64 rate;
};

static __always_inline int count_pause(const struct ledger *ledger, const struct weighed *pages)
{
	struct iopath_row *row = row_of_operation(ledger);

	if (!row)
		return 0;
	row->dirty.pauses++;
	/* Below the middle of the two only a device with a strict limit makes anyone pause. */
	if (pages->dirty <= (pages->limit + pages->background) / 2)
		row->dirty.strict++;
	row->dirty.dirty += pages->dirty;
	row->dirty.limit += pages->limit;
	row->dirty.background += pages->background;
	row->dirty.device_dirty += pages->device_dirty;
	row->dirty.device_limit += pages->device_limit;
	row->dirty.rate += pages->rate;
	return 0;
}

/* One event, before the sleep; a pause of 0 or less does not sleep. */
static __always_inline struct ledger *arm_throttle(long pause)
{
	struct ledger *ledger = pause > 0 ? open_ledger_of_current() : NULL;

	if (ledger)
		ledger->armed |= ARMED_THROTTLE;
	return ledger;
}

static __always_inline int on_reclaim(bool begins, enum iopath_reclaim kind)
{
	struct ledger *ledger = open_ledger_of_current();
	struct iopath_row *row;

	if (!ledger)
		return 0;
	turn_page(ledger);
	if (!begins) {
		ledger->armed &= ~ARMED_RECLAIM;
		return 0;
	}
	ledger->armed |= ARMED_RECLAIM;
	row = row_of_operation(ledger);
	if (row)
		row->reclaims[kind]++;
	return 0;
}

/* 6.16 packed the limits into one argument: the pause moved from 11th to 7th. */
SEC("?raw_tp/balance_dirty_pages")
int balance_dirty__raw_tp(u64 *ctx)
{
	struct ledger *ledger = arm_throttle(ctx[6]);
	struct weighed pages;
	void *control;

	if (!ledger)
		return 0;
	control = (void *)ctx[1];
	pages.limit = READ_FIELD(control, dirty_throttle_control, thresh);
	pages.background = READ_FIELD(control, dirty_throttle_control, bg_thresh);
	pages.dirty = READ_FIELD(control, dirty_throttle_control, dirty);
	pages.device_limit = READ_FIELD(control, dirty_throttle_control, wb_thresh);
	pages.device_dirty = READ_FIELD(control, dirty_throttle_control, wb_dirty);
	pages.rate = ctx[3];
	return UNDISTURBED(count_pause(ledger, &pages));
}

SEC("?raw_tp/balance_dirty_pages")
int balance_dirty__raw_tp_12(u64 *ctx)
{
	struct ledger *ledger = arm_throttle(ctx[10]);
	struct weighed pages;

	if (!ledger)
		return 0;
	pages.limit = ctx[1];
	pages.background = ctx[2];
	pages.dirty = ctx[3];
	pages.device_limit = ctx[4];
	pages.device_dirty = ctx[5];
	pages.rate = ctx[7];
	return UNDISTURBED(count_pause(ledger, &pages));
}

#define RECLAIM(name, event, begins, kind)                                                         \
	SEC("?raw_tp/" #event)                                                                     \
	int name##__raw_tp(void *ctx)                                                              \
	{                                                                                          \
		return UNDISTURBED(on_reclaim(begins, IOPATH_RECLAIM_##kind));                     \
	}

RECLAIM(reclaim_begin, mm_vmscan_direct_reclaim_begin, true, host)
RECLAIM(reclaim_end, mm_vmscan_direct_reclaim_end, false, host)
RECLAIM(memcg_reclaim_begin, mm_vmscan_memcg_reclaim_begin, true, limit)
RECLAIM(memcg_reclaim_end, mm_vmscan_memcg_reclaim_end, false, limit)
RECLAIM(compaction_begin, mm_compaction_begin, true, compaction)
RECLAIM(compaction_end, mm_compaction_end, false, compaction)
