/* Files of expectations found and read. Holds nothing against them. */
#include "cmd/expect.h"

#include <string.h>

#include "cmd/cmd.h"

int expect_file(const struct option_row *row, const char *text, void *to)
{
	struct option_expect *o = to;

	(void)row;
	if (!*text || o->n == EXPECT_FILES_MAX)
		return -1;
	o->file[o->n++] = text;
	return 0;
}

static int set_version(struct expectations *e, const char *version,
		       struct fault *f)
{
	e->version = (struct version){ .n = 0 };
	if (!version || !*version || version_read(version, &e->version) == 0)
		return 0;
	return fault_set(f,
			 "a stack of version \"%s\", expected one such as 6.12",
			 version);
}

static int load_stack(struct plan *p, const struct expect_stack *stack,
		      struct expectations *e, bool *has, struct fault *f)
{
	const char *path = plan_stack_file(p, stack->name), *both = NULL;

	if (set_version(e, stack->version, f))
		return -1;
	if (!path)
		return 0;
	*has = true;
	e->ends = stack->ends;
	/* What one does beside the kernel it need not do beside its like. */
	if (e->ends == SIDE_BITS)
		both = plan_stack_file(p, arena_printf(&p->arena, "%s-both",
						       stack->name));
	e->may = both != NULL;
	if (expectations_read(e, &p->arena, path, f))
		return -1;
	e->may = false;
	return both ? expectations_read(e, &p->arena, both, f) : 0;
}

/* Where nobody knows what the stacks are; both ends when all are known. */
static unsigned int unknown_ends(struct plan *p,
				 const struct expect_stack *stack, size_t n)
{
	unsigned int ends = 0;

	for (size_t i = 0; i < n; i++)
		if (!plan_stack_file(p, stack[i].name))
			ends |= stack[i].ends;
	return ends ? ends : SIDE_BITS;
}

/* A stack's name and perhaps its version, or a file. */
static int load_named(const char *text, struct plan *p,
		      const struct expect_stack *stack, size_t n,
		      struct expectations *e, struct fault *f)
{
	size_t len = strcspn(text, ":");
	struct expect_stack one = {
		.name = arena_strndup(&p->arena, text, len),
		.version = text[len] ? text + len + 1 : NULL,
		.ends = unknown_ends(p, stack, n),
	};
	bool has;

	if (!strchr(one.name, '/') && plan_stack_file(p, one.name))
		return load_stack(p, &one, e, &has, f);
	/* A user's own rows tell of both ends, whatever they are. */
	if (set_version(e, n == 1 ? stack[0].version : NULL, f))
		return -1;
	e->ends = 0;
	return expectations_read(e, &p->arena, text, f);
}

/* Also a case that passes is shown when a row is in vain. */
static void mark_cases(struct plan *p, const struct expectations *e)
{
	for (size_t i = 0; i < p->n; i++) {
		struct plan_case *c = &p->item[i];

		for (size_t k = 0; k < e->n && !c->expected; k++)
			c->expected = expectation_is_for(&e->row[k], c->name,
							 e->row[k].af);
	}
}

int expect_load(const struct option_expect *o, struct plan *p,
		const struct expect_stack *stack, size_t n,
		struct expectations *e, bool *has, struct fault *f)
{
	*e = (struct expectations){ 0 };
	*has = o->n;
	for (size_t i = 0; i < n && !o->none; i++)
		if (load_stack(p, &stack[i], e, has, f))
			return -1;
	for (size_t i = 0; i < o->n; i++)
		if (load_named(o->file[i], p, stack, n, e, f))
			return -1;
	mark_cases(p, e);
	return 0;
}

size_t expect_stacks(const struct ends_plan *ends, struct expect_stack stack[2])
{
	for (int side = SIDE_A; side <= SIDE_B; side++) {
		const struct stack_choice *c = &ends->stack[side];

		stack[side] =
			(struct expect_stack){ stack_expected(c->kind),
					       c->version, SIDE_BIT(side) };
	}
	if (strcmp(stack[SIDE_A].name, stack[SIDE_B].name) != 0)
		return 2;
	stack[0].ends = SIDE_BITS;
	return 1;
}
