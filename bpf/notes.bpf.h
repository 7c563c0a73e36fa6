/* SPDX-License-Identifier: GPL-2.0-only */
/* What a completion leaves for the wake-up that follows in its context. */
#ifndef IOPATH_NOTES_BPF_H
#define IOPATH_NOTES_BPF_H

#include "ledger.bpf.h"

static __always_inline void note_request(struct cpu_state *cpu, u64 admitted, u64 issued, u64 now,
                                         u32 kind)
{
	struct request_note *note = &cpu->request[current_context(cpu)];

	note->admitted = admitted;
	note->issued = issued;
	note->completed = now;
	note->pid = (u32)bpf_get_current_pid_tgid();
	note->kind = kind;
}

#endif
