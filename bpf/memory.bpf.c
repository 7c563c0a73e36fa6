// SPDX-License-Identifier: GPL-2.0-only
/* Layer memory: dirty page throttling, direct reclaim, compaction. */
#include "ledger.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* One event, before the sleep; a pause of 0 or less does not sleep. */
static __always_inline int on_balance_dirty(long pause)
{
	struct ledger *ledger = open_ledger_of_current();

	if (ledger && pause > 0)
		ledger->armed |= ARMED_THROTTLE;
	return 0;
}

static __always_inline int on_reclaim(bool begins)
{
	struct ledger *ledger = open_ledger_of_current();

	if (!ledger)
		return 0;
	turn_page(ledger);
	if (begins)
		ledger->armed |= ARMED_RECLAIM;
	else
		ledger->armed &= ~ARMED_RECLAIM;
	return 0;
}

/* 6.16 packed the limits into one argument: the pause moved from 11th to 7th. */
SEC("?raw_tp/balance_dirty_pages")
int balance_dirty__raw_tp(u64 *ctx)
{
	return on_balance_dirty(ctx[6]);
}

SEC("?raw_tp/balance_dirty_pages")
int balance_dirty__raw_tp_12(u64 *ctx)
{
	return on_balance_dirty(ctx[10]);
}

#define RECLAIM(name, event, begins)                                                               \
	SEC("?raw_tp/" #event)                                                                     \
	int name##__raw_tp(void *ctx)                                                              \
	{                                                                                          \
		return on_reclaim(begins);                                                         \
	}

RECLAIM(reclaim_begin, mm_vmscan_direct_reclaim_begin, true)
RECLAIM(reclaim_end, mm_vmscan_direct_reclaim_end, false)
RECLAIM(memcg_reclaim_begin, mm_vmscan_memcg_reclaim_begin, true)
RECLAIM(memcg_reclaim_end, mm_vmscan_memcg_reclaim_end, false)
RECLAIM(compaction_begin, mm_compaction_begin, true)
RECLAIM(compaction_end, mm_compaction_end, false)
