/*
 * Which connections are wanted, as written on a command line. Resolves no
 * names: the file knows addresses only.
 */
#include "check/selection.h"

#include <arpa/inet.h>
#include <string.h>

#include "script/lex.h"

static bool parse_addr(const char *text, struct selection_point *p)
{
	p->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(p->family, text, p->end.addr) == 1;
}

static bool parse_port(const char *text, struct selection_point *p)
{
	struct word word = { .at = text, .len = strlen(text) };
	int64_t port;

	if (word_number(word, 0, 65535, &port))
		return false;
	p->end.port = (uint16_t)port;
	return true;
}

/* text is cut up. */
static bool parse_point(char *text, struct selection_point *p)
{
	char *colon = strrchr(text, ':'), *port = NULL;

	p->set = true;
	if (*text == '[') {
		char *close = strchr(text, ']');

		if (!close || (close[1] && close[1] != ':'))
			return false;
		port = close[1] ? close + 2 : NULL;
		*close = '\0';
		text++;
	} else if (colon && strchr(text, ':') == colon) {
		port = colon + 1;
		*colon = '\0';
	}
	p->any_port = !port;
	return parse_addr(text, p) && (!port || parse_port(port, p));
}

int selection_parse(const char *text, struct selection *s)
{
	char copy[128], *dash;

	memset(s, 0, sizeof(*s));
	if (strlen(text) >= sizeof(copy))
		return -1;
	strcpy(copy, text);
	dash = strchr(copy, '-');
	if (dash)
		*dash++ = '\0';
	if (!parse_point(copy, &s->a) || (dash && !parse_point(dash, &s->b)))
		return -1;
	return 0;
}

static bool is_at(const struct selection_point *p, int family,
		  const struct seg_end *end)
{
	size_t len = family == AF_INET ? 4 : 16;

	return p->family == family &&
	       (p->any_port || p->end.port == end->port) &&
	       memcmp(p->end.addr, end->addr, len) == 0;
}

bool selection_has(const struct selection *s, int family,
		   const struct seg_end *a, const struct seg_end *b)
{
	if (!s->a.set)
		return true;
	if (!s->b.set)
		return is_at(&s->a, family, a) || is_at(&s->a, family, b);
	return (is_at(&s->a, family, a) && is_at(&s->b, family, b)) ||
	       (is_at(&s->a, family, b) && is_at(&s->b, family, a));
}
