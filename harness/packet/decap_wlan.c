/*
 * IEEE 802.11 data frames, and what drivers put before them. Frames that are
 * encrypted, or carry no data, are none of TCP.
 */
#include "packet/decap_own.h"

/* Of the frame control field, its first octet and its second. */
#define TYPE_BITS  0x0c
#define TYPE_DATA  0x08
#define NO_DATA	   0x40
#define WITH_QOS   0x80
#define DS_BITS	   0x03 /* to and from: a fourth address follows */
#define MORE_FRAGS 0x04
#define PROTECTED  0x40
#define WITH_HT	   0x80 /* with QoS: the HT Control field follows */

#define WLAN_HEAD  24
#define QOS_AMSDU  0x80
#define AMSDU_HEAD 14

/* Radiotap: a word says which fields are there, the highest bit of it that
   another word follows. */
#define TAP_WORDS_AT 4
#define TAP_MORE     0x80 /* of a word's last octet */
#define TAP_TSFT     1
#define TAP_FLAGS    2
#define TAP_PADDED   0x20
#define TAP_BAD_FCS  0x40

#define PRISM_LEN 144
#define AVS_MAGIC UINT32_C(0x80211000)
#define AVS_LEAST 8
#define AVS_MASK  UINT32_C(0xfffff000)

static size_t head_len(const uint8_t *at)
{
	size_t len = WLAN_HEAD;

	if ((at[1] & DS_BITS) == DS_BITS)
		len += 6;
	if (at[0] & WITH_QOS)
		len += 2 + (at[1] & WITH_HT ? 4 : 0);
	return len;
}

/* Whether several frames are in this one. */
static bool is_amsdu(const uint8_t *at)
{
	size_t qos = WLAN_HEAD + ((at[1] & DS_BITS) == DS_BITS ? 6 : 0);

	return at[0] & WITH_QOS && at[qos] & QOS_AMSDU;
}

/*
 * Of several frames (A-MSDU: addresses, a length, and padding to words) the one
 * there.
 */
static enum layer take_subframe(struct walk *w, size_t at)
{
	struct rest *r = &w->r;
	size_t len, behind;

	if (!skip(r, at) || r->len < AMSDU_HEAD)
		return LAYER_CUT;
	len = get16(r->at + AMSDU_HEAD - 2);
	behind = (AMSDU_HEAD + len + 3) & ~(size_t)3;
	if (behind < r->len && r->len - behind >= AMSDU_HEAD)
		w->next = (uint32_t)(at + behind);
	skip(r, AMSDU_HEAD);
	r->bounded = true;
	r->wire = len;
	if (r->len > len)
		r->len = len;
	return LAYER_LLC;
}

static enum layer open_frame(struct walk *w, bool is_padded)
{
	const uint8_t *at = w->r.at;
	size_t len;

	if ((at[0] & TYPE_BITS) != TYPE_DATA || at[0] & NO_DATA ||
	    at[1] & PROTECTED)
		return LAYER_OTHER;
	if (get16(at + 22) & 0x0f00 || at[1] & MORE_FRAGS)
		return LAYER_FRAGMENT;
	len = head_len(at);
	if (is_padded)
		len = (len + 3) & ~(size_t)3;
	if (!skip(&w->r, len))
		return LAYER_CUT;
	return is_amsdu(at) ? take_subframe(w, w->from) : LAYER_LLC;
}

enum layer open_wlan(struct walk *w)
{
	return open_frame(w, false);
}

/* The radiotap header's field of flags, or 0. The header is there whole. */
static uint8_t tap_flags(const uint8_t *at, size_t len)
{
	uint8_t present = at[TAP_WORDS_AT];
	size_t behind = TAP_WORDS_AT;

	while (behind + 4 <= len && at[behind + 3] & TAP_MORE)
		behind += 4;
	behind += 4;
	if (present & TAP_TSFT)
		behind = ((behind + 7) & ~(size_t)7) + 8;
	return present & TAP_FLAGS && behind < len ? at[behind] : 0;
}

enum layer open_radiotap(struct walk *w)
{
	const uint8_t *at = w->r.at;
	size_t len = (size_t)at[2] | (size_t)at[3] << 8;
	uint8_t flags;

	if (at[0] != 0 || len < 8)
		return LAYER_BAD;
	if (!skip(&w->r, len))
		return LAYER_CUT;
	flags = tap_flags(at, len);
	if (flags & TAP_BAD_FCS)
		return LAYER_BAD;
	return w->r.len < WLAN_HEAD ? LAYER_CUT
				    : open_frame(w, flags & TAP_PADDED);
}

/* The length of an AVS header is in it. */
enum layer open_avs(struct walk *w)
{
	uint32_t len = get32(w->r.at + 4);

	if ((get32(w->r.at) & AVS_MASK) != AVS_MAGIC || len < AVS_LEAST)
		return LAYER_BAD;
	return skip_to(w, len, LAYER_WLAN);
}

/* Drivers use the number for either header. */
enum layer open_prism(struct walk *w)
{
	if ((get32(w->r.at) & AVS_MASK) == AVS_MAGIC)
		return LAYER_AVS;
	return skip_to(w, PRISM_LEN, LAYER_WLAN);
}
