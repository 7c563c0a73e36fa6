/* SPDX-License-Identifier: GPL-2.0-only */
/* Of iopath.h: commits of journals. */
#ifndef IOPATH_JOURNAL_H
#define IOPATH_JOURNAL_H

#define IOPATH_COMMIT_PHASE_ID(id, word) IOPATH_COMMIT_PHASE_##id,
enum iopath_commit_phase { IOPATH_COMMIT_PHASES(IOPATH_COMMIT_PHASE_ID) IOPATH_COMMIT_PHASE_COUNT };

/* By the kernel's dev_t of its device. */
struct iopath_commits_key {
	iop_u32 dev;
	iop_u32 pad;
};

/* Written by the journal's own thread alone. */
struct iopath_commits {
	struct iopath_latency latency;
	iop_u64 phase_ns[IOPATH_COMMIT_PHASE_COUNT];
	iop_u64 by_timer; /* commits that nobody asked for */
	iop_u64 sized;    /* commits of which the following is known */
	iop_u64 handles;  /* operations in them */
	iop_u64 blocks;   /* written to the journal, with those that describe them */
};

/* Who asked for commits. */
struct iopath_asker_key {
	iop_u32 dev;
	iop_u32 tgid;
};
struct iopath_asker {
	iop_u64 count;
	char comm[IOPATH_COMM];
};

#endif
