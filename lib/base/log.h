#ifndef BRISK_LOG_H
#define BRISK_LOG_H
/*
 * log - one line of JSON per event, on standard error.
 *
 * A failure is logged once, where it happens, by the room that saw it; callers
 * only pass it on.  A line is written by a single write(2), at most LOG_MAX
 * bytes.  Never put a secret or a token in one.
 *
 *	{"at":"2026-11-22T11:03:48.123Z","level":"error","program":"products",
 *	 "pid":12,"room":"db","request_id":"...","event":"cannot connect: ..."}
 */
#include "base/base.h"

#define LOG_MAX	4096

enum log_level { LOG_ERROR = 1, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Name of the program, and the lowest level worth a line.  Once, at start. */
void	log_init(const char *program, enum log_level);

/* This thread's request from now on; an empty string between requests. */
void	log_request(const char *id);

void	log_event(enum log_level, const char *room, const char *, ...) PRINTF(3, 4);

/*
 * A ready line of JSON, without its newline: the one of each request.  It
 * counts as LOG_INFO; one that does not fit is replaced by a note.
 */
void	log_line(struct str json);

/* "error" to its level; 0 when there is no such level. */
enum log_level log_level_of(struct str);

#endif
