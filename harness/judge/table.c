/*
 * Looking up what may follow. Knows how rows are found, and nothing of what
 * they say (judge/table_rows.c).
 */
#include "judge/table.h"

#include "judge/table_own.h"

/* What has no connection answers like CLOSED. */
static enum tcp_state row_state(enum tcp_state s)
{
	return s >= TCP_STATE_SYN_RECEIVED && s < TCP_STATE_COUNT
		       ? s
		       : TCP_STATE_CLOSED;
}

const struct table_row *table_find(enum tcp_state from, enum table_event event)
{
	enum tcp_state s = row_state(from);
	size_t i;

	for (i = 0; i < table_n_rows; i++) {
		if (table_rows[i].from == s && table_rows[i].event == event)
			return &table_rows[i];
	}
	return NULL;
}

const char *table_event_name(enum table_event event)
{
	static const char *const names[EVENT_COUNT] = {
		[EVENT_CLOSE] = "CLOSE",
		[EVENT_CLOSE_UNREAD] = "CLOSE with unread data",
		[EVENT_ABORT] = "ABORT",
		[EVENT_FIN] = "FIN",
		[EVENT_FIN_ACK] = "FIN with ACK of FIN",
		[EVENT_FIN_AGAIN] = "FIN again",
		[EVENT_FIN_EARLY] = "FIN above RCV.NXT",
		[EVENT_ACK_FIN] = "ACK of FIN",
		[EVENT_ACK] = "ACK",
		[EVENT_ACK_UNSENT] = "ACK of the unsent",
		[EVENT_DATA] = "data",
		[EVENT_DATA_OLD] = "old data",
		[EVENT_DATA_OUTSIDE] = "data outside the window",
		[EVENT_RST_EXACT] = "exact RST",
		[EVENT_RST_INSIDE] = "RST in the window, not exact",
		[EVENT_RST_OUTSIDE] = "RST outside the window",
		[EVENT_SYN] = "SYN",
		[EVENT_SYN_NEW] = "SYN that may reopen",
		[EVENT_NO_ACK] = "segment without ACK",
		[EVENT_TIMEOUT] = "time",
	};

	return event < EVENT_COUNT ? names[event] : "-";
}
