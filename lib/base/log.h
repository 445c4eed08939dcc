#ifndef BRISK_LOG_H
#define BRISK_LOG_H
/*
 * log - events as lines of JSON, on standard error.
 *
 * The function that detects a failure logs it, once; its callers only return the
 * error.  Each line is one write(2) of at most LOG_MAX bytes.  Never log a secret
 * or a token.
 *
 *	{"at":"2026-11-22T11:03:48.123Z","level":"error","program":"products",
 *	 "pid":12,"room":"db","request_id":"...","event":"cannot connect: ..."}
 */
#include "base/base.h"

#define LOG_MAX	4096

enum log_level { LOG_ERROR = 1, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Set the name of the program and the lowest level that is logged.  Call it once. */
void	log_init(const char *program, enum log_level);

/* Set the request id of this thread's events; "" between requests. */
void	log_set_request(const char *id);

/* Log an event.  Does not change errno. */
void	log_event(enum log_level, const char *room, const char *, ...) PRINTF(3, 4);

/*
 * Log a complete JSON object, at level LOG_INFO: the line about a request.  A line
 * longer than LOG_MAX is replaced by an event that says so.
 */
void	log_line(struct str json);

/* The level with this name ("error"); 0 if there is none. */
enum log_level log_level_parse(struct str);

#endif
