/*
 * Which binary is meant, and how it is started. Knows nothing of what is said
 * to the guest.
 */
#include "vm/uml.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/array.h"
#include "base/child.h"
#include "base/folder.h"
#include "vm/cache.h"
#include "vm/message.h"

/* A binary has its configuration within, which its --showconfig prints. */
static const char *const needs[] = {
	"CONFIG_UML_TIME_TRAVEL_SUPPORT=y",
	"CONFIG_BLK_DEV_INITRD=y",
	"CONFIG_SSL=y",
	"CONFIG_NULL_CHAN=y",
	"CONFIG_DEVTMPFS=y",
	"CONFIG_TMPFS=y",
	"CONFIG_NET_NS=y",
	"CONFIG_PACKET=y",
	"CONFIG_VETH=y",
	"CONFIG_INET_TCP_DIAG=y",
};

static int check(const struct vm_kernel *k, const char *data, size_t len,
		 struct fault *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (!memmem(data, len, needs[i], strlen(needs[i])))
			return fault_set(
				f,
				"%s: expected a user-mode Linux with "
				"%s, such as scripts/uml-kernel builds",
				k->image, needs[i]);
	return 0;
}

/* "6.12.117 in user mode", of "Linux version 6.12.117 (...". */
static const char *read_version(struct arena *a, const char *data, size_t len)
{
	static const char banner[] = "Linux version ";
	const char *at = memmem(data, len, banner, strlen(banner));
	size_t n;

	if (!at)
		return "";
	at += strlen(banner);
	n = strcspn(at, " \n");
	return arena_printf(a, "%.*s in user mode", (int)n, at);
}

int uml_find(struct arena *a, struct vm_kernel *k, struct fault *f)
{
	const char *text = k->text + strlen(UML_PREFIX);
	const char *folder = cache_path(a, "uml");
	bool is_path = strchr(text, '/');
	char *data;
	size_t len;
	int rc;

	k->user_mode = true;
	k->image =
		is_path ? text : arena_printf(a, "%s/%s/linux", folder, text);
	if (!is_path && !folder_has_file(k->image))
		return fault_set(f,
				 "no user-mode Linux %s in %s: expected a "
				 "version that \"scripts/uml-kernel %s\" has "
				 "built, or the path of a binary",
				 text, folder, text);
	if (access(k->image, X_OK))
		return fault_errno(f, "%s", k->image);
	data = folder_read(k->image, &len, f);
	if (!data)
		return -1;
	rc = check(k, data, len, f);
	k->version = read_version(a, data, len);
	free(data);
	return rc;
}

/*
 * Addresses drawn by lot may be those where the kernel wants its memory;
 * glibc's rseq(2) ends the processes of the guest, which are traced ones of
 * ours; and a panic is an abort.
 */
static int prepare(struct fault *f)
{
	if (personality(ADDR_NO_RANDOMIZE) < 0 ||
	    setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 }) ||
	    setenv("GLIBC_TUNABLES", "glibc.pthread.rseq=0", 1))
		return fault_errno(f, "cannot prepare for a user-mode Linux");
	return 0;
}

/*
 * Its first line is the guest's port: what is heard there must not block, and
 * what is said there has to, so that no socket will do for both. In uml_dir the
 * kernel would leave a folder of its own, if it could.
 */
static int start(struct qemu *q, const struct vm_kernel *k, int cpu,
		 const int *initrd, struct fault *f)
{
	static const char port[] = VM_PORT "=/dev/ttyS0";
	const char *const argv[] = {
		k->image,
		"mem=256M",
		"initrd=/proc/self/fd/3",
		"uml_dir=/proc/",
		"con=null",
		"con0=null,fd:2",
		"ssl=null",
		"ssl0=fd:0,fd:1",
		port,
		"quiet",
		k->real_time ? NULL : "time-travel=inf-cpu",
		NULL,
	};

	return child_start(&(struct child_plan){ .path = k->image,
						 .argv = (char **)argv,
						 .netns = -1,
						 .cpu = cpu,
						 .error = &q->console,
						 .more = initrd,
						 .n_more = 1,
						 .leads = true },
			   &q->child, f);
}

int uml_start(struct qemu *q, const struct vm_kernel *k, int cpu,
	      struct fault *f)
{
	int initrd, rc = -1;

	if (qemu_begin(q, f))
		return -1;
	initrd = open(k->initrd, O_RDONLY | O_CLOEXEC);
	if (initrd < 0)
		fault_errno(f, "%s", k->initrd);
	else if (prepare(f) == 0)
		rc = start(q, k, cpu, &initrd, f);
	if (initrd >= 0)
		close(initrd);
	if (rc)
		qemu_stop(q);
	return rc;
}
