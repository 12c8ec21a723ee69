/*
 * What a bug makes of a segment (set_...), and what the end with the bug sends
 * besides (add_...). Knows no bug and asks no conditions.
 */
#include <string.h>

#include "bug/bug_own.h"

/* Beyond any window. */
#define FAR 100000000

static void write32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void add_ts(struct bent *b, struct seg *seg)
{
	static const uint8_t head[4] = { 1, 1, 8, 10 };

	memcpy(b->also_opts, head, sizeof(head));
	write32(b->also_opts + 4, b->me->tsval);
	write32(b->also_opts + 8,
		b->seg.has_ts ? b->seg.tsval : b->peer->tsval);
	seg->opts = b->also_opts;
	seg->opts_len = sizeof(b->also_opts);
}

/*
 * While a segment is on its way to the end with the bug: one that this end
 * would send now, with timestamps when it uses them and the segment is no RST.
 */
static struct seg own_segment(struct bent *b, uint8_t flags)
{
	struct seg seg = b->seg;

	seg.src = b->seg.dst;
	seg.dst = b->seg.src;
	seg.flags = flags;
	seg.seq = b->me->snd_nxt;
	seg.ack = flags & FLAG_ACK ? b->me->rcv_nxt : 0;
	seg.win = b->me->rcv_wnd;
	seg.urg = 0;
	seg.len = 0;
	seg.opts_len = 0;
	if (b->me->has_ts && !(flags & FLAG_RST))
		add_ts(b, &seg);
	return seg;
}

/* Where the timestamps begin in the options, or NULL. */
static uint8_t *find_ts(struct bent *b)
{
	size_t i = 0;

	while (i + 1 < b->seg.opts_len && b->opts[i]) {
		if (b->opts[i] == 1) {
			i++;
			continue;
		}
		if (b->opts[i] == 8 && i + 10 <= b->seg.opts_len)
			return b->opts + i + 2;
		if (b->opts[i + 1] < 2)
			break;
		i += b->opts[i + 1];
	}
	return NULL;
}

static void set_tsval(struct bent *b, uint32_t tsval)
{
	uint8_t *at = find_ts(b);

	if (at)
		write32(at, tsval);
}

#define CHANGE(name, change)      \
	void name(struct bent *b) \
	{                         \
		change;           \
	}

/* clang-format off */
CHANGE(set_seq_plus_1, b->seg.seq++)
CHANGE(set_seq_minus_1, b->seg.seq--)
CHANGE(set_seq_far, b->seg.seq += FAR)
CHANGE(set_seq_0, b->seg.seq = 0)

/* The FIN takes the number of the last octet, which never arrives. */
void set_seq_last(struct bent *b)
{
	if (b->seg.len)
		b->seg.len--;
	else
		b->seg.seq--;
}

/* The FIN takes the number of the first octet that is not acknowledged. */
CHANGE(set_seq_una, b->seg.seq = b->peer->rcv_nxt; b->seg.len = 0)
CHANGE(set_seq_rcv_nxt, b->seg.seq = b->me->rcv_nxt; b->seg.len = 0)
CHANGE(set_ack_plus_1, b->seg.ack++)
CHANGE(set_ack_minus_1, b->seg.ack--)
CHANGE(set_ack_unsent, b->seg.ack += 5000)
CHANGE(set_ack_back, b->seg.ack -= 50)

/* It acknowledges none of the peer's data; without any, one too few. */
void set_ack_before_data(struct bent *b)
{
	uint32_t octets = flow_octets(b->peer);

	b->seg.ack -= octets ? octets : 1;
}

CHANGE(set_ack_snd_nxt, b->seg.flags |= FLAG_ACK; b->seg.ack = b->me->snd_nxt)
CHANGE(set_win_0, b->seg.win = 0)
CHANGE(set_flags_ack, b->seg.flags = FLAG_ACK)
CHANGE(set_flag_fin, b->seg.flags |= FLAG_FIN)
CHANGE(set_flag_syn, b->seg.flags |= FLAG_SYN)
CHANGE(set_flags_ecn, b->seg.flags |= FLAG_ECE | FLAG_CWR)
CHANGE(set_flag_urg, b->seg.flags |= FLAG_URG; b->seg.urg = 1)
CHANGE(set_no_ack, b->seg.flags &= (uint8_t)~FLAG_ACK; b->seg.ack = 0)

/* The end's own FIN stands in place of an ACK. */
CHANGE(set_fin_again, set_flag_fin(b); b->seg.seq = b->me->fin_seq)
CHANGE(set_no_opts, b->seg.opts_len = 0)
CHANGE(set_tsval_old, set_tsval(b, b->seg.tsval - 1000000))
CHANGE(set_tsval_current, set_tsval(b, b->peer->tsval))
CHANGE(set_bad_sum, b->bad_sum = true)
CHANGE(set_delay_700ms, b->after_ns = 700 * NS_PER_MS)
CHANGE(set_delay_3s, b->after_ns = 3 * NS_PER_S)
CHANGE(set_rst_ack, b->seg.flags = FLAG_RST | FLAG_ACK)

/* <SEQ=SEG.ACK><CTL=RST> (RFC 9293 section 3.5.2). */
CHANGE(set_rst_reply,
       b->seg.flags = FLAG_RST; b->seg.seq = b->memory->got_ack; b->seg.ack = 0;
       set_no_opts(b))

/* <SEQ=0><ACK=SEG.SEQ+SEG.LEN>, as for a segment that had no ACK. */
CHANGE(set_rst_reply_ack,
       b->seg.flags |= FLAG_ACK; b->seg.seq = 0;
       b->seg.ack = b->memory->got_seq + (uint32_t)b->memory->got_len)

/* An RST that the real stack has to obey. */
CHANGE(set_rst_exact,
       b->seg.flags = FLAG_RST; b->seg.ack = 0; set_seq_rcv_nxt(b))
CHANGE(set_rst_exact_answered, add_rst(b); set_rst_exact(b))
CHANGE(set_fin_for_rst,
       b->seg.flags = FLAG_FIN | FLAG_ACK; b->seg.win = b->me->rcv_wnd)
CHANGE(set_ack_for_rst,
       b->seg.flags = FLAG_ACK; b->seg.seq = b->me->snd_nxt;
       b->seg.ack = b->peer->snd_nxt; b->seg.win = b->me->rcv_wnd)

/* An old SYN looks as if its number and its timestamp were new. */
CHANGE(set_syn_newer,
       b->seg.seq = b->me->rcv_nxt + 100000;
       set_tsval(b, b->peer->tsval + 100000))
CHANGE(add_copy, b->also = b->seg; b->also_times = 1)
CHANGE(add_storm, b->also = b->seg; b->also_times = BENT_STORM)

/* 100 octets, with the numbers of the segment that is sent. */
static CHANGE(add_data,
       add_copy(b); b->also.flags = FLAG_PSH | FLAG_ACK; b->also.data = NULL;
       b->also.len = 100)
CHANGE(add_data_after_fin, add_data(b); b->also.seq += seg_span(&b->seg))

/* The end goes on sending after its own RST. */
void add_data_after_rst(struct bent *b)
{
	add_data(b);
	b->also_times = 2;
	b->also_after_ns = 20 * NS_PER_MS;
	b->also_gap_ns = 300 * NS_PER_MS;
	b->also_step = 100;
}

/* The end does not notice that its FIN is acknowledged. */
void add_fin_again(struct bent *b)
{
	b->also = own_segment(b, FLAG_FIN | FLAG_ACK);
	b->also.seq--;
	if (b->peer->fin_sent)
		b->also.ack = b->peer->fin_seq + 1;
	b->also_times = 1;
	b->also_after_ns = 20 * NS_PER_MS;
}

CHANGE(add_rst,
       b->also = own_segment(b, FLAG_RST | FLAG_ACK); b->also_times = 1)
CHANGE(add_rst_for_syn,
       add_rst(b); b->also.seq = 0; b->also.ack = b->seg.seq + 1)
/* clang-format on */
