/*
 * The settings that a report of a connection's end is read with: as an end of
 * a run has them here.
 */
#include "base/array.h"
#include "cmd/bundle_own.h"
#include "stack/ends.h"

#include <errno.h>

static const char *const names[] = {
	"net.ipv4.tcp_timestamps",
	"net.ipv4.tcp_sack",
	"net.ipv4.tcp_window_scaling",
	"net.ipv4.tcp_fin_timeout",
	"net.ipv4.tcp_tw_reuse",
	"net.ipv4.tcp_rfc1337",
	"net.ipv4.tcp_max_tw_buckets",
	"net.ipv4.tcp_orphan_retries",
	"net.ipv4.tcp_max_orphans",
	"net.ipv4.tcp_retries1",
	"net.ipv4.tcp_retries2",
	"net.ipv4.tcp_syn_retries",
	"net.ipv4.tcp_synack_retries",
	"net.ipv4.tcp_syncookies",
	"net.ipv4.tcp_abort_on_overflow",
	"net.ipv4.tcp_challenge_ack_limit",
	"net.ipv4.tcp_invalid_ratelimit",
	"net.ipv4.tcp_early_retrans",
	"net.ipv4.tcp_congestion_control",
	"net.ipv4.tcp_rmem",
	"net.ipv4.tcp_wmem",
};

#define N_NAMES ARRAY_SIZE(names)

static void read_all(struct bundle *b, struct readme *r, struct stack *s)
{
	struct readme_sysctl *list =
		arena_alloc(&b->arena, N_NAMES * sizeof(*list));
	char value[STACK_OPTION_MAX];
	struct fault f;

	r->sysctl = list;
	for (size_t i = 0; i < N_NAMES; i++) {
		if (s->ops->option_read(s, names[i], value, &f))
			continue; /* this kernel does not have it */
		list[r->n_sysctl++] = (struct readme_sysctl){
			names[i], arena_printf(&b->arena, "%s", value)
		};
	}
}

void bundle_settings(struct bundle *b, struct readme *r)
{
	struct ends_plan plan = { .link = LINK_CABLE };
	struct ends ends;
	struct fault f;

	if (stack_choose("kernel", &plan.stack[SIDE_A], &f) ||
	    stack_choose("kernel", &plan.stack[SIDE_B], &f) ||
	    ends_privilege(&f) || ends_open(&ends, &plan, -1, &f)) {
		r->no_sysctl = arena_printf(&b->arena, "%s", f.text);
		return;
	}
	read_all(b, r, ends.stack[SIDE_A]);
	ends_close(&ends);
}
