/* The rows behind judge/table.h. Private to judge/table*.c. */
#ifndef JUDGE_TABLE_OWN_H
#define JUDGE_TABLE_OWN_H

#include <stddef.h>

#include "judge/table.h"

extern const struct table_row table_rows[];
extern const size_t table_n_rows;

#endif
