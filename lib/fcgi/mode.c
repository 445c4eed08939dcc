/* mode - how the web server runs the program; the only file that calls libfcgi. */
#include <sys/socket.h>
#include <sys/un.h>
#include <fcgios.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/fcgi.h"

#define LISTEN_FD	0

/*
 * mod_fcgid names its sockets PID.NUMBER after its own process, which is our
 * parent.  Through suEXEC nothing else of it reaches a program.
 */
static bool
is_fcgid(void)
{
	struct sockaddr_un	 a = { .sun_family = AF_UNSPEC };
	socklen_t		 n = sizeof(a) - 1;
	char			 prefix[32];
	const char		*name;
	int			 len;

	if (getsockname(LISTEN_FD, (struct sockaddr *)&a, &n) != 0 ||
	    a.sun_family != AF_UNIX)
		return false;
	name = strrchr(a.sun_path, '/');
	len = snprintf(prefix, sizeof(prefix), "/%d.", (int)getppid());
	return name != NULL && strncmp(name, prefix, (size_t)len) == 0 &&
	    name[len] != '\0' && name[len + strspn(name + len, "0123456789")] == '\0';
}

enum fcgi_mode
fcgi_mode(void)
{
	return !OS_IsFcgi(LISTEN_FD) ? FCGI_CGI : is_fcgid() ? FCGI_PLAIN : FCGI_LISTEN;
}
