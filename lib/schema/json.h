#ifndef BRISK_JSON_H
#define BRISK_JSON_H
/*
 * json - the JSON writer.
 *
 * Each function appends to a buffer and writes the comma that is due before it,
 * which it knows from the last byte written.  A NULL name writes an element of
 * an array.  json_close() closes what json_open() opened.  Errors are the
 * buffer's: check buf_ok() at the end.
 */
#include "base/buf.h"

/* Write the comma before a value that the caller writes itself, if one is due. */
void	json_item(struct buf *);
/* Write "name": */
void	json_key(struct buf *, const char *name);
/* Write "name":{ or "name":[ */
void	json_open(struct buf *, const char *name, char bracket);
/* Write closing brackets, innermost first: "]}" */
void	json_close(struct buf *, const char *brackets);
void	json_text(struct buf *, const char *name, const char *text);
void	json_str(struct buf *, const char *name, struct str);
void	json_boolean(struct buf *, const char *name, bool);
void	json_null(struct buf *, const char *name);
void	json_int(struct buf *, const char *name, int64_t);
/* Write a value that is JSON text already. */
void	json_raw(struct buf *, const char *name, const char *json);
/* Write a string, printf-style.  4 KiB or more set out->failed. */
void	json_fmt(struct buf *, const char *name, const char *, ...) PRINTF(3, 4);

#endif
