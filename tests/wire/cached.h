#ifndef WIRE_CACHED_H
#define WIRE_CACHED_H
/* cached - the memcached of the installation, ended, stopped, started, spoken to. */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

void	 nap(long ms);

/*
 * Whether the programs keep answers in their own memory too: an option of the
 * installation and a roll of all of them, as an admin would do it.
 */
bool	 local_cache(bool on);

pid_t	 memcached_pid(void);
void	 memcached_signal(int);
/* As admin/stack.sh does, and known to it. */
void	 memcached_start(void);
int	 memcached_connect(void);
/* Send, and read until the answer ends so; bytes read. */
size_t	 memcached_ask(int fd, const char *text, size_t n, const char *ends,
	    char *out, size_t most);

#endif
