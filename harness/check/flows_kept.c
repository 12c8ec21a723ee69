/*
 * Segments that were kept are judged: of a whole connection at once, or one
 * after another like any others. Knows nothing of how they are found.
 */
#include <sys/socket.h>

#include "base/memory.h"
#include "check/flows_own.h"

static void judge_kept(struct flows *t, struct row *row, enum side from,
		       const struct seg *seg, uint64_t frame, int64_t at_ns)
{
	if (wire_judge_plainly(&row->judge, from, seg, at_ns)) {
		row_count(row, from, frame, seg);
		return;
	}
	t->judged = row;
	wire_judge_closely(&row->judge, from, seg, frame, at_ns, &t->sink);
	row_count_odd(row, from, frame, seg);
}

/* The judge lies where the log was. */
static void settle(struct flows *t, struct row *row)
{
	struct row_log log = row->log;
	struct seg seg;

	row->head.family = AF_INET;
	memory_clear(&row->judge, sizeof(row->judge));
	rows_end(row->head.low, &row->end[0]);
	rows_end(row->head.high, &row->end[1]);
	for (uint32_t i = 0; i < log_length(&log); i++) {
		decap_unfold(&log.kept[i].tcp, &seg);
		judge_kept(t, row, wire_kept_from(&log.kept[i]), &seg,
			   log_frame(&log, i), log_at_ns(&log, i));
	}
}

void flows_settle(struct flows *t, struct row *row)
{
	if (row->head.family & ROW_KEPT)
		settle(t, row);
}

/*
 * The last one, a FIN, was overtaken by what acknowledges it. Of the others only
 * the first, a SYN, surely has no ACK.
 */
static bool is_acked(const struct row_log *log, const struct wire_kept *fin)
{
	uint32_t of_peer;

	for (const struct wire_kept *k = fin - 1; k > log->kept; k--) {
		of_peer = (k->frames ^ fin->frames) << 31;
		if ((fin->tcp.seq - k->tcp.ack) & of_peer)
			return true;
	}
	return false;
}

/* The last one is the second FIN, which has yet to be acknowledged. */
static bool awaits_ack(const struct row_log *log)
{
	const struct wire_kept *last = log_last(log);

	return last->tcp.flags & FLAG_FIN && log->had < 3 * LOG_FIN &&
	       log_length(log) < LOG_MOST && !is_acked(log, last);
}

static void __attribute__((noinline))
judge_log(struct flows *t, struct row *row)
{
	if (log_has_fins(&row->log) && rows_pack(&t->rows, row))
		return;
	settle(t, row);
	flows_hold_on(t, row, row->judge.last_ns, row->head.last_frame);
}

void flows_ripen(struct flows *t, struct row *row)
{
	if (!log_has_fins(&row->log) || !awaits_ack(&row->log))
		judge_log(t, row);
}
