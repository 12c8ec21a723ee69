/*
 * The plan: which cases a command line selects, each once, and the jobs they
 * make. Builds a small folder of cases and works in it.
 */
#include "test/expect.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/folder.h"
#include "run/plan.h"
#include "stack/ends.h"

static char home[PATH_MAX];
static char work[64];
static size_t faults;

static void count_fault(void *ctx, const char *text, size_t n)
{
	(void)ctx;
	(void)text;
	(void)n;
	faults++;
}

static void put(const char *path, const char *spec, const char *extra)
{
	struct fault f;
	FILE *out;

	if (!EXPECT_INT(folder_make_for(path, &f), 0))
		return;
	out = fopen(path, "w");
	fprintf(out, "case  a case\nspec  %s\n%s\nopen\n", spec, extra);
	fclose(out);
}

/* The catalogue of the small folder: these ids. */
static void put_catalogue(const char *const *id, size_t n)
{
	FILE *out = fopen("cases/" CATALOGUE_FILE, "w");

	EXPECT_TRUE(out != NULL);
	if (!out)
		return;
	fputs("id\tlevel\tsource\tsection\tsentence\twithout\n", out);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s\tMUST\t%.*s\t1\tA.\n", id[i],
			(int)strcspn(id[i], "-"), id[i]);
	fclose(out);
}

static void enter(void)
{
	static const char *const ids[] = { "RFC9293-3.6-1", "RFC6298-5.5",
					   "RFC1122-4.2.2.13" };

	faults = 0;
	snprintf(work, sizeof(work), "/tmp/lastack-plan-XXXXXX");
	EXPECT_TRUE(getcwd(home, sizeof(home)) && mkdtemp(work) &&
		    chdir(work) == 0);
	put("cases/close/b.fin", "RFC9293-3.6-1", "");
	put("cases/close/a.fin", "RFC9293-3.6-1, RFC1122-4.2.2.13", "");
	put("cases/lost/c.fin", "RFC6298-5.5", "slow\n");
	put("cases/lost/.hidden.fin", "RFC6298-5.5", "");
	put("cases/lost/note.txt", "RFC6298-5.5", "");
	put("elsewhere/d.fin", "RFC9293 3.6", "");
	put("bad/e.fin", "RFC9293 3.6", "nonsense\n");
	put_catalogue(ids, ARRAY_SIZE(ids));
	EXPECT_INT(mkdir("empty", 0777), 0);
}

static int remove_one(void *ctx, const char *path, struct fault *f)
{
	(void)ctx;
	(void)f;
	return unlink(path);
}

static void leave(void)
{
	static const char *const dirs[] = { "cases/close", "cases/lost",
					    "cases",	   "elsewhere",
					    "bad",	   "empty" };
	struct fault f;
	size_t i;

	unlink("cases/lost/.hidden.fin");
	unlink("same.fin");
	folder_walk(".", "", NULL, remove_one, NULL, &f);
	for (i = 0; i < ARRAY_SIZE(dirs); i++)
		EXPECT_INT(rmdir(dirs[i]), 0);
	EXPECT_INT(chdir(home), 0);
	EXPECT_INT(rmdir(work), 0);
}

/* The names in the plan, in its order, with single spaces between. */
static const char *names(const struct plan *p, char *buf, size_t cap)
{
	size_t i, len = 0;

	buf[0] = '\0';
	for (i = 0; i < p->n; i++)
		len += (size_t)snprintf(buf + len, cap - len, "%s%s",
					i ? " " : "", p->item[i].name);
	return buf;
}

static const struct {
	const char *selector[3];
	const char *expected; /* NULL: matches nothing */
} selections[] = {
	{ { NULL }, "close/a close/b lost/c" },
	{ { "cases/close/a.fin" }, "close/a" },
	{ { "close/a" }, "close/a" },
	{ { "close/a.fin" }, "close/a" },
	{ { "./cases/../cases/close/a.fin" }, "close/a" },
	{ { "close" }, "close/a close/b" },
	{ { "cases/close/" }, "close/a close/b" },
	{ { "lost", "close/b" }, "close/b lost/c" },
	{ { "close/a", "cases/close/a.fin", "close" }, "close/a close/b" },
	{ { "same.fin", "close/b" }, "close/b" },
	{ { "RFC9293-3.6-1" }, "close/a close/b" },
	{ { "RFC1122" }, "close/a" },
	{ { "RFC9293", "lost/c" }, "close/a close/b lost/c" },
	{ { "elsewhere/d.fin" }, "elsewhere/d" },
	{ { "elsewhere" }, "elsewhere/d" },
	{ { "close/nothing" }, NULL },
	{ { "close/a", "RFC0000-1" }, NULL },
	{ { "empty" }, NULL },
	{ { "" }, NULL },
};

static void test_select(void)
{
	char got[512];
	struct plan p;
	struct fault f;
	size_t i, n;
	int rc;

	enter();
	EXPECT_INT(symlink("cases/close/b.fin", "same.fin"), 0);
	for (i = 0; i < ARRAY_SIZE(selections); i++) {
		for (n = 0; n < 3 && selections[i].selector[n]; n++)
			;
		expect_row(n ? selections[i].selector[n - 1] : "(none)");
		plan_open(&p, count_fault, NULL);
		f.text[0] = '\0';
		rc = plan_load(&p, selections[i].selector, n, &f);
		EXPECT_INT(rc, selections[i].expected ? 0 : -1);
		if (selections[i].expected)
			EXPECT_STR(names(&p, got, sizeof(got)),
				   selections[i].expected);
		else
			EXPECT_TRUE(*f.text);
		plan_close(&p);
	}
	expect_row(NULL);
	EXPECT_INT(faults, 0);
	leave();
}

/* A file with faults is counted, and what matched is not hidden by it. */
static void test_faults(void)
{
	const char *const bad[] = { "bad", "close/a", "/dev/null" };
	const char *const good[] = { "close" };
	struct plan p;
	struct fault f;

	enter();
	plan_open(&p, count_fault, NULL);
	EXPECT_INT(plan_load(&p, bad, 3, &f), 0);
	EXPECT_INT(p.n_fault, 2);
	EXPECT_INT(faults >= 2, 1);
	EXPECT_INT(p.n, 1);
	plan_close(&p);
	plan_open(&p, count_fault, NULL);
	EXPECT_INT(plan_load(&p, good, 1, &f), 0);
	EXPECT_INT(p.n_fault, 0);
	plan_close(&p);
	leave();
}

static char told[512];

static void keep_fault(void *ctx, const char *text, size_t n)
{
	(void)ctx;
	(void)n;
	snprintf(told, sizeof(told), "%s", text);
}

/* Who plays a case refuses the same references as who only reads it. */
static void test_cited(void)
{
	static const struct {
		const char *spec, *head, *fault;
	} refs[] = {
		{ "RFC9293-3.6-1", "", "" },
		{ "RFC9293 3.6, google/gvisor#13393", "", "" },
		{ "RFC9293-3.6-1, RFC6298-5.6", "",
		  "x.fin:2: unknown requirement RFC6298-5.6, did you mean "
		  "RFC6298-5.5?" },
		{ "X-1", "",
		  "x.fin:2: unknown requirement X-1, expected one of "
		  "cases/requirements.tsv" },
		{ "RFC9293 3.6", "deviates rst-obeyed, RFC5961-4.2-1", "" },
		{ "RFC9293 3.6", "deviates rst-obeyde",
		  "x.fin:3: deviates rst-obeyde: no rule of the judge, "
		  "expected one such as rst-obeyed, or the requirement of "
		  "one" },
	};
	const char *const one[] = { "x.fin" };
	struct plan p;
	struct fault f;

	enter();
	for (size_t i = 0; i < ARRAY_SIZE(refs); i++) {
		expect_row(refs[i].spec);
		put("x.fin", refs[i].spec, refs[i].head);
		*told = '\0';
		plan_open(&p, keep_fault, NULL);
		EXPECT_INT(plan_load(&p, one, 1, &f), 0);
		EXPECT_STR(told, refs[i].fault);
		EXPECT_INT(p.n_fault, *refs[i].fault != '\0');
		EXPECT_INT(p.n, *refs[i].fault == '\0');
		plan_close(&p);
	}
	expect_row(NULL);
	leave();
}

/* A catalogue that cannot be read stops every verb. */
static void test_bad_catalogue(void)
{
	static const char *const twice[] = { "RFC1-1", "RFC1-1" };
	struct plan p;
	struct fault f;

	enter();
	put_catalogue(twice, 2);
	plan_open(&p, count_fault, NULL);
	EXPECT_INT(plan_load(&p, NULL, 0, &f), -1);
	EXPECT_STR(f.text, "cases/requirements.tsv:3: RFC1-1: said before at "
			   "line 2, expected every id once");
	plan_close(&p);
	leave();
}

static void test_slow(void)
{
	struct plan p;
	struct fault f;
	char got[512];

	enter();
	plan_open(&p, count_fault, NULL);
	EXPECT_INT(plan_load(&p, NULL, 0, &f), 0);
	plan_drop_slow(&p);
	EXPECT_STR(names(&p, got, sizeof(got)), "close/a close/b");
	plan_close(&p);
	leave();
}

static void expect_places(struct plan *p, struct plan_jobs *how)
{
	struct job *j;
	size_t n;

	j = plan_jobs(p, how, &n);
	EXPECT_INT(n, 6);
	EXPECT_INT(j[0].family, AF_INET);
	EXPECT_INT(j[1].family, AF_INET6);
	EXPECT_STR(j[0].name, "close/a");
	EXPECT_STR(j[0].capture, "c/run/veth/ipv4/close/a.pcapng");
	EXPECT_STR(j[1].ladder, "r/ladders/veth/ipv6/close/a.fin.txt");
	EXPECT_INT(j[0].busy_ns, how->timeout_ns);
	EXPECT_INT(j[0].timeout_ns,
		   how->timeout_ns + script_least_ns(j[0].script) * 5 / 4);
	how->ipv4 = false;
	how->rounds = 2;
	j = plan_jobs(p, how, &n);
	EXPECT_INT(n, 6);
	EXPECT_INT(j[3].round, 2);
	EXPECT_STR(j[3].capture, "c/run/veth/ipv6/close/a.r2.pcapng");
	EXPECT_STR(j[3].ladder, "r/ladders/veth/ipv6/close/a.r2.fin.txt");
}

/* Order of the jobs as text, one letter of the name and the round each. */
static void order(struct plan *p, const struct plan_jobs *how, char *buf)
{
	struct job *j;
	size_t i, n;

	j = plan_jobs(p, how, &n);
	for (i = 0; i < n; i++) {
		*buf++ = *(strrchr(j[i].name, '/') + 1);
		*buf++ = (char)('0' + j[i].round % 10);
	}
	*buf = '\0';
}

/* The same seed gives the same order, another another, all jobs each time. */
static void expect_shuffle(struct plan *p, struct plan_jobs *how)
{
	char plain[64], one[64], again[64], other[64];
	size_t i;

	how->rounds = 9;
	order(p, how, plain);
	how->shuffled = true;
	how->seed = 7;
	order(p, how, one);
	order(p, how, again);
	how->seed = 8;
	order(p, how, other);
	EXPECT_STR(again, one);
	EXPECT_TRUE(strcmp(one, plain) != 0);
	EXPECT_TRUE(strcmp(one, other) != 0);
	EXPECT_INT(strlen(one), strlen(plain));
	for (i = 0; plain[i]; i += 2) {
		char job[3] = { plain[i], plain[i + 1], '\0' };

		EXPECT_TRUE(strstr(one, job));
		EXPECT_TRUE(strstr(other, job));
	}
}

static void test_jobs(void)
{
	static const struct ends_plan ends;
	struct plan_jobs how = {
		.ends = &ends,
		.n_ends = 1,
		.link = LINK_VETH,
		.ipv4 = true,
		.ipv6 = true,
		.rounds = 1,
		.timeout_ns = 5 * NS_PER_S,
		.captures = "c/run",
		.ladders = "r/ladders",
	};
	struct plan p;
	struct fault f;

	enter();
	plan_open(&p, count_fault, NULL);
	EXPECT_INT(plan_load(&p, NULL, 0, &f), 0);
	expect_places(&p, &how);
	expect_shuffle(&p, &how);
	plan_close(&p);
	leave();
}

static const struct {
	const char *text;
	enum link_kind link;
} links[] = {
	{ "wire", LINK_CABLE },	       { "veth", LINK_VETH },
	{ "loopback", LINK_LOOPBACK }, { "wir", LINK_COUNT },
	{ "wires", LINK_COUNT },       { "", LINK_COUNT },
};

static void test_links(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(links); i++) {
		EXPECT_INT(link_parse(links[i].text), links[i].link);
		if (links[i].link != LINK_COUNT)
			EXPECT_STR(link_name(links[i].link), links[i].text);
	}
	EXPECT_STR(link_name(LINK_COUNT), NULL);
}

/* A name that is taken is not taken again; a link is moved, not made anew. */
static void test_folders(void)
{
	struct arena a = { 0 };
	struct fault f;
	char to[64] = "", name[] = "x";
	const char *first;

	enter();
	first = folder_make_new(&a, "elsewhere", name, &f);
	name[0] = 'y'; /* the caller's text need not live on */
	EXPECT_STR(first, "x");
	EXPECT_STR(folder_make_new(&a, "elsewhere", "x", &f), "x-2");
	EXPECT_STR(folder_make_new(&a, "elsewhere", "x", &f), "x-3");
	EXPECT_STR(folder_make_new(&a, "cases/close/a.fin", "x", &f), NULL);
	EXPECT_INT(folder_point(&a, "latest", "elsewhere/x", &f), 0);
	EXPECT_INT(folder_point(&a, "latest", "elsewhere/x-3", &f), 0);
	EXPECT_TRUE(readlink("latest", to, sizeof(to) - 1) > 0);
	EXPECT_STR(to, "elsewhere/x-3");
	unlink("latest");
	EXPECT_INT(rmdir("elsewhere/x") | rmdir("elsewhere/x-2") |
			   rmdir("elsewhere/x-3"),
		   0);
	arena_free(&a);
	leave();
}

static const struct test tests[] = {
	{ "what selectors select", test_select },
	{ "faults are counted", test_faults },
	{ "what is cited is known", test_cited },
	{ "a malformed catalogue", test_bad_catalogue },
	{ "quick leaves slow ones out", test_slow },
	{ "jobs: families, rounds, places, order", test_jobs },
	{ "names of links", test_links },
	{ "folders of a run", test_folders },
	{ NULL, NULL },
};

const struct suite suite_plan = { "plan", tests };
