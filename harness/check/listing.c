/*
 * Counts connections, and hands those that are wanted to the form they are
 * shown in. Knows no form's details, and nothing of captures.
 */
#include "check/listing.h"

#include <arpa/inet.h>
#include <string.h>

static const struct listing_form *const forms[] = {
	&listing_table, &listing_json, &listing_ndjson, &listing_csv
};

const char *const listing_form_names[] = { "table", "json", "ndjson", "csv",
					   NULL };

const struct listing_form *listing_form_find(const char *name)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strcmp(forms[i]->name, name) == 0)
			return forms[i];
	return NULL;
}

const char *listing_address(int family, const struct seg_end *end,
			    char buf[LISTING_ADDRESS_MAX])
{
	const char *form = family == AF_INET ? "%s:%u" : "[%s]:%u";
	char addr[INET6_ADDRSTRLEN];

	inet_ntop(family, end->addr, addr, sizeof(addr));
	snprintf(buf, LISTING_ADDRESS_MAX, form, addr, end->port);
	return buf;
}

const char *listing_skipped(enum decap_kind kind)
{
	static const char *const names[DECAP_KIND_COUNT] = {
		[DECAP_NOT_TCP] = "not_tcp",
		[DECAP_FRAGMENT] = "fragments",
		[DECAP_TRUNCATED] = "truncated",
		[DECAP_MALFORMED] = "malformed",
	};

	return names[kind];
}

bool listing_wants(const struct listing *list,
		   const struct judge_finding *found)
{
	return found->severity >= list->only;
}

bool listing_has(const struct listing *list, const struct flows_over *o)
{
	for (size_t i = 0; i < o->n_found; i++)
		if (listing_wants(list, o->found[i]))
			return true;
	return false;
}

void listing_add(struct listing *list, const struct flows_over *o)
{
	struct listing_sum *sum = &list->sum;
	bool has = listing_has(list, o);

	sum->connections++;
	sum->with_findings += has;
	sum->evicted += o->evicted;
	sum->outside += o->summary.opened_outside;
	sum->ending[o->summary.ending]++;
	sum->first[o->summary.ending][o->summary.closed_first]++;
	for (size_t i = 0; i < o->n_found; i++)
		sum->found[o->found[i]->severity]++;
	if (has || !list->has_only)
		list->form->connection(list, o);
	if (list->live)
		fflush(list->out);
}

/* Calls what the form has to write there, if anything. */
static void write_part(void (*part)(struct listing *list), struct listing *list)
{
	if (part)
		part(list);
	if (list->live)
		fflush(list->out);
}

void listing_begin(struct listing *list, size_t captures)
{
	list->captures = captures;
	write_part(list->form->begin, list);
}

void listing_end(struct listing *list)
{
	write_part(list->form->end, list);
}

void listing_open(struct listing *list, const char *name)
{
	memset(&list->sum, 0, sizeof(list->sum));
	list->sum.name = name;
	list->shown = 0;
	write_part(list->form->open, list);
	list->opened++;
}

void listing_close(struct listing *list)
{
	write_part(list->form->close, list);
}
