/*
 * The TCP header of a frame, its options included; what lies around it is
 * walked through in the other files decap_*.c. Knows nothing of connections,
 * and refuses to conclude anything from what was cut off.
 */
#include "packet/decap.h"

#include <string.h>
#include <sys/socket.h>

#include "base/name.h"
#include "packet/decap_own.h"
#include "packet/decap_usual.h"

/* MSS, SACK permitted, timestamps, NOP, window scale: those of most SYNs. */
#define SYN_LEN	     20
#define SYN_MSS	     UINT32_C(0x0204)
#define SYN_SACK     UINT32_C(0x0402080a) /* and the timestamps' head */
#define SYN_STAMPS   6
#define SYN_SCALE    UINT32_C(0x010303) /* without the number itself, */
#define SYN_SCALE_AT 16			/* which is behind */

/* Whether an option says that none follow. */
static bool has_last_option(const uint8_t *opts, size_t len)
{
	size_t at = 0, step;

	for (; at < len; at += step) {
		step = opts[at] == OPT_NOP ? 1
		       : at + 1 < len	   ? opts[at + 1]
					   : 0;
		if (opts[at] == OPT_END || step == 0)
			break;
	}
	return at < len && opts[at] == OPT_END;
}

/*
 * A SYN whose options were cut may have had a window scale: the widest is
 * assumed, which excuses most.
 */
static void take_options(struct seg *seg, const uint8_t *opts, size_t len,
			 size_t room)
{
	seg->opts = opts;
	seg->opts_len = len < room ? len : room;
	seg->opts_cut = room < len;
	seg_read_options(seg);
	if (seg->opts_cut && seg->flags & FLAG_SYN && !seg->has_scale &&
	    !has_last_option(opts, room)) {
		seg->has_scale = true;
		seg->scale = SCALE_MAX;
	}
	seg->opts = NULL;
	seg->opts_len = 0;
}

static bool is_usual_syn(const uint8_t *opts)
{
	return get32(opts) >> 16 == SYN_MSS && get32(opts + 4) == SYN_SACK &&
	       get32(opts + SYN_SCALE_AT) >> 8 == SYN_SCALE;
}

static void take_syn_options(struct seg *seg, const uint8_t *opts)
{
	uint8_t scale = opts[SYN_LEN - 1];

	seg_take_stamps(seg, opts + SYN_STAMPS);
	seg->has_scale = true;
	seg->scale = scale < SCALE_MAX ? scale : SCALE_MAX;
}

void decap_options(struct seg *seg, const uint8_t *opts, size_t len)
{
	if (len == SYN_LEN && is_usual_syn(opts))
		take_syn_options(seg, opts);
	else if (len)
		take_options(seg, opts, len, len);
}

static void brief_syn_options(struct decap_brief *brief, const uint8_t *opts)
{
	uint64_t stamps = get64(opts + SYN_STAMPS + 2);
	uint8_t scale = opts[SYN_LEN - 1];

	brief->kind = DECAP_HAS_TS | DECAP_HAS_SCALE;
	brief->scale = scale < SCALE_MAX ? scale : SCALE_MAX;
	brief->tsecr = (uint32_t)stamps;
	brief->tsval = (uint32_t)(stamps >> 32);
}

void decap_brief_options(struct decap_brief *brief, const uint8_t *opts,
			 size_t len)
{
	struct seg seg;

	if (len == SYN_LEN && is_usual_syn(opts)) {
		brief_syn_options(brief, opts);
		return;
	}
	seg.has_ts = false;
	seg.has_scale = false;
	seg.scale = 0;
	seg.tsval = 0;
	seg.tsecr = 0;
	decap_options(&seg, opts, len);
	brief->kind = (seg.has_ts ? DECAP_HAS_TS : 0) |
		      (seg.has_scale ? DECAP_HAS_SCALE : 0);
	brief->scale = seg.scale;
	brief->tsval = seg.tsval;
	brief->tsecr = seg.tsecr;
}

static void take_ends(struct seg *seg, const struct packet *p)
{
	size_t len = p->family == AF_INET ? 4 : 16;

	seg->family = p->family;
	seg->ttl = p->ttl;
	decap_addr(&seg->src, p->src, len);
	decap_addr(&seg->dst, p->dst, len);
}

/* A first fragment's end is unknown, and so is its FIN's sequence number. */
static bool is_blurred(const struct packet *p, const struct seg *seg)
{
	return p->partial && seg->flags & (FLAG_FIN | FLAG_SYN | FLAG_RST);
}

/* What only looks like a tunnel carries no TCP. */
static enum decap_kind bad(const struct walk *w)
{
	return w->guessed ? DECAP_NOT_TCP : DECAP_MALFORMED;
}

/* The packet has not even the TCP header in it. */
static enum decap_kind not_whole(const struct walk *w)
{
	return w->p.partial ? DECAP_FRAGMENT : bad(w);
}

/* room: the octets captured from the TCP header on. */
static enum decap_kind take_segment(struct seg *seg, const struct packet *p,
				    const uint8_t *tcp, size_t head_len,
				    size_t room)
{
	take_ends(seg, p);
	decap_ports(seg, tcp);
	decap_head(seg, tcp, p->len - head_len);
	take_options(seg, tcp + TCP_LEN, head_len - TCP_LEN, room - TCP_LEN);
	return is_blurred(p, seg) ? DECAP_FRAGMENT : DECAP_TCP;
}

static enum decap_kind take_tcp(const struct walk *w, struct seg *seg)
{
	const struct packet *p = &w->p;
	size_t head_len;

	if (p->len < TCP_LEN)
		return not_whole(w);
	if (w->r.len < TCP_LEN)
		return w->torn ? DECAP_FRAGMENT : DECAP_TRUNCATED;
	head_len = (size_t)(w->r.at[12] >> 4) * 4;
	if (head_len < TCP_LEN || head_len > p->len)
		return head_len < TCP_LEN ? bad(w) : not_whole(w);
	return take_segment(seg, p, w->r.at, head_len, w->r.len);
}

enum decap_kind decap_segment(const struct decap_frame *frame, struct seg *seg,
			      uint32_t *next)
{
	struct walk w;
	enum decap_kind kind;

	*next = 0;
	if (decap_usual(frame->link, frame->bytes, frame->len, seg))
		return DECAP_TCP;
	kind = decap_walk(&w, frame);
	*next = w.next;
	return kind == DECAP_TCP ? take_tcp(&w, seg) : kind;
}
