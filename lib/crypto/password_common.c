/*
 * password_common - passwords that attackers try first.
 *
 * The list holds the most frequent passwords of published lists, as far as they have
 * the minimum length.  Repeated pieces, and rows of the keyboard or the alphabet, are
 * detected by rules.
 */
#include <ctype.h>

#include "crypto/password.h"

#define MAX_PIECE	6	/* characters of a piece that may not be repeated */
#define MIN_ROW		4	/* characters of one row */

/* In lower case. */
static const char *const common[] = {
	"access14access", "adminadminadmin", "administrator", "administrator1",
	"administrator123", "alexander123", "barcelona123", "basketball123",
	"basketball12", "bestfriends1", "bismillah123", "blink182blink",
	"californication", "changeme1234", "changeme12345", "charlie12345",
	"chocolate123", "christopher1", "computer1234", "correct horse battery staple",
	"correcthorsebatterystaple", "dragonball123", "elizabeth123",
	"everything123", "forever12345",
	"gfhjkmgfhjkm", "girlfriend12", "greenday1234", "hello1234567",
	"helloworld123", "helloworld12", "iloveyou1234", "iloveyou12345",
	"iloveyou123456", "iloveyousomuch", "iloveyouforever", "jessica12345",
	"jordan232323", "justinbieber", "justinbieber1", "letmein12345",
	"letmein123456", "letmeinletmein", "letmeinplease", "liverpool123",
	"liverpoolfc1", "loveyouforever", "manchesterunited", "masterpassword",
	"michael12345", "microsoft123", "millionaire1", "mustang12345",
	"mynoob123456", "mypassword12", "mypassword123", "myspace12345",
	"newpassword1", "newpassword12", "newpassword123", "ohmnamah23ohmnamah",
	"p@ssw0rd1234", "p@ssw0rd12345", "pa55word1234", "pakistan1234",
	"pass12345678", "passphrase123", "password!234", "password0000",
	"password1111", "password1212", "password123!", "password123!@#",
	"password1234", "password12345", "password123456", "password1234567",
	"password12345678", "password123456789", "password2023", "password2024",
	"password2025", "password2026", "passw0rd1234", "passw0rd12345",
	"passwordpassword1", "philippines1", "photography1", "playstation2",
	"playstation3", "princess1234", "princess12345", "q1w2e3r4t5y6",
	"q1w2e3r4t5y6u7", "qazwsxedcrfv", "qazwsxedcrfvtgb", "qwe123qwe123qwe",
	"qwerty098765", "qwerty123456", "qwerty1234567", "qwerty12345678",
	"qwerty123456789", "qwertyuiop123", "qwertyuiop12", "qwertyuiop1234",
	"rammstein123", "rootrootroot1", "secret123456", "secretpassword",
	"skateboarding", "spongebob123", "starwars1234", "summer201012",
	"sunshine1234", "sunshine12345", "superman1234", "superman12345",
	"temporary123", "testpassword", "testpassword1", "thisismypassword",
	"trustno1trustno1", "undertaker123", "unbelievable", "volleyball12",
	"welcome12345", "welcome123456", "whateverwhatever", "zaq12wsxcde3",
	"1q2w3e4r5t6y", "1q2w3e4r5t6y7u", "1q2w3e4r5t6y7u8i", "1qaz2wsx3edc",
	"1qaz2wsx3edc4rfv", "1qazxsw23edc", "123qweasdzxc", "123qwe123qwe1",
	"1234qwerasdf", "1234qwerasdfzxcv", "12345qwert12", "123456qwerty",
	"123456qwertyuiop", "123456789qwe", "123456789qwerty", "123456password",
	"1234567890qwe", "1234567890qw", "1234567890qwertyuiop", "!qaz2wsx#edc",
	"!qaz@wsx#edc",
};

/* Sequences that are easy to type, forwards or backwards. */
static const char *const rows[] = {
	"abcdefghijklmnopqrstuvwxyz", "012345678901234567890", "qwertyuiop[]",
	"asdfghjkl;'", "zxcvbnm,./", "qwertzuiop", "azertyuiop", "!@#$%^&*()",
};

static char
lower_at(struct str s, size_t i)
{
	return (char)tolower((unsigned char)s.p[i]);
}

static bool
is_word(struct str s, const char *word)
{
	size_t	 n = strlen(word);

	if (n != s.n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (lower_at(s, i) != word[i])
			return false;
	return true;
}

/* Does a piece of `n` characters repeat to the end ("abcabcab")? */
static bool
is_repeated(struct str s, size_t n)
{
	for (size_t i = n; i < s.n; i++)
		if (lower_at(s, i) != lower_at(s, i - n))
			return false;
	return s.n >= 2 * n;
}

/* How many characters from `from` on equal the row from `i` on, in steps of 1 or -1? */
static size_t
match_row(struct str s, size_t from, const char *row, size_t i, int step)
{
	size_t	 n = 0, len = strlen(row);

	for (; from + n < s.n && i < len && lower_at(s, from + n) == row[i]; n++)
		i += (size_t)step;	/* below 0 it wraps, which ends the loop */
	return n;
}

static size_t
longest_row(struct str s, size_t from)
{
	size_t	 best = 0, n;

	for (size_t r = 0; r < NELEMS(rows); r++)
		for (size_t i = 0; rows[r][i] != '\0'; i++)
			for (int step = -1; step <= 1; step += 2)
				if ((n = match_row(s, from, rows[r], i, step)) > best)
					best = n;
	return best;
}

/* Does the password consist of rows only ("123456qwerty")? */
static bool
is_rows(struct str s)
{
	size_t	 i = 0, n;

	while (i < s.n) {
		if ((n = longest_row(s, i)) < MIN_ROW)
			return false;
		i += n;
	}
	return true;
}

bool
password_is_common(struct str s)
{
	for (size_t i = 0; i < NELEMS(common); i++)
		if (is_word(s, common[i]))
			return true;
	for (size_t n = 1; n <= MAX_PIECE; n++)
		if (is_repeated(s, n))
			return true;
	return s.n > 0 && ((s.n % 2 == 0 && is_repeated(s, s.n / 2)) || is_rows(s));
}
