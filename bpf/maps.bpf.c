// SPDX-License-Identifier: GPL-2.0-only
/* The maps that the layers share; no programs. */
#include "async_maps.bpf.h"
#include "compat.bpf.h"
#include "maps_failure.bpf.h"
#include "maps_helper.bpf.h"
#include "maps_journal.bpf.h"
#include "maps_lookup.bpf.h"
#include "maps_search.bpf.h"

char LICENSE[] SEC("license") = "GPL";
