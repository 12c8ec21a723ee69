/*
 * The verb "bundle": a case of a kept run, or a connection of a capture, as an
 * archive that can be sent to whoever is to mend it. Options and packing.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "cmd/bundle_own.h"

int bundle_say(const struct fault *f)
{
	fputs("lastack bundle: ", stderr);
	text_plain(stderr, f->text);
	putc('\n', stderr);
	return CMD_BAD;
}

void bundle_add(struct bundle *b, const char *name, const void *octets,
		size_t len, bool runs)
{
	b->member[b->n_member++] =
		(struct bundle_member){ name, octets, len, runs };
}

void bundle_add_text(struct bundle *b, const char *name, const char *text)
{
	bundle_add(b, name, text, strlen(text), false);
}

FILE *bundle_print(struct bundle *b)
{
	return memory_stream(&b->printed, &b->printed_len);
}

const char *bundle_printed(struct bundle *b, FILE *out)
{
	const char *text;

	memory_stream_end(out);
	text = arena_strndup(&b->arena, b->printed, b->printed_len);
	free(b->printed);
	return text;
}

/* The last part of the name, for a file and its folder. */
static const char *base_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

int bundle_pack(struct bundle *b, const char *name, long mtime_s)
{
	const char *folder = base_of(name);
	const char *path =
		b->out ? b->out : arena_printf(&b->arena, "%s.tar.gz", folder);
	struct fault f;

	if (archive_write(path, folder, b->member, b->n_member, mtime_s, &f))
		return bundle_say(&f);
	text_plain(stdout, path);
	putchar('\n');
	return 0;
}

static int take_from(const struct option_row *row, const char *text, void *to)
{
	struct bundle *b = to;

	(void)row;
	if (!*text || b->n_from == BUNDLE_FROM_MAX)
		return -1;
	b->from[b->n_from++] = text;
	return 0;
}

#define TO(member) offsetof(struct bundle, member)

static const struct option_row rows[] = {
	{ "out", 0, option_text, TO(out),
	  .help = "the archive (CASE.tar.gz here)", .argument = "FILE.tar.gz",
	  .expected = "a file" },
	{ "from", 0, take_from, 0,
	  .help = "the run that was kept there, not the\n"
		  "last one (reports/latest); given more\n"
		  "than once: all of them are counted",
	  .argument = "FOLDER", .expected = "a folder, at most 64" },
	{ "link", 0, option_text, TO(wanted.link), .help = "this link only",
	  .words = link_names },
	{ NULL, '4', option_flag, TO(wanted.ipv4), .help = "IPv4 only" },
	{ NULL, '6', option_flag, TO(wanted.ipv6), .help = "IPv6 only" },
	{ "from-capture", 0, option_text, TO(capture),
	  .help = "a connection of any capture, and the\n"
		  "case that plays it",
	  .argument = "FILE", .expected = "a file" },
	{ "flow", 0, option_count, TO(flow),
	  .help = "which: its number, as check --all\n"
		  "--ladder has it",
	  .argument = "N", .most = 1000000000 },
	{ 0 },
};

static const struct bundle usual = { 0 };

/* Refuses what does not go together; NULL: all does. */
static const char *clash(const struct bundle *b, int operands)
{
	if (!b->capture && b->flow)
		return "--flow goes with --from-capture";
	if (!b->capture)
		return operands == 1 ? NULL : "expected one case";
	if (operands)
		return "--from-capture makes the case: no CASE goes with it";
	if (b->n_from || b->wanted.link || b->wanted.ipv4 || b->wanted.ipv6)
		return "--from-capture goes with --flow and --out only";
	return b->flow ? NULL : "--from-capture: expected --flow N";
}

static int enter(void *options, int argc, char **argv)
{
	struct bundle *b = options;
	const char *why = clash(b, argc - optind);
	int rc;

	if (why)
		return option_bad("bundle", "%s", why);
	rc = b->capture ? bundle_capture(b) : bundle_case(b, argv[optind]);
	arena_free(&b->arena);
	return rc;
}

const struct cmd cmd_bundle = {
	.name = "bundle",
	.line = "pack a case, or a connection, as a bug report",
	.usage = "[OPTION...] CASE\n"
		 "[--out FILE.tar.gz] --from-capture FILE --flow N",
	.text = "Packs what a run left of a case into an archive that can be sent: a\n"
		"README.md that reads as a bug report, the capture, the ladder, the\n"
		"case, and a program that plays it without lastack. Of a connection\n"
		"of any capture it makes the case that plays it.",
	.rows = rows,
	.status = "Exit status: 0, or 2 when there is nothing to pack.",
	.size = sizeof(usual),
	.usual = &usual,
	.enter = enter,
};
