/* Looks for files from the folder on that this program is in. */
#include "base/installed.h"

#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
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

const char *installed_folder(struct arena *a)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	return arena_printf(a, "%s", dirname(exe));
}

const char *installed_script(struct arena *a, const char *name)
{
	const char *folder = getenv("LASTACK_SCRIPTS"), *path = NULL;

	if (folder)
		return arena_printf(a, "%s/%s", folder, name);
	folder = installed_folder(a);
	if (!folder)
		return "/proc/self/exe";
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		path = arena_printf(a, "%s/%s/%s", folder, places[i], name);
		if (access(path, R_OK) == 0)
			break;
	}
	return path;
}

char *installed_program(const char *name)
{
	struct arena a = { 0 };
	const char *folder = installed_folder(&a);
	char *found = NULL;

	for (size_t i = 0; folder && !found && i < ARRAY_SIZE(program_places);
	     i++) {
		const char *path = arena_printf(&a, "%s/%s%s", folder,
						program_places[i], name);

		if (access(path, X_OK) == 0)
			found = memory_text(path);
	}
	arena_free(&a);
	return found;
}
