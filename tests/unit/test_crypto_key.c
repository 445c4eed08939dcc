/* crypto: key files, ES256 and the published form of a key. */
#include <sys/resource.h>
#include <sys/stat.h>

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "crypto.h"
#include "log.h"
#include "test.h"

#define BEGIN(what)	"-----BEGIN " what "-----\n"
#define END(what)	"-----END " what "-----\n"

/* The key of RFC 7515 A.3, its thumbprint and the example's signature. */
#define PUBLIC_PEM							\
	BEGIN("PUBLIC KEY")						\
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n" \
	"6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n" \
	END("PUBLIC KEY")
#define PRIVATE_PEM							\
	BEGIN("PRIVATE KEY")						\
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff\n" \
	"H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp\n" \
	"7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt\n"	\
	END("PRIVATE KEY")
#define SEC1_PEM							\
	BEGIN("EC PRIVATE KEY")						\
	"MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49\n" \
	"AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b\n" \
	"focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"			\
	END("EC PRIVATE KEY")
#define KEY_X	"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define KEY_Y	"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define KEY_ID	"oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"
#define SIGNED								\
	"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkz"	\
	"ODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define SIGNATURE							\
	"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA" \
	"pmWQxfKTUJqPP3-Kg6NU1Q"

static struct arena	 arena;
static char		 dir[] = "/tmp/test_crypto_key.XXXXXX";

static char *
in_dir(const char *name)
{
	return arena_fmt(&arena, "%s/%s", dir, name);
}

static void
put_file(const char *path, const char *text)
{
	FILE	*f = fopen(path, "w");

	CHECK("file for the test", f != NULL && fputs(text, f) >= 0);
	if (f != NULL)
		fclose(f);
	CHECK_INT("its mode", chmod(path, 0600), 0);
}

static struct ec_key *
key_of(const char *pem)
{
	char		*path = in_dir("key");
	struct ec_key	*key;

	put_file(path, pem);
	key = ec_key_read(path);
	unlink(path);
	return key;
}

static struct str
unbase64url(const char *text)
{
	struct str	 out;

	return crypto_unbase64url(&arena, str_of(text), &out) ? out :
	    (struct str){ NULL, 0 };
}

static const struct {
	const char	*label, *pem;
	bool		 signs;
} good_keys[] = {
	{ "public",	 PUBLIC_PEM,	false },
	{ "PKCS #8",	 PRIVATE_PEM,	true },
	{ "SEC 1",	 SEC1_PEM,	true },
	{ "SEC 1 behind its parameters",
	  BEGIN("EC PARAMETERS") "BggqhkjOPQMBBw==\n" END("EC PARAMETERS") SEC1_PEM,
	  true },
};

static void
keys(void)
{
	struct str	 sig = unbase64url(SIGNATURE);
	uint8_t		 mine[ES256_LEN];
	char		 kid[KID_LEN + 1];

	for (size_t i = 0; i < NELEMS(good_keys); i++) {
		const char	*label = good_keys[i].label;
		struct ec_key	*key = key_of(good_keys[i].pem);
		bool		 ok;

		CHECK(label, key != NULL);
		if (key == NULL)
			continue;
		CHECK("thumbprint", ec_key_id(key, kid));
		CHECK_TEXT(label, kid, KEY_ID);
		CHECK("RFC 7515 A.3", ec_verify(key, STR(SIGNED),
		    (const uint8_t *)sig.p));
		ok = ec_sign(key, STR("hello"), mine);
		CHECK_INT(label, ok, good_keys[i].signs);
		CHECK(label, !ok || ec_verify(key, STR("hello"), mine));
		ec_key_free(key);
	}
}

static const struct {
	const char	*label, *pem;
} bad_keys[] = {
	{ "empty", "" },
	{ "garbage", "not a key\n" },
	{ "cut off", BEGIN("PUBLIC KEY")
	  "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n" },
	{ "P-384", BEGIN("PUBLIC KEY")
	  "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEpzjvf4VOy5YweyrKptTBmiQ0PhDefOwN\n"
	  "iWUiuo38e9flVNHAibJ1Oo6TdYSOvpce6JeNnq5RxMhqXbW9tBbOl6SCqUc3RwIk\n"
	  "ynzu8CJOfYJcmGqYPAmwRL71KoPTVEI7\n" END("PUBLIC KEY") },
	{ "secp256k1", BEGIN("PUBLIC KEY")
	  "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEXnoDl86h56tvZ//Jubbs7BIhPzMGTLl+\n"
	  "Hzv+jZC9+bng1MeKDzQCCCVkjNKE51kn3xS5mgDiZH4JDvK8Ly/jSw==\n"
	  END("PUBLIC KEY") },
	{ "RSA", BEGIN("PUBLIC KEY")
	  "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKrRADkbFhZOyC1wsfdht1cppaT5h6MA\n"
	  "bvHHPEkQqSg7tQsaNDjw2+3AsKNAIKB4F6fkaEoseVDaFVyAzXZzCkkCAwEAAQ==\n"
	  END("PUBLIC KEY") },
	{ "point off the curve", BEGIN("PUBLIC KEY")
	  "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
	  "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrA==\n"
	  END("PUBLIC KEY") },
	{ "halves of two keys", BEGIN("PRIVATE KEY")
	  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff\n"
	  "H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAQm7869DunjSmaRh+GLOpEisvczlFtk\n"
	  "nMn5+SHp+drYEpAji96cx7szDRUMZ3BN0lrnBVIFdEtvMb9AcHRYctDm\n"
	  END("PRIVATE KEY") },
	{ "behind a passphrase", BEGIN("ENCRYPTED PRIVATE KEY")
	  "MIH0MF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBDKyh4V3VUG8eUzHaYw\n"
	  "Ry1ZAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQdDXkAOykST+gNiGv\n"
	  "o3XaFASBkC6I+2xmIQiJU5SrfhB74akPKenTR9s2FLf9bOiXkYwVGN/8Dp39yhY/\n"
	  "YASMMLReAfno0aaxiwQKts9Kb5s7Rn0gFsE5txxPHAQbNGFajshismsiTXQKx/CU\n"
	  "y+3Neq2AbxsUqmgYaVReSMdrIm41UU46O1vI9wJlatjQ37ZJdBgUx6ilg48sn36T\n"
	  "IyA+ggEC7Q==\n" END("ENCRYPTED PRIVATE KEY") },
};

static void
keys_refused(void)
{
	char		*pipe_path = in_dir("pipe");

	for (size_t i = 0; i < NELEMS(bad_keys); i++)
		CHECK(bad_keys[i].label, key_of(bad_keys[i].pem) == NULL);
	CHECK("no such file", ec_key_read(in_dir("none")) == NULL);
	CHECK("a folder", ec_key_read(dir) == NULL);
	CHECK_INT("pipe made", mkfifo(pipe_path, 0600), 0);
	CHECK("a pipe", ec_key_read(pipe_path) == NULL);
	CHECK("a device", ec_key_read("/dev/zero") == NULL);
	unlink(pipe_path);
	ec_key_free(NULL);
}

static void
key_made(void)
{
	char		*path = in_dir("made"), kid[KID_LEN + 1];
	struct stat	 st;
	struct ec_key	*key;
	uint8_t		 sig[ES256_LEN];

	CHECK("made", ec_key_create(path));
	CHECK_INT("there", stat(path, &st), 0);
	CHECK_INT("mode", st.st_mode & 07777, 0600);
	CHECK("not twice", !ec_key_create(path));
	key = ec_key_read(path);
	CHECK("read", key != NULL);
	if (key != NULL) {
		CHECK("signs", ec_sign(key, STR("x"), sig));
		CHECK("verifies", ec_verify(key, STR("x"), sig));
		CHECK("id", ec_key_id(key, kid) && strlen(kid) == KID_LEN);
		CHECK("its own id", strcmp(kid, KEY_ID) != 0);
	}
	ec_key_free(key);
	CHECK_INT("open to all", chmod(path, 0644), 0);
	key = ec_key_read(path);
	CHECK("only warned of", key != NULL);
	ec_key_free(key);
	unlink(path);
	CHECK("no such folder", !ec_key_create(in_dir("none/key")));
}

/* No room on the disk: no half of a key stays behind. */
static void
key_not_written(void)
{
	char		*path = in_dir("full");
	struct rlimit	 before, none;

	CHECK_INT("limit known", getrlimit(RLIMIT_FSIZE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	signal(SIGXFSZ, SIG_IGN);
	CHECK_INT("limit set", setrlimit(RLIMIT_FSIZE, &none), 0);
	CHECK("refused", !ec_key_create(path));
	CHECK_INT("limit lifted", setrlimit(RLIMIT_FSIZE, &before), 0);
	CHECK_INT("not there", access(path, F_OK), -1);
}

static void
jwk(void)
{
	struct ec_key	*key = key_of(PRIVATE_PEM);
	struct buf	 b;

	buf_init(&b, &arena);
	CHECK("printed", key != NULL && ec_key_jwk(&b, key));
	CHECK_TEXT("public members only", b.p, "{\"kty\":\"EC\",\"crv\":\"P-256\","
	    "\"x\":\"" KEY_X "\",\"y\":\"" KEY_Y "\",\"kid\":\"" KEY_ID "\","
	    "\"alg\":\"ES256\",\"use\":\"sig\"}");
	ec_key_free(key);
}

/* The example's signature with a byte changed, or replaced by a constant. */
static void
signatures_refused(void)
{
	struct ec_key	*key = key_of(PUBLIC_PEM);
	struct str	 good = unbase64url(SIGNATURE);
	uint8_t		 sig[ES256_LEN];

	if (key == NULL || good.n != ES256_LEN) {
		CHECK("key and signature", false);
		return;
	}
	for (size_t i = 0; i < ES256_LEN; i++) {
		memcpy(sig, good.p, ES256_LEN);
		sig[i] ^= 1;
		CHECK("changed byte", !ec_verify(key, STR(SIGNED), sig));
	}
	memset(sig, 0, sizeof(sig));
	CHECK("all zero", !ec_verify(key, STR(SIGNED), sig));
	memcpy(sig, good.p, ES256_LEN / 2);
	CHECK("s zero", !ec_verify(key, STR(SIGNED), sig));
	memset(sig, 0xff, sizeof(sig));
	CHECK("beyond the order", !ec_verify(key, STR(SIGNED), sig));
	memcpy(sig, good.p + 32, 32);
	memcpy(sig + 32, good.p, 32);
	CHECK("r and s exchanged", !ec_verify(key, STR(SIGNED), sig));
	memcpy(sig, good.p, ES256_LEN);
	CHECK("other text", !ec_verify(key, STR(SIGNED "A"), sig));
	CHECK("no text", !ec_verify(key, STR(""), sig));
	ec_key_free(key);
}

static void *
sign_often(void *arg)
{
	const struct ec_key	*key = arg;
	uint8_t			 sig[ES256_LEN], sum[SHA256_LEN];
	uintptr_t		 bad = 0;

	for (int i = 0; i < 50; i++)
		bad += !crypto_hmac(STR("k"), STR("v"), sum) ||
		    !ec_sign(key, STR("hello"), sig) ||
		    !ec_verify(key, STR("hello"), sig);
	return bad == 0 ? NULL : arg;
}

static void
threads(void)
{
	struct ec_key	*key = key_of(PRIVATE_PEM);
	pthread_t	 t[4];
	void		*bad;

	for (size_t i = 0; key != NULL && i < NELEMS(t); i++)
		CHECK_INT("started", pthread_create(&t[i], NULL, sign_often, key), 0);
	for (size_t i = 0; key != NULL && i < NELEMS(t); i++) {
		CHECK_INT("ended", pthread_join(t[i], &bad), 0);
		CHECK("all good", bad == NULL);
	}
	ec_key_free(key);
}

static void
begin(void)
{
	log_init("test_crypto_key", (enum log_level)0);	/* refusals are many */
	CHECK("arena", arena_init(&arena, 1 << 20));
	CHECK("folder", mkdtemp(dir) != NULL);
}

static void
end(void)
{
	arena_free(&arena);
	CHECK_INT("nothing left behind", rmdir(dir), 0);
}

TESTS(crypto_key,
    { "begin", begin },
    { "threads", threads },	/* early: they meet at the first use */
    { "keys", keys },
    { "keys refused", keys_refused },
    { "key made", key_made },
    { "key not written", key_not_written },
    { "jwk", jwk },
    { "signatures refused", signatures_refused },
    { "end", end })
