/* password - hashes of passwords with Argon2id. */
#include <argon2.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/crypto.h"
#include "crypto/password.h"
#include "shm/connection_budget.h"
#include "shm/run_dir.h"

#define KIB		19456	/* OWASP Password Storage Cheat Sheet: as strong as 46 MiB with t=1 */
#define PASSES		2
#define LANES		1
#define SALT_LEN	16
#define TAG_LEN		32
#define PARAMETERS	"$argon2id$v=19$m=19456,t=2,p=1$"

/* For accounts that do not exist: current parameters, salt and tag of zeros. */
static const char	 no_account[] = PARAMETERS "AAAAAAAAAAAAAAAAAAAAAA$"
			    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static enum password_err
failed(const char *what, const char *why)
{
	log_event(LOG_ERROR, "password", "%s: %s", what, why);
	return PASSWORD_FAILED;
}

static void
seat_release(struct connection_seat *seat)
{
	connection_budget_close_seat(seat);
	connection_budget_close(seat->budget);
}

/* One seat per CPU core, less one for other work. */
static enum password_err
seat_acquire(const struct conf *cf, struct connection_seat *seat)
{
	char	 path[PATH_MAX];
	long	 cores = sysconf(_SC_NPROCESSORS_ONLN);

	(void)run_dir_path(path, cf->run_dir, RUN_DIR_HASHING);
	*seat = (struct connection_seat){
	    .budget = connection_budget_open(path, cores > 1 ? cores - 1 : 1) };
	if (seat->budget == NULL)
		return PASSWORD_FAILED;
	if (connection_budget_acquire(seat, cf->password_wait_ms))
		return PASSWORD_OK;
	log_event(LOG_WARN, "password", "no CPU core was free for a hash within %lld ms",
	    (long long)cf->password_wait_ms);
	seat_release(seat);
	return PASSWORD_BUSY;
}

enum password_err
password_hash(const struct conf *cf, struct str password, char phc[PASSWORD_PHC])
{
	struct connection_seat	 seat;
	enum password_err	 err;
	uint8_t			 salt[SALT_LEN];
	int			 code;

	phc[0] = '\0';
	if (!crypto_random(salt, sizeof(salt)))
		return PASSWORD_FAILED;
	if ((err = seat_acquire(cf, &seat)) != PASSWORD_OK)
		return err;
	code = argon2id_hash_encoded(PASSES, KIB, LANES, password.p, password.n,
	    salt, sizeof(salt), TAG_LEN, phc, PASSWORD_PHC);
	seat_release(&seat);
	return code == ARGON2_OK ? PASSWORD_OK :
	    failed("cannot hash", argon2_error_message(code));
}

enum password_err
password_verify(const struct conf *cf, struct str password, struct str phc,
    bool *stale)
{
	struct connection_seat	 seat;
	enum password_err	 err;
	char			 text[PASSWORD_PHC] = "";
	int			 code;

	*stale = false;
	if (phc.n >= sizeof(text))
		return failed("cannot verify", "the stored hash is too long");
	memcpy(text, phc.p == NULL ? no_account : phc.p,
	    phc.p == NULL ? sizeof(no_account) : phc.n);
	if ((err = seat_acquire(cf, &seat)) != PASSWORD_OK)
		return err;
	code = argon2id_verify(text, password.p, password.n);
	seat_release(&seat);
	if (code == ARGON2_VERIFY_MISMATCH || (code == ARGON2_OK && phc.p == NULL))
		return PASSWORD_WRONG;
	if (code != ARGON2_OK)
		return failed("cannot verify", argon2_error_message(code));
	*stale = strncmp(text, PARAMETERS, sizeof(PARAMETERS) - 1) != 0;
	return PASSWORD_OK;
}

void
password_wipe(struct str s)
{
	if (s.p != NULL)
		explicit_bzero((void *)(uintptr_t)s.p, s.n);
}
