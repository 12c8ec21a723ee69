/*
 * Counts connections, and hands those that are wanted to the form they are
 * shown in. Knows no form's details, and nothing of captures.
 */
#include "check/listing.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/address.h"
#include "base/digits.h"
#include "base/line.h"
#include "base/memory.h"

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

static char *put_ipv6(char *at, const uint8_t *addr)
{
	*at++ = '[';
	at = address_ipv6(at, addr);
	*at++ = ']';
	return at;
}

char *listing_put_address(char *at, int family, const struct seg_end *end)
{
	at = family == AF_INET ? address_ipv4(at, end->addr)
			       : put_ipv6(at, end->addr);
	*at++ = ':';
	return digits_put(at, end->port);
}

const char *listing_address(int family, const struct seg_end *end,
			    char buf[LISTING_ADDRESS_MAX])
{
	*listing_put_address(buf, family, end) = '\0';
	return buf;
}

const char *listing_skipped(enum decap_kind kind)
{
	static const char *const names[DECAP_KIND_COUNT] = {
		[DECAP_NOT_TCP] = "not_tcp",
		[DECAP_FRAGMENT] = "fragments",
		[DECAP_TRUNCATED] = "truncated",
		[DECAP_MALFORMED] = "malformed",
		[DECAP_UNREAD] = "unread",
	};

	return names[kind];
}

const char *listing_sign(enum severity severity)
{
	static const char *const signs[SEVERITY_COUNT] = {
		[SEVERITY_NOTE] = "i",
		[SEVERITY_INCONCLUSIVE] = "?",
		[SEVERITY_SUSPICIOUS] = "!",
		[SEVERITY_VIOLATION] = "\xE2\x9C\x97",
	};

	return signs[severity];
}

bool listing_wants(const struct listing *list,
		   const struct judge_finding *found)
{
	const struct listing_filter *filter = &list->filter;

	return found->severity >= filter->only &&
	       (!filter->rule || found->rule == filter->rule);
}

bool listing_has(const struct listing *list, const struct flows_over *o)
{
	for (size_t i = 0; i < o->n_found; i++)
		if (listing_wants(list, o->found[i]))
			return true;
	return false;
}

bool listing_shows(const struct listing *list, const struct flows_over *o)
{
	const struct listing_filter *filter = &list->filter;

	if (filter->ending != ENDING_COUNT &&
	    o->summary.ending != filter->ending)
		return false;
	if (filter->timed &&
	    (o->last_ns < filter->since_ns || o->start_ns > filter->until_ns))
		return false;
	return (!filter->has_only && !filter->rule) || listing_has(list, o);
}

bool listing_names_all(const struct listing *list)
{
	return list->all || list->filter.timed ||
	       list->filter.ending != ENDING_COUNT;
}

static void count_finding(struct listing_sum *sum,
			  const struct judge_finding *found)
{
	sum->found[found->severity]++;
	sum->broken[found->rule - rule_of((enum rule_id)0)]++;
}

static void count_connection(struct listing_sum *sum,
			     const struct flows_over *o, bool with_findings)
{
	sum->connections++;
	sum->with_findings += with_findings;
	sum->evicted += o->evicted;
	sum->outside += o->summary.opened_outside;
	sum->ending[o->summary.ending]++;
	sum->first[o->summary.ending][o->summary.closed_first]++;
}

void listing_flush(struct listing *list)
{
	line_end(list->lines);
	fflush(list->out);
}

void listing_add(struct listing *list, const struct flows_over *o)
{
	struct listing_sum *sum = &list->sum;
	bool shows = listing_shows(list, o);

	if (!o->again)
		count_connection(sum, o, shows && listing_has(list, o));
	for (size_t i = 0; i < o->n_found; i++)
		count_finding(sum, o->found[i]);
	if (shows)
		list->form->connection(list, o);
	if (list->live)
		listing_flush(list);
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
	list->lines = memory_zeroed(1, sizeof(*list->lines));
	write_part(list->form->begin, list);
}

void listing_end(struct listing *list)
{
	write_part(list->form->end, list);
	free(list->lines);
	list->lines = NULL;
}

void listing_next(struct listing *list)
{
	if (list->opened++ && list->form->between)
		fputs(list->form->between, list->out);
}

void listing_open(struct listing *list, const char *name)
{
	memset(&list->sum, 0, sizeof(list->sum));
	list->sum.name = name;
	list->shown = 0;
	line_begin(list->lines, list->out);
	listing_next(list);
	write_part(list->form->open, list);
}

void listing_close(struct listing *list)
{
	line_end(list->lines);
	write_part(list->form->close, list);
	free(list->before);
	list->before = NULL;
}
