/* Frames into segments, each by itself. Knows nothing of connections. */
#include "packet/seg.h"

#include <string.h>

#include "base/name.h"
#include "packet/seg_ip.h"

static void take_option(struct seg *seg, const uint8_t *opt)
{
	if (opt[0] == OPT_TIMESTAMP && opt[1] == OPT_TIMESTAMP_LEN)
		seg_take_stamps(seg, opt);
	if (opt[0] == OPT_SCALE && opt[1] == OPT_SCALE_LEN) {
		seg->has_scale = true;
		seg->scale = opt[2] < SCALE_MAX ? opt[2] : SCALE_MAX;
	}
}

/* The next option from *at on, whole, with *at behind it; or NULL. */
static const uint8_t *next_option(const struct seg *seg, size_t *at)
{
	const uint8_t *opt;
	size_t left;

	while (*at < seg->opts_len && seg->opts[*at] == OPT_NOP)
		++*at;
	opt = seg->opts + *at;
	left = seg->opts_len - *at;
	if (left < 2 || *opt == OPT_END || opt[1] < 2 || opt[1] > left)
		return NULL;
	*at += opt[1];
	return opt;
}

void seg_read_options(struct seg *seg)
{
	const uint8_t *opt;
	size_t at = 0;

	while ((opt = next_option(seg, &at)))
		take_option(seg, opt);
}

const uint8_t *seg_option(const struct seg *seg, uint8_t kind, size_t *len)
{
	const uint8_t *opt;
	size_t at = 0;

	while ((opt = next_option(seg, &at)))
		if (*opt == kind) {
			*len = opt[1] - 2u;
			return opt + 2;
		}
	return NULL;
}

static uint32_t pseudo_of(const struct seg_ip *ip)
{
	return sum_pseudo(ip->src, ip->dst, ip->addr_len, ip->proto, ip->len);
}

static bool sum_ok(const struct seg_ip *ip, const uint8_t *tcp)
{
	return sum_fold(sum_add(pseudo_of(ip), tcp, ip->len)) == 0xffff;
}

static size_t head_len(const uint8_t *tcp)
{
	return (size_t)(tcp[12] >> 4) * 4;
}

static bool head_fits(const struct seg_ip *ip, const uint8_t *tcp)
{
	return ip->whole && ip->len >= TCP_LEN && head_len(tcp) >= TCP_LEN &&
	       head_len(tcp) <= ip->len;
}

static void read_ends(const struct seg_ip *ip, const uint8_t *tcp,
		      struct seg *seg)
{
	seg->family = ip->family;
	memcpy(seg->src.addr, ip->src, ip->addr_len);
	memcpy(seg->dst.addr, ip->dst, ip->addr_len);
	seg->src.port = get16(tcp);
	seg->dst.port = get16(tcp + 2);
}

enum seg_kind seg_parse(const void *frame, size_t len, struct seg *seg)
{
	const uint8_t *tcp;
	struct seg_ip ip;

	if (!seg_ip_find(frame, len, &ip) || ip.proto != PROTO_TCP)
		return SEG_OTHER;
	tcp = (const uint8_t *)frame + ip.at;
	if (!head_fits(&ip, tcp))
		return SEG_BAD;
	memset(seg, 0, sizeof(*seg));
	read_ends(&ip, tcp, seg);
	seg->seq = get32(tcp + 4);
	seg->ack = get32(tcp + 8);
	seg->flags = tcp[13];
	seg->win = get16(tcp + 14);
	seg->urg = get16(tcp + 18);
	seg->opts = tcp + TCP_LEN;
	seg->opts_len = head_len(tcp) - TCP_LEN;
	seg->data = tcp + head_len(tcp);
	seg->len = ip.len - head_len(tcp);
	seg_read_options(seg);
	seg->csum_ok = ip.head_ok && sum_ok(&ip, tcp);
	return SEG_TCP;
}

uint32_t seg_span(const struct seg *seg)
{
	return (uint32_t)seg->len + !!(seg->flags & FLAG_SYN) +
	       !!(seg->flags & FLAG_FIN);
}

bool seg_complete_checksum(void *frame, size_t len)
{
	struct seg_ip ip;
	uint8_t *tcp;

	if (!seg_ip_find(frame, len, &ip) || ip.proto != PROTO_TCP)
		return false;
	tcp = (uint8_t *)frame + ip.at;
	if (!head_fits(&ip, tcp) ||
	    get16(tcp + TCP_SUM_AT) != sum_fold(pseudo_of(&ip)))
		return false;
	/* The field holds the pseudo-header's sum: it need not be added. */
	put16(tcp + TCP_SUM_AT, (uint16_t)~sum_fold(sum_add(0, tcp, ip.len)));
	return true;
}
