/*
 * Which kernel is meant, and what it boots with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/folder.h"
#include "base/hash.h"
#include "base/installed.h"
#include "vm/cache.h"
#include "vm/kvm.h"
#include "vm/snapshot.h"
#include "vm/uml.h"
#include "vm/vm.h"

#define GUEST "lastack-guest"

/* Of a bzImage's head (the kernel's Documentation/arch/x86/boot.rst). */
#define BOOT_MAGIC_AT	0x202
#define BOOT_VERSION_AT 0x20e
#define BOOT_SETUP	0x200

#define VERSION_ROOM 80

#define MAKE_NS	    (60 * NS_PER_S)
#define DONE	    "done" /* says vm_image.py */
#define INITRDS_MAX 16

/* What a bzImage says in its head; "" when it is none. */
static void head_version(const unsigned char *image, size_t len, char *text)
{
	size_t at;

	if (len <= BOOT_VERSION_AT + 2 ||
	    memcmp(image + BOOT_MAGIC_AT, "HdrS", 4) != 0)
		return;
	at = image[BOOT_VERSION_AT] | (size_t)image[BOOT_VERSION_AT + 1] << 8;
	if (at + BOOT_SETUP + VERSION_ROOM < len)
		snprintf(text, VERSION_ROOM, "%s",
			 (const char *)image + at + BOOT_SETUP);
}

/* What a vmlinux has among its texts: what it prints when it starts. */
static void banner_version(const unsigned char *image, size_t len, char *text)
{
	static const char banner[] = "Linux version ";
	const unsigned char *at;

	if (len < 4 || memcmp(image, "\177ELF", 4) != 0)
		return;
	at = memmem(image, len, banner, strlen(banner));
	if (at && at + strlen(banner) + VERSION_ROOM < image + len)
		snprintf(text, VERSION_ROOM, "%s",
			 (const char *)at + strlen(banner));
}

/* "6.1.0-53-cloud-amd64"; "" when it is no kernel. */
static const char *image_version(struct arena *a, const char *path)
{
	char text[VERSION_ROOM] = "";
	struct fault ignored;
	size_t len = 0;
	unsigned char *image =
		(unsigned char *)folder_read(path, &len, &ignored);

	head_version(image, len, text);
	if (!*text)
		banner_version(image, len, text);
	free(image);
	text[strcspn(text, " \n")] = '\0';
	return arena_printf(a, "%s", text);
}

/* Where "6.1" lies in the cache. */
static int find_version(struct arena *a, struct vm_kernel *k, struct fault *f)
{
	const char *folder = cache_path(a, k->text);

	k->image = arena_printf(a, "%s/vmlinuz", folder);
	k->modules = arena_printf(a, "%s/modules", folder);
	if (folder_has_file(k->image))
		return 0;
	return fault_set(f,
			 "no kernel %s in %s: expected a version that "
			 "\"scripts/kernel %s\" has fetched, or the path of an "
			 "image",
			 k->text, cache_path(a, ""), k->text);
}

/* "IMAGE" or "IMAGE:MODULES" */
static int find_path(struct arena *a, struct vm_kernel *k, struct fault *f)
{
	const char *colon = strrchr(k->text, ':');
	size_t len = colon ? (size_t)(colon - k->text) : strlen(k->text);

	k->image = arena_strndup(a, k->text, len);
	k->modules = colon ? colon + 1 : NULL;
	if (!folder_has_file(k->image))
		return fault_set(f, "%s: no such kernel", k->image);
	if (k->modules && !folder_is(k->modules))
		return fault_set(f, "%s: no folder of modules", k->modules);
	return 0;
}

/* vm_image.py says one line: that it is done, or why not. */
static int make_initrd(const char *script, const char *guest,
		       const struct vm_kernel *k, struct fault *f)
{
	const char *modules = k->modules ? k->modules : "-";
	char *const argv[] = { (char *)PYTHON,
			       (char *)"-IB",
			       (char *)script,
			       (char *)guest,
			       (char *)modules,
			       (char *)k->initrd,
			       NULL };
	const struct child_plan plan = {
		.path = PYTHON, .argv = argv, .netns = -1, .cpu = -1
	};
	char line[FAULT_MAX];
	size_t len = 0;
	struct child child;
	bool told;

	if (child_start(&plan, &child, f))
		return -1;
	told = child_hear(child.from, line, sizeof(line), &len,
			  clock_mono_ns() + MAKE_NS) == CHILD_LINE;
	child_stop(&child);
	if (!told)
		return fault_set(f, "no initramfs for %s: %s says nothing",
				 k->image, script);
	*(char *)memchr(line, '\n', len) = '\0';
	return strcmp(line, DONE) == 0 ? 0
				       : fault_set(f, "no initramfs for %s: %s",
						   k->image, line);
}

/* The program that plays in the guest; NULL with a fault. */
static const char *need_guest(struct arena *a, struct fault *f)
{
	char *found = installed_program(GUEST);
	const char *path = found ? arena_printf(a, "%s", found) : NULL;

	free(found);
	if (!path)
		fault_set(f, GUEST ": no such program, which plays in the "
				   "guest");
	return path;
}

/* Anew for another program, kernel or folder of modules. */
static int need_initrd(struct arena *a, struct vm_kernel *k, struct fault *f)
{
	const char *script = installed_script(a, "vm_image.py");
	const char *guest = need_guest(a, f);
	uint64_t h = HASH_BEGIN;

	if (!guest)
		return -1;
	if (cache_hash_version(guest, &h, f) ||
	    cache_hash_version(script, &h, f) ||
	    cache_hash_version(k->image, &h, f) ||
	    (k->modules && cache_hash_version(k->modules, &h, f)))
		return -1;
	k->initrd = cache_path(a, arena_printf(a, "initrd/%s-%016jx.cpio",
					       k->version, (uintmax_t)h));
	if (folder_make_for(k->initrd, f) ||
	    (!folder_has_file(k->initrd) && make_initrd(script, guest, k, f)))
		return -1;
	cache_use(a, k->initrd, INITRDS_MAX);
	return 0;
}

static bool is_user_mode(const char *text)
{
	return strncmp(text, UML_PREFIX, strlen(UML_PREFIX)) == 0;
}

const char *vm_named(const char *stack)
{
	static const char prefix[] = "vm:";
	size_t len = strlen(prefix);

	if (is_user_mode(stack))
		return stack;
	return strncmp(stack, prefix, len) == 0 ? stack + len : NULL;
}

int vm_find(struct arena *a, const char *text, struct vm_kernel *k,
	    struct fault *f)
{
	*k = (struct vm_kernel){ .text = text };
	if (is_user_mode(text))
		return uml_find(a, k, f);
	if (access(VM_QEMU, X_OK))
		return fault_set(f, VM_QEMU ": not here, it is in Debian's "
					    "qemu-system-x86");
	if (strchr(text, '/') ? find_path(a, k, f) : find_version(a, k, f))
		return -1;
	k->version = image_version(a, k->image);
	return *k->version
		       ? 0
		       : fault_set(f,
				   "%s: no Linux kernel, expected a bzImage "
				   "or a vmlinux",
				   k->image);
}

void vm_prepare(struct arena *a, struct vm_kernel *k, bool keep_snapshot)
{
	struct fault f;
	bool able = need_initrd(a, k, &f) == 0;

	k->kvm = able && !k->user_mode && k->real_time && kvm_works(k);
	if (able && keep_snapshot && !k->user_mode) {
		k->snapshot = snapshot_path(a, k, &f);
		able = k->snapshot != NULL;
	}
	if (!able)
		k->lacks = arena_printf(a, "%s", f.text);
}
