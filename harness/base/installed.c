/* Looks for files from the folder on that this program is in. */
#include "base/installed.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/memory.h"

static const char *const places[] = {
	"scripts",
	"../scripts",
	"../../scripts",
	"../share/lastack",
};

static const char *const program_places[] = {
	"",
	"../libexec/lastack/",
};

/* Where this program is. */
static const char *own_folder(char exe[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", exe, PATH_MAX - 1);

	exe[n > 0 ? n : 0] = '\0';
	return dirname(exe);
}

const char *installed_script(struct arena *a, const char *name)
{
	const char *folder = getenv("LASTACK_SCRIPTS"), *path = NULL;
	char exe[PATH_MAX];

	if (folder)
		return arena_printf(a, "%s/%s", folder, name);
	folder = own_folder(exe);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		path = arena_printf(a, "%s/%s/%s", folder, places[i], name);
		if (access(path, R_OK) == 0)
			break;
	}
	return path;
}

char *installed_program(const char *name)
{
	char exe[PATH_MAX], path[2 * PATH_MAX];
	const char *folder = own_folder(exe);

	for (size_t i = 0; i < ARRAY_SIZE(program_places); i++) {
		snprintf(path, sizeof(path), "%s/%s%s", folder,
			 program_places[i], name);
		if (access(path, X_OK) == 0)
			return memory_text(path);
	}
	return NULL;
}
