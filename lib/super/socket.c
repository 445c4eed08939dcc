/* socket - the listening socket and its path. */
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "super/state.h"

void
super_socket_remember(struct handoff *h)
{
	struct sockaddr_un	 a = { .sun_family = AF_UNSPEC };
	socklen_t		 n = sizeof(a);
	struct stat		 st;

	if (getsockname(LISTEN_FD, (struct sockaddr *)&a, &n) != 0 ||
	    a.sun_family != AF_UNIX || a.sun_path[0] != '/' || n > sizeof(a))
		return;
	memcpy(h->socket, a.sun_path, sizeof(a.sun_path));
	if (stat(h->socket, &st) == 0) {
		h->dev = st.st_dev;
		h->ino = st.st_ino;
	}
}

static bool
is_ours(const struct handoff *h)
{
	struct stat	 st;

	return stat(h->socket, &st) == 0 && st.st_dev == h->dev && st.st_ino == h->ino;
}

/* An inode number is not reused while our socket is bound to it. */
void
super_socket_unlink(const struct handoff *h)
{
	if (h->ino != 0 && is_ours(h) && unlink(h->socket) == 0)
		log_event(LOG_INFO, "super", "removed the socket %s", h->socket);
}

bool
super_socket_is_lost(const struct handoff *h)
{
	return h->ino != 0 && !is_ours(h);
}
