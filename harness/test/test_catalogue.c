/*
 * The catalogue of requirements: what is a row and what is not, ids that are
 * found and those that are near; that what the judges cite is in it; the forms
 * of references.
 */
#include "script/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/folder.h"
#include "judge/rfc9293.h"
#include "judge/rule.h"
#include "script/reference.h"
#include "test/expect.h"

#define HEAD "id\tlevel\tsource\tsection\tsentence\twithout\n"
#define ROW  "RFC1-2-A\tMUST\tRFC1\t2\tIt does.\n"

static struct word word_of(const char *text)
{
	return (struct word){ text, strlen(text) };
}

/* The catalogue of a text, whose copy is the arena's. */
static int read_text(struct catalogue *c, struct arena *a, const char *text,
		     struct fault *f)
{
	return catalogue_read(c, a, "r.tsv",
			      arena_strndup(a, text, strlen(text)), f);
}

static void test_rows(void)
{
	static const char text[] =
		HEAD ROW "TC8-X_1\ttest\tTC8\t4.8\tS, then T.\tout of reach\n"
			 "RFC1-2-B\tSHOULD NOT\tRFC1\t2\tNor that.\t\n";
	struct catalogue c;
	struct arena a = { 0 };
	struct fault f;

	EXPECT_INT(read_text(&c, &a, text, &f), 0);
	if (EXPECT_INT(c.n, 3)) {
		EXPECT_STR(c.row[0].id, "RFC1-2-A");
		EXPECT_STR(c.row[0].without, "");
		EXPECT_STR(c.row[1].level, "test");
		EXPECT_STR(c.row[1].source, "TC8");
		EXPECT_STR(c.row[1].section, "4.8");
		EXPECT_STR(c.row[1].text, "S, then T.");
		EXPECT_STR(c.row[1].without, "out of reach");
		EXPECT_STR(c.row[2].without, "");
	}
	EXPECT_INT(read_text(&c, &a, HEAD, &f), 0);
	EXPECT_INT(c.n, 0);
	arena_free(&a);
}

static const struct {
	const char *text, *fault;
} bad[] = {
	{ "", "r.tsv:1: expected the columns" },
	{ "id\tlevel\n" ROW, "r.tsv:1: expected the columns" },
	{ HEAD ROW "RFC1-3\tMUST\tRFC1\t3\n", "r.tsv:3: expected id, level" },
	{ HEAD "RFC1-3\tMUST\tRFC1\t\tA.\n", "r.tsv:2: expected id, level" },
	{ HEAD "RFC1-3\tMUST\tRFC1\t3\tA.\tno\tmore\n",
	  "r.tsv:2: expected id, level" },
	{ HEAD "\n" ROW, "r.tsv:2: expected id, level" },
	{ HEAD "RFC1-3\tmust\tRFC1\t3\tA.\n", "r.tsv:2: \"must\": no level" },
	{ HEAD "RFC1-3\tMUST\tRFC2\t3\tA.\n", "r.tsv:2: RFC1-3: expected an" },
	{ HEAD "RFC1-\tMUST\tRFC1\t3\tA.\n", "r.tsv:2: RFC1-: expected an" },
	{ HEAD "-3\tMUST\t\t3\tA.\n", "r.tsv:2: -3: expected an" },
	{ HEAD ROW "RFC1-3\tMUST\tRFC1\t3\tA.\n" ROW,
	  "r.tsv:4: RFC1-2-A: said before at line 2," },
};

static void test_bad(void)
{
	struct catalogue c;
	struct arena a = { 0 };
	struct fault f;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		expect_row(bad[i].text);
		memset(&f, 0, sizeof(f));
		EXPECT_INT(read_text(&c, &a, bad[i].text, &f), -1);
		f.text[strnlen(bad[i].fault, FAULT_MAX - 1)] = '\0';
		EXPECT_STR(f.text, bad[i].fault);
	}
	arena_free(&a);
}

/* The project's own, for as long as the arena lives. */
static struct catalogue own(struct arena *a)
{
	struct catalogue c = { 0 };
	struct fault f;
	size_t len;
	char *text = folder_read("cases/" CATALOGUE_FILE, &len, &f);

	if (EXPECT_TRUE(text != NULL) &&
	    !EXPECT_INT(read_text(&c, a, text, &f), 0))
		fprintf(stderr, "%s\n", f.text);
	free(text);
	return c;
}

static void expect_found(const struct catalogue *c,
			 const struct requirement *row)
{
	const struct requirement *found = catalogue_find(c, word_of(row->id));

	expect_row(row->id);
	EXPECT_STR(found ? found->text : "-", row->text);
	EXPECT_TRUE(!catalogue_find(c, (struct word){ row->id, 5 }));
}

static void test_find(void)
{
	static const struct {
		const char *id, *near;
	} ids[] = {
		{ "RFC9293-3.6-FIG99", "RFC9293-3.6-FIG12" },
		{ "RFC9293-3.6.1-SHLD3", "RFC9293-3.6.1-SHLD3a" },
		{ "RFC9293-3.6.1-SHLD3ab", "RFC9293-3.6.1-SHLD3a" },
		{ "TC8-TCP-CLOSING-33", "TC8-TCP_CLOSING_03" },
		{ "FREEBSD-rcv-rst-lastAK-left-edge",
		  "FREEBSD-rcv-rst-last-ack-left-edge" },
		{ "X-1", NULL },
		{ "NOTHING-LIKE-ANY", NULL },
	};
	struct arena a = { 0 };
	struct catalogue c = own(&a);

	for (size_t i = 0; i < c.n; i++)
		expect_found(&c, &c.row[i]);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		const char *near = catalogue_near(&c, word_of(ids[i].id));

		expect_row(ids[i].id);
		EXPECT_TRUE(!catalogue_find(&c, word_of(ids[i].id)));
		EXPECT_STR(near ? near : "-", ids[i].near ? ids[i].near : "-");
	}
	arena_free(&a);
}

/* A row of the judges is in the catalogue, under the section its id names. */
static void expect_listed(const struct catalogue *c, const char *id)
{
	const struct requirement *r = catalogue_find(c, word_of(id));
	const char *section;
	size_t len;

	expect_row(id);
	EXPECT_TRUE(r != NULL);
	if (!r || strncmp(id, "RFC", 3) != 0)
		return;
	section = rule_section(id, &len);
	EXPECT_TRUE(strncmp(r->section, section, len) == 0 &&
		    strchr(" ;,", r->section[len]));
}

static void test_judged(void)
{
	struct arena a = { 0 };
	struct catalogue c = own(&a);
	const struct rfc9293_row *row;

	for (int i = 0; i < RULE_COUNT; i++)
		expect_listed(&c, rule_of((enum rule_id)i)->id);
	for (int i = 0; i < TCP_STATE_COUNT * EVENT_COUNT; i++) {
		row = rfc9293_row((enum tcp_state)(i / EVENT_COUNT),
				  (enum rfc9293_event)(i % EVENT_COUNT));
		if (!row->id)
			continue;
		expect_listed(&c, row->id);
		EXPECT_TRUE(rfc9293_cites(row->id));
	}
	EXPECT_TRUE(!rfc9293_cites("RFC9293-3.6-FIG99"));
	arena_free(&a);
}

static void test_references(void)
{
	static const struct {
		const char *text;
		enum reference_kind kind;
	} refs[] = {
		{ "RFC9293-3.6-FIG12", REFERENCE_REQUIREMENT },
		{ "TC8-TCP_CLOSING_03", REFERENCE_REQUIREMENT },
		{ "POSIX-SO_ERROR", REFERENCE_REQUIREMENT },
		{ "FREEBSD-rcv-ack-time-wait-middle", REFERENCE_REQUIREMENT },
		{ "RFC9293 3.6 figure 12", REFERENCE_DOCUMENT },
		{ "POSIX close()", REFERENCE_DOCUMENT },
		{ "tcp(7)", REFERENCE_PAGE },
		{ "tcp(7) TCP_LINGER2", REFERENCE_PAGE },
		{ "google/gvisor#13393", REFERENCE_THREAD },
		{ "torvalds/linux@42726ec", REFERENCE_THREAD },
		{ "https://lore.kernel.org/x#y", REFERENCE_URL },
		{ "", REFERENCE_NONE },
		{ "RFC9293", REFERENCE_NONE },
		{ "RFC9293-", REFERENCE_NONE },
		{ "RFC9293-3.6 figure 12", REFERENCE_NONE },
		{ "RFC9293 ", REFERENCE_NONE },
		{ "rfc9293-3.6", REFERENCE_NONE },
		{ "9293-3.6", REFERENCE_NONE },
		{ "RFC9293-3/6", REFERENCE_NONE },
		{ "tcp()", REFERENCE_NONE },
		{ "tcp(7)x", REFERENCE_NONE },
		{ "google/gvisor", REFERENCE_NONE },
		{ "google/gvisor#", REFERENCE_NONE },
		{ "google/gvisor#1 2", REFERENCE_NONE },
		{ "#13393", REFERENCE_NONE },
		{ "torvalds/linux@master", REFERENCE_NONE },
		{ "https://a b", REFERENCE_NONE },
		{ "see above", REFERENCE_NONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(refs); i++) {
		expect_row(refs[i].text);
		EXPECT_INT(reference_kind(word_of(refs[i].text)), refs[i].kind);
	}
}

static const struct test tests[] = {
	{ "rows", test_rows },
	{ "what is no catalogue", test_bad },
	{ "found, or near", test_find },
	{ "what the judges cite is listed", test_judged },
	{ "forms of references", test_references },
	{ NULL, NULL },
};

const struct suite suite_catalogue = { "catalogue", tests };
