#ifndef BRISK_RESOURCE_SQL_H
#define BRISK_RESOURCE_SQL_H
/*
 * sql - the text of the statements that a resource needs.  Private to the
 * room.
 *
 * Identifiers come from the declaration alone and stand in backticks; every value
 * is bound.  Nothing here touches the database.
 */
#include "resource/list_query.h"
#include "resource/lists.h"
#include "resource/statement.h"

enum sql_columns { COLUMNS_ALL, COLUMNS_BASE };

/* `name` in backticks. */
void		 sql_name(struct buf *, const char *);
/* (?, ?, ...), padded to 1, 2, 4, 8... values, to bound the number of statements. */
void		 sql_in(struct statement *, const struct val *, size_t n);

/* --- SELECT --- */

/* "SELECT " and the columns of the fields; those not in `need` may be NULL. */
void		 sql_select_columns(struct statement *, const struct resource *,
		    uint64_t need, enum sql_columns);
/* The same with .version as the last column. */
void		 sql_select(struct statement *, const struct resource *,
		    uint64_t show, enum sql_columns);
void		 sql_from(struct statement *, const struct resource *, enum sql_columns,
		    const char *index);
/* Columns that the field takes in sql_select(): one, or two of a money. */
size_t		 sql_select_width(const struct field *);
void		 sql_key(struct statement *, const struct resource *, const void *row);
void		 sql_list(struct statement *, const struct resource *, const struct list_query *);
void		 sql_count(struct statement *, const struct resource *, const struct list_query *);
void		 sql_get(struct statement *, const struct resource *,
		    const struct list_query *, const void *key);
/* Rows whose field has one of these values. */
void		 sql_select_by(struct statement *, const struct resource *,
		    const struct field *, const struct val *, size_t n);
/* Rows of an expansion that the caller may see. */
void		 sql_expand(struct statement *, const struct expand *,
		    const struct visibility *, const struct val *, size_t n);
/* Conditions: rows below the parent in the path; rows that the caller may see. */
void		 sql_where_parent(struct statement *, const struct resource *,
		    const struct visibility *);
void		 sql_where_visible(struct statement *, const struct resource *,
		    const struct visibility *);

/* --- writes --- */

/* Is the column written by a creation, or with `update` by a change? */
bool		 sql_is_written(const struct resource *, const struct field *, bool update);
/*
 * The columns that a creation fills, and one row's values of them.  `before` is
 * the byte in front of the first; returns the byte in front of another.
 */
char		 sql_columns(struct statement *, const struct resource *, char before);
char		 sql_values(struct statement *, const struct resource *, const void *row,
		    char before);
void		 sql_insert(struct statement *, const struct resource *,
		    const char *rows, size_t n);
/* Set what differs from `old`; every column if `old` is NULL. */
void		 sql_update(struct statement *, const struct resource *, const void *row,
		    const void *old);
void		 sql_delete(struct statement *, const struct resource *, const void *key);
/* SELECT ... FOR UPDATE of one row. */
void		 sql_lock(struct statement *, const struct resource *, const void *key,
		    const struct visibility *);
/* Rows with these values of .merge_by. */
void		 sql_select_merge_rows(struct statement *, const struct resource *,
		    const struct visibility *, const struct val *, size_t n);

/* --- lists in tables of their own --- */

void		 sql_select_children(struct statement *, const struct field *,
		    const struct val *owners, size_t n);
void		 sql_select_positions(struct statement *, const struct field *,
		    const struct val *owner);
void		 sql_delete_children(struct statement *, const struct field *,
		    const struct val *owner, const struct val *places, size_t n);
void		 sql_insert_links(struct statement *, const struct list_row *, size_t n);
void		 sql_delete_links(struct statement *, const struct field *,
		    const struct val *owner);

/* --- rules --- */

/* Which of these keys the user `me` owns; NULL: anybody's. */
void		 sql_select_references(struct statement *, const struct owned *,
		    const struct val *, size_t n, const struct val *me);
/* A tree: the parent of a row; the height of the tree below it. */
void		 sql_select_tree_parent(struct statement *, const struct resource *, const struct val *);
void		 sql_select_height(struct statement *, const struct resource *, const struct val *);

#endif
