/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_SQL_TABLE_H
#define HW_ANALYZER_SQL_TABLE_H

/* Rows of a query in aligned columns: one of the formats of sql_format.h. */

#include "analyzer/sql_format.h"

void hw_sql_table_begin(struct hw_sql_writer *writer, sqlite3_stmt *statement);
void hw_sql_table_row(struct hw_sql_writer *writer, sqlite3_stmt *statement);
void hw_sql_table_end(struct hw_sql_writer *writer);

#endif
