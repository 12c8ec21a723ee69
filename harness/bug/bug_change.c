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

void set_seq_plus_1(struct bent *b)
{
	b->seg.seq++;
}

void set_seq_minus_1(struct bent *b)
{
	b->seg.seq--;
}

void set_seq_far(struct bent *b)
{
	b->seg.seq += FAR;
}

void set_seq_0(struct bent *b)
{
	b->seg.seq = 0;
}

/* The FIN takes the number of the last octet, which never arrives. */
void set_seq_last(struct bent *b)
{
	if (b->seg.len)
		b->seg.len--;
	else
		b->seg.seq--;
}

/* The FIN takes the number of the first octet that is not acknowledged. */
void set_seq_una(struct bent *b)
{
	b->seg.seq = b->peer->rcv_nxt;
	b->seg.len = 0;
}

void set_seq_rcv_nxt(struct bent *b)
{
	b->seg.seq = b->me->rcv_nxt;
	b->seg.len = 0;
}

void set_ack_plus_1(struct bent *b)
{
	b->seg.ack++;
}

void set_ack_minus_1(struct bent *b)
{
	b->seg.ack--;
}

void set_ack_unsent(struct bent *b)
{
	b->seg.ack += 5000;
}

void set_ack_back(struct bent *b)
{
	b->seg.ack -= 50;
}

/* It acknowledges none of the peer's data; without any, one too few. */
void set_ack_before_data(struct bent *b)
{
	uint32_t octets = flow_octets(b->peer);

	b->seg.ack -= octets ? octets : 1;
}

void set_ack_snd_nxt(struct bent *b)
{
	b->seg.flags |= FLAG_ACK;
	b->seg.ack = b->me->snd_nxt;
}

void set_win_0(struct bent *b)
{
	b->seg.win = 0;
}

void set_flags_ack(struct bent *b)
{
	b->seg.flags = FLAG_ACK;
}

void set_flag_fin(struct bent *b)
{
	b->seg.flags |= FLAG_FIN;
}

void set_flag_syn(struct bent *b)
{
	b->seg.flags |= FLAG_SYN;
}

void set_flags_ecn(struct bent *b)
{
	b->seg.flags |= FLAG_ECE | FLAG_CWR;
}

void set_flag_urg(struct bent *b)
{
	b->seg.flags |= FLAG_URG;
	b->seg.urg = 1;
}

void set_no_ack(struct bent *b)
{
	b->seg.flags &= (uint8_t)~FLAG_ACK;
	b->seg.ack = 0;
}

/* The end's own FIN stands in place of an ACK. */
void set_fin_again(struct bent *b)
{
	set_flag_fin(b);
	b->seg.seq = b->me->fin_seq;
}

void set_no_opts(struct bent *b)
{
	b->seg.opts_len = 0;
}

void set_tsval_old(struct bent *b)
{
	set_tsval(b, b->seg.tsval - 1000000);
}

void set_tsval_current(struct bent *b)
{
	set_tsval(b, b->peer->tsval);
}

void set_bad_sum(struct bent *b)
{
	b->bad_sum = true;
}

void set_delay_700ms(struct bent *b)
{
	b->after_ns = 700 * NS_PER_MS;
}

void set_delay_3s(struct bent *b)
{
	b->after_ns = 3 * NS_PER_S;
}

void set_rst_ack(struct bent *b)
{
	b->seg.flags = FLAG_RST | FLAG_ACK;
}

/* <SEQ=SEG.ACK><CTL=RST> (RFC 9293 section 3.5.2). */
void set_rst_reply(struct bent *b)
{
	b->seg.flags = FLAG_RST;
	b->seg.seq = b->memory->got_ack;
	b->seg.ack = 0;
	set_no_opts(b);
}

/* <SEQ=0><ACK=SEG.SEQ+SEG.LEN>, as for a segment that had no ACK. */
void set_rst_reply_ack(struct bent *b)
{
	b->seg.flags |= FLAG_ACK;
	b->seg.seq = 0;
	b->seg.ack = b->memory->got_seq + (uint32_t)b->memory->got_len;
}

/* An RST that the real stack has to obey. */
void set_rst_exact(struct bent *b)
{
	b->seg.flags = FLAG_RST;
	b->seg.ack = 0;
	set_seq_rcv_nxt(b);
}

void set_rst_exact_answered(struct bent *b)
{
	add_rst(b);
	set_rst_exact(b);
}

void set_fin_for_rst(struct bent *b)
{
	b->seg.flags = FLAG_FIN | FLAG_ACK;
	b->seg.win = b->me->rcv_wnd;
}

void set_ack_for_rst(struct bent *b)
{
	b->seg.flags = FLAG_ACK;
	b->seg.seq = b->me->snd_nxt;
	b->seg.ack = b->peer->snd_nxt;
	b->seg.win = b->me->rcv_wnd;
}

/* An old SYN looks as if its number and its timestamp were new. */
void set_syn_newer(struct bent *b)
{
	b->seg.seq = b->me->rcv_nxt + 100000;
	set_tsval(b, b->peer->tsval + 100000);
}

void add_copy(struct bent *b)
{
	b->also = b->seg;
	b->also_times = 1;
}

void add_storm(struct bent *b)
{
	b->also = b->seg;
	b->also_times = BENT_STORM;
}

/* 100 octets, with the numbers of the segment that is sent. */
static void add_data(struct bent *b)
{
	add_copy(b);
	b->also.flags = FLAG_PSH | FLAG_ACK;
	b->also.data = NULL;
	b->also.len = 100;
}

void add_data_after_fin(struct bent *b)
{
	add_data(b);
	b->also.seq += seg_span(&b->seg);
}

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

void add_rst(struct bent *b)
{
	b->also = own_segment(b, FLAG_RST | FLAG_ACK);
	b->also_times = 1;
}

void add_rst_for_syn(struct bent *b)
{
	add_rst(b);
	b->also.seq = 0;
	b->also.ack = b->seg.seq + 1;
}
