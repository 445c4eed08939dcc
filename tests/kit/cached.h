#ifndef WIRE_CACHED_H
#define WIRE_CACHED_H
/* cached - the memcached of the installation, ended, stopped, started, spoken to. */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

void	 nap(long ms);

/*
 * Another value of an option of the installation, then NULL for its own again, and
 * a roll of all programs each time, as an admin would do it.
 */
bool	 option(const char *name, const char *value);

pid_t	 memcached_pid(void);
void	 memcached_signal(int);
/* As `brisk stack` does, and known to it. */
void	 memcached_start(void);
int	 memcached_connect(void);
/* Send, and read until the answer ends so; bytes read. */
size_t	 memcached_ask(int fd, const char *text, size_t n, const char *ends,
	    char *out, size_t most);

#endif
