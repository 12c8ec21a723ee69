/* What the files of the verb "bundle" share. Private to cmd/bundle*.c. */
#ifndef CMD_BUNDLE_OWN_H
#define CMD_BUNDLE_OWN_H

#include "bundle/archive.h"
#include "bundle/readme.h"
#include "bundle/records.h"
#include "cmd/cmd.h"

#define BUNDLE_FROM_MAX	   64
#define BUNDLE_MEMBERS_MAX 8

struct bundle {
	const char *out; /* of the archive; NULL: NAME.tar.gz here */
	const char *from[BUNDLE_FROM_MAX];
	size_t n_from;
	struct records_wanted wanted;
	const char *capture; /* --from-capture; or NULL */
	unsigned int flow;   /* its connection; 0: not said */

	struct arena arena; /* of all that follows */
	struct bundle_member member[BUNDLE_MEMBERS_MAX];
	size_t n_member;
	char *printed; /* between bundle_print and bundle_printed */
	size_t printed_len;
};

/* One line on standard error; CMD_BAD. */
int bundle_say(const struct fault *f);

/* A text that is printed: the arena has it once it is said to be over. */
FILE *bundle_print(struct bundle *b);
const char *bundle_printed(struct bundle *b, FILE *out);

void bundle_add(struct bundle *b, const char *name, const void *octets,
		size_t len, bool runs);
void bundle_add_text(struct bundle *b, const char *name, const char *text);

/* Packs the members, and says where; an exit status. */
int bundle_pack(struct bundle *b, const char *name, long mtime_s);

/*
 * The settings of an end of a run on this machine. Takes the process into
 * namespaces of its own: the last thing to be read. NULL in r->no_sysctl when
 * all is well.
 */
void bundle_settings(struct bundle *b, struct readme *r);

/* A case of kept runs; a connection of a capture: exit statuses. */
int bundle_case(struct bundle *b, const char *text);
int bundle_capture(struct bundle *b);

#endif
