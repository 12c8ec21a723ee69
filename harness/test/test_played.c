/* What a case leaves: kept in files, or the case is broken and says why. */
#include "run/played.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/array.h"
#include "test/expect.h"
#include "test/make.h"

static const struct make_event events[] = {
	{ TAPE_OPEN, SIDE_A, NULL, NULL, 0, 0, 0, 0, { 0, 0 }, 0, 0 },
	{ TAPE_SEGMENT,
	  SIDE_A,
	  "S",
	  NULL,
	  0,
	  0,
	  0,
	  TAPE_DELIVERED,
	  { 0, 0 },
	  true,
	  1 },
};

static const struct script script = { .path = "a.fin", .title = "a" };

/* "%" is a folder of the test's. */
static const struct row {
	const char *name;
	enum verdict verdict;
	const char *capture, *ladder;
	enum verdict kept;
	const char *reason; /* that it ends with, or NULL */
	bool evidence, files;
} rows[] = {
	{ "kept", VERDICT_OK, "%/a.pcapng", "%/a.fin.txt", VERDICT_OK, NULL,
	  true, true },
	{ "not ok, kept", VERDICT_NOT_OK, "%/a.pcapng", "%/a.fin.txt",
	  VERDICT_NOT_OK, NULL, true, true },
	{ "nothing is to be kept", VERDICT_OK, NULL, NULL, VERDICT_OK, NULL,
	  true, false },
	{ "a skipped case has nothing", VERDICT_SKIP, "%/no/a.pcapng",
	  "%/no/a.fin.txt", VERDICT_SKIP, NULL, false, false },
	{ "no folder for the capture", VERDICT_OK, "%/no/a.pcapng",
	  "%/a.fin.txt", VERDICT_BROKEN, "No such file or directory", false,
	  false },
	{ "a disk without room for it", VERDICT_NOT_OK, "/dev/full", NULL,
	  VERDICT_BROKEN, "No space left on device", false, false },
	{ "no folder for the ladder", VERDICT_OK, "%/a.pcapng",
	  "%/no/a.fin.txt", VERDICT_BROKEN, "No such file or directory", true,
	  false },
	{ "no room for the ladder", VERDICT_NOT_OK, NULL, "/dev/full",
	  VERDICT_BROKEN, "No space left on device", true, false },
};

static const char *placed(const char *folder, const char *path, char *buf)
{
	if (!path || *path != '%')
		return path;
	sprintf(buf, "%s%s", folder, path + 1);
	return buf;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = text ? strlen(text) : 0;

	return n >= strlen(end) && strcmp(text + n - strlen(end), end) == 0;
}

/* Removes it too, so that the next row cannot find it. */
static bool was_there(const char *path)
{
	return path && *path == '/' && strncmp(path, "/dev/", 5) != 0 &&
	       unlink(path) == 0;
}

static void check(const struct row *row, const char *folder)
{
	char capture[128], ladder[128];
	const struct job job = { .script = &script,
				 .name = "a",
				 .family = AF_INET,
				 .capture =
					 placed(folder, row->capture, capture),
				 .ladder =
					 placed(folder, row->ladder, ladder) };
	static struct finding finding = { 1,	"wrong",       "x",
					  NULL, TAPE_NO_FRAME, 0 };
	struct outcome out = { .verdict = row->verdict,
			       .finding = row->verdict == VERDICT_NOT_OK
						  ? &finding
						  : NULL };
	struct played p = { .job = NULL };
	bool both;

	expect_row(row->name);
	played_begin(&p, &job);
	make_tape(&p.tape, AF_INET, events, ARRAY_SIZE(events));
	played_keep(&p, &out);
	EXPECT_INT(out.verdict, row->kept);
	EXPECT_INT(out.evidence, row->evidence);
	EXPECT_INT(out.reason != NULL, row->reason != NULL);
	if (out.reason && row->reason)
		EXPECT_TRUE(ends_with(out.reason, row->reason));
	/* What is broken proves nothing of the stack. */
	EXPECT_INT(out.finding != NULL, row->kept == VERDICT_NOT_OK);
	both = was_there(job.capture);
	both &= was_there(job.ladder);
	EXPECT_INT(both, row->files);
	played_end(&p);
	expect_row(NULL);
}

static void test_keep(void)
{
	char folder[] = "/tmp/test-played-XXXXXX";

	EXPECT_TRUE(mkdtemp(folder) != NULL);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(&rows[i], folder);
	/* Nothing half written is left. */
	EXPECT_INT(rmdir(folder), 0);
}

static const struct test tests[] = {
	{ "kept, or the case is broken", test_keep },
	{ NULL, NULL },
};

const struct suite suite_played = { "played", tests };
