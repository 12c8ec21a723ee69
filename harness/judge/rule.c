/*
 * The rules by name, requirement and id. Knows nothing of how one is found
 * broken.
 */
#include "judge/rule.h"

#include <string.h>

static const char *const severity_names[SEVERITY_COUNT] = {
	[SEVERITY_NOTE] = "note",
	[SEVERITY_INCONCLUSIVE] = "inconclusive",
	[SEVERITY_SUSPICIOUS] = "suspicious",
	[SEVERITY_VIOLATION] = "violation",
};

#define ROW(id, name, req, severity, judges, text) \
	{ name, req, SEVERITY_##severity, JUDGE_##judges, text },

static const struct rule rules[RULE_COUNT] = { RULES(ROW) };

static int is_text(const char *name, const char *text, size_t len)
{
	return strlen(name) == len && memcmp(name, text, len) == 0;
}

const char *severity_name(enum severity s)
{
	return (unsigned int)s < SEVERITY_COUNT ? severity_names[s] : "-";
}

enum severity severity_parse(const char *text, size_t len)
{
	int s = 0;

	while (s < SEVERITY_COUNT && !is_text(severity_names[s], text, len))
		s++;
	return (enum severity)s;
}

const struct rule *rule_of(enum rule_id id)
{
	return &rules[id];
}

const struct rule *rule_find(const char *name, size_t len)
{
	for (int i = 0; i < RULE_COUNT; i++)
		if (is_text(rules[i].name, name, len) ||
		    is_text(rules[i].id, name, len))
			return &rules[i];
	return NULL;
}

const char *rule_section(const char *id, size_t *len)
{
	const char *section = id + strcspn(id, "-");

	section += *section == '-';
	*len = strcspn(section, "-");
	return section;
}
