/* The rows behind model/table.h. Private to model/table*.c. */
#ifndef MODEL_TABLE_OWN_H
#define MODEL_TABLE_OWN_H

#include <stddef.h>

#include "model/table.h"

extern const struct table_row table_rows[];
extern const size_t table_n_rows;

#endif
