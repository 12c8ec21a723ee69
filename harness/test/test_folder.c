/* Files that appear when they are complete, and what is written through. */
#include "base/folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "test/expect.h"

/* Writes text where path leads, and returns what folder_keep did. */
static int put(const char *path, const char *text)
{
	struct arena a = { NULL };
	struct fault f;
	FILE *out = folder_begin(&a, path, &f);
	int rc = -1;

	if (out) {
		fputs(text, out);
		rc = folder_keep(&a, out, path, &f);
	}
	arena_free(&a);
	return rc;
}

static bool holds(const char *path, const char *text)
{
	struct fault f;
	size_t len;
	char *is = folder_read(path, &len, &f);
	bool same = EXPECT_STR(is, text);

	free(is);
	return same;
}

static mode_t kind(const char *path)
{
	struct stat st;

	return lstat(path, &st) ? 0 : st.st_mode & S_IFMT;
}

/* Until it is kept, the file is what it was. */
static void whole(void)
{
	struct arena a = { NULL };
	struct fault f;
	FILE *out;

	EXPECT_INT(put("file", "old"), 0);
	out = folder_begin(&a, "file", &f);
	if (!EXPECT_TRUE(out))
		return;
	fputs("new", out);
	fflush(out);
	holds("file", "old");
	EXPECT_INT(folder_keep(&a, out, "file", &f), 0);
	holds("file", "new");
	arena_free(&a);
}

static void through_link(void)
{
	EXPECT_INT(put("target", "old"), 0);
	EXPECT_INT(symlink("target", "link"), 0);
	EXPECT_INT(put("link", "new"), 0);
	EXPECT_INT(kind("link"), S_IFLNK);
	holds("target", "new");
}

static void through_pipe(void)
{
	char got[8] = "";
	int fd;

	EXPECT_INT(mkfifo("pipe", 0600), 0);
	fd = open("pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	EXPECT_INT(put("pipe", "new"), 0);
	EXPECT_INT(read(fd, got, sizeof(got) - 1), 3);
	EXPECT_STR(got, "new");
	EXPECT_INT(kind("pipe"), S_IFIFO);
	close(fd);
}

static void through_device(void)
{
	EXPECT_INT(symlink("/dev/full", "full"), 0);
	EXPECT_INT(put("full", "new"), -1);
	EXPECT_INT(kind("full"), S_IFLNK);
	EXPECT_INT(kind("/dev/full"), S_IFCHR);
}

/* In a folder of their own, which is empty again afterwards. */
static void within(test_fn *test)
{
	static const char *const made[] = { "file", "target", "link", "pipe",
					    "full" };
	char dir[] = "/tmp/lastack-folder-XXXXXX";
	char *before = getcwd(NULL, 0);

	if (EXPECT_TRUE(mkdtemp(dir)) && EXPECT_INT(chdir(dir), 0)) {
		test();
		for (size_t i = 0; i < ARRAY_SIZE(made); i++)
			unlink(made[i]);
		EXPECT_INT(chdir(before), 0);
		EXPECT_INT(rmdir(dir), 0);
	}
	free(before);
}

/* What could not be written is told before, and what is there is left alone. */
static void tried(void)
{
	struct arena a = { NULL };
	struct fault f;

	EXPECT_INT(folder_try(&a, "file", &f), 0);
	EXPECT_INT(kind("file"), 0);
	EXPECT_INT(put("file", "old"), 0);
	EXPECT_INT(folder_try(&a, "file", &f), 0);
	holds("file", "old");
	EXPECT_INT(mkfifo("pipe", 0600), 0);
	EXPECT_INT(folder_try(&a, "pipe", &f), 0);
	EXPECT_INT(folder_try(&a, ".", &f), -1);
	EXPECT_STR(f.text, "cannot write .: Is a directory");
	EXPECT_INT(folder_try(&a, "no/file", &f), -1);
	EXPECT_STR(f.text, "cannot write no/file: No such file or directory");
	arena_free(&a);
}

static void test_whole(void)
{
	within(whole);
}

static void test_link(void)
{
	within(through_link);
}

static void test_pipe(void)
{
	within(through_pipe);
}

static void test_device(void)
{
	within(through_device);
}

static void test_try(void)
{
	within(tried);
}

static const struct test tests[] = {
	{ "a file is the old one until the new one is whole", test_whole },
	{ "a link stays, and leads to what was written", test_link },
	{ "a pipe is written to", test_pipe },
	{ "a device stays, and its error is told", test_device },
	{ "whether it can be written is tried", test_try },
	{ NULL, NULL },
};

const struct suite suite_folder = { "folder", tests };
