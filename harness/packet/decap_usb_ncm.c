/*
 * Transfer blocks of CDC NCM (USB-IF: NCM 1.0, section 3): a header that leads
 * to tables of datagrams, each with its offset and length; and those of MBIM,
 * whose datagrams are IP alone. The small form counts in two octets, the wide
 * one in four.
 */
#include <string.h>

#include "base/array.h"
#include "packet/decap_own.h"

/* Tables are linked; a block of 64 KB has one, or a few. */
#define NDP_MAX 32

struct form {
	const char *block;    /* signatures: of a block, all of it; */
	const char *ethernet; /* of a table, the first three octets */
	const char *ip;
	uint8_t nth_len;
	uint8_t ndp_len;
	uint8_t number; /* octets of an offset or a length */
};

static const struct form forms[] = {
	{ "NCMH", "NCM", "IPS", 12, 8, 2 },
	{ "ncmh", "ncm", "ips", 16, 16, 4 },
};

struct block {
	const struct form *form;
	size_t len;
	size_t ndp; /* where the first table is */
};

struct datagram {
	size_t at, len;
	enum layer layer;
};

static size_t number(const struct form *form, const uint8_t *p)
{
	return form->number == 2 ? get_le16(p) : get_le32(p);
}

static const struct form *form_of(const struct rest *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (r->len >= forms[i].nth_len &&
		    memcmp(r->at, forms[i].block, 4) == 0 &&
		    get_le16(r->at + 4) == forms[i].nth_len)
			return &forms[i];
	return NULL;
}

/* A length of 0 says that the transfer's end is the block's. */
static bool read_block(const struct rest *r, struct block *b)
{
	b->form = form_of(r);
	if (!b->form)
		return false;
	b->len = number(b->form, r->at + 8);
	b->len = b->len ? b->len : r->wire;
	b->ndp = number(b->form, r->at + 8 + b->form->number);
	return b->len <= r->wire && b->ndp >= b->form->nth_len &&
	       b->ndp < b->len;
}

bool usb_is_ncm(const struct rest *r)
{
	struct block b;

	return read_block(r, &b);
}

/* What a table's datagrams are; or LAYER_OTHER. */
static enum layer layer_of_ndp(const struct form *form, const uint8_t *ndp)
{
	if (memcmp(ndp, form->ip, 3) == 0)
		return LAYER_IP;
	if (memcmp(ndp, form->ethernet, 3) == 0 &&
	    (ndp[3] == '0' || ndp[3] == '1'))
		return LAYER_ETHERNET;
	return LAYER_OTHER;
}

/* How many datagrams a table there can have; 0: none is there, or whole. */
static size_t count_ndp(const struct rest *r, const struct block *b, size_t at)
{
	const struct form *form = b->form;
	size_t len;

	if (at > r->len || r->len - at < form->ndp_len)
		return 0;
	len = get_le16(r->at + at + 4);
	if (len < form->ndp_len || len > r->len - at || len > b->len - at)
		return 0;
	return (len - form->ndp_len) / (2u * form->number);
}

/* One that is 0 is the last of its table. */
static bool read_datagram(const struct rest *r, const struct block *b,
			  size_t ndp, size_t i, struct datagram *d)
{
	const struct form *form = b->form;
	const uint8_t *p = r->at + ndp + form->ndp_len + 2 * form->number * i;

	d->at = number(form, p);
	d->len = number(form, p + form->number);
	d->layer = layer_of_ndp(form, r->at + ndp);
	return d->at >= form->nth_len && d->len && d->layer != LAYER_OTHER &&
	       d->at <= b->len && d->len <= b->len - d->at;
}

/* The table that a table leads to, behind it; or 0. */
static size_t next_ndp(const struct rest *r, const struct form *form, size_t at)
{
	const uint8_t *ndp = r->at + at;
	size_t next = number(form, ndp + (form->number == 2 ? 6 : 8));

	return next >= at + get_le16(ndp + 4) ? next : 0;
}

/*
 * The datagram at that place, of all tables' together, or the next one there
 * is. Returns the place behind it, or 0: there is none.
 */
static size_t find_datagram(const struct rest *r, const struct block *b,
			    size_t place, struct datagram *d)
{
	size_t ndp = b->ndp, first = 0, n;

	for (int i = 0; i < NDP_MAX && ndp; i++) {
		n = count_ndp(r, b, ndp);
		if (!n)
			return 0;
		if (place < first + n &&
		    read_datagram(r, b, ndp, place - first, d))
			return place + 1;
		first += n;
		place = place > first ? place : first;
		ndp = next_ndp(r, b->form, ndp);
	}
	return 0;
}

enum layer usb_take_ncm(struct walk *w)
{
	struct datagram here, next;
	struct block b;
	size_t behind;

	if (!read_block(&w->r, &b))
		return LAYER_OTHER;
	behind = find_datagram(&w->r, &b, w->from, &here);
	if (!behind)
		return b.ndp >= w->r.len ? LAYER_CUT : LAYER_OTHER;
	if (find_datagram(&w->r, &b, behind, &next))
		w->next = (uint32_t)behind;
	return usb_take_frame(w, here.at, here.len, here.layer);
}
