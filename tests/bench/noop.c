/* noop: the least a FastCGI program can do; the gateway's own limit. */
#include <fcgiapp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define THREADS	8

static void *
serve(void *arg)
{
	FCGX_Request	 rq;

	(void)arg;
	FCGX_InitRequest(&rq, 0, 0);
	while (FCGX_Accept_r(&rq) == 0) {
		FCGX_PutS("Content-Type: application/json\r\n\r\n{}", rq.out);
		FCGX_Finish_r(&rq);
	}
	return NULL;
}

int
main(void)
{
	pthread_t	 thread[THREADS];

	if (FCGX_Init() != 0)
		return 1;
	signal(SIGTERM, SIG_DFL);	/* libfcgi would go on waiting */
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, serve, NULL) != 0)
			return 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	return 0;
}
