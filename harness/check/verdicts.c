/*
 * Verdicts counted, and handed to the form they are shown in. Knows no form's
 * details, and nothing of captures.
 */
#include "check/verdicts.h"

#include <arpa/inet.h>
#include <string.h>

static const struct verdict_form *const forms[] = {
	&verdict_table, &verdict_json, &verdict_ndjson, &verdict_csv
};

const struct verdict_form *verdict_form_find(const char *name)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strcmp(forms[i]->name, name) == 0)
			return forms[i];
	return NULL;
}

const char *verdict_end(int family, const struct seg_end *end,
			char buf[VERDICT_END_MAX])
{
	const char *form = family == AF_INET ? "%s:%u" : "[%s]:%u";
	char addr[INET6_ADDRSTRLEN];

	inet_ntop(family, end->addr, addr, sizeof(addr));
	snprintf(buf, VERDICT_END_MAX, form, addr, end->port);
	return buf;
}

const char *verdict_skipped(enum decap_kind kind)
{
	static const char *const names[DECAP_KIND_COUNT] = {
		[DECAP_NOT_TCP] = "not_tcp",
		[DECAP_FRAGMENT] = "fragments",
		[DECAP_TRUNCATED] = "truncated",
		[DECAP_MALFORMED] = "malformed",
	};

	return names[kind];
}

bool verdicts_wants(const struct verdicts *v, const struct judge_finding *found)
{
	return found->severity >= v->only;
}

bool verdicts_has(const struct verdicts *v, const struct flows_over *o)
{
	for (size_t i = 0; i < o->n_found; i++)
		if (verdicts_wants(v, o->found[i]))
			return true;
	return false;
}

void verdicts_add(struct verdicts *v, const struct flows_over *o)
{
	struct verdict_sum *sum = &v->sum;
	bool has = verdicts_has(v, o);

	sum->connections++;
	sum->with_findings += has;
	sum->evicted += o->evicted;
	sum->outside += o->summary.opened_outside;
	sum->ending[o->summary.ending]++;
	sum->first[o->summary.ending][o->summary.closed_first]++;
	for (size_t i = 0; i < o->n_found; i++)
		sum->found[o->found[i]->severity]++;
	if (has || !v->has_only)
		v->form->flow(v, o);
	if (v->live)
		fflush(v->out);
}

void verdicts_open(struct verdicts *v, const char *name)
{
	memset(&v->sum, 0, sizeof(v->sum));
	v->sum.name = name;
	v->shown = 0;
	v->form->open(v);
	v->opened++;
}

void verdicts_close(struct verdicts *v)
{
	v->form->close(v);
	if (v->live)
		fflush(v->out);
}
