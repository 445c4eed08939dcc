/*
 * What providers of payments say: a webhook's body, and the answer to a call.
 * Whatever it is, nothing is believed that is not about what was asked, and what
 * is taken are words that a log, a row and an answer may hold.
 *
 * The first byte says how the call was answered; the text is both.
 */
#include "../../handlers/domain/card_test.c"

#include "fuzz.h"

#define KEY	"0190ab3c-7d3e-7a40-9b1f-0d5e8c1f2a33"

static void
check_words(const struct provider_answer *a)
{
	MUST(a->ref.n <= 100 && a->code.n <= 60 * 4);
	for (size_t i = 0; i < a->ref.n; i++)
		MUST(a->ref.p[i] > ' ' && a->ref.p[i] <= '~');
	MUST(a->end != PROVIDER_NOTHING);
	MUST((a->end == PROVIDER_UNKNOWN) == (a->why != NULL));
}

static void
check_event(struct arena *a, struct str body)
{
	static char *const	 none[] = { NULL };
	struct provider_event	 e;
	struct req		 rq;

	req_init(&rq, a, none);
	rq.body.bytes = body;
	if (!provider_card_test.event(&rq, &e))
		return;
	MUST(e.id.n <= 100 * 4);
	if (e.key.p == NULL)
		return;
	MUST(e.key.n <= 36 * 4 && e.amount.amount > 0);
	MUST(strlen(e.amount.currency) == 3);
	check_words(&e.answer);
}

/* The text as it comes is sure only when it says our key, our sum. */
static void
check_judged(struct arena *a, int status, struct str text)
{
	const struct provider_request c = { .arena = a, .key = STR(KEY),
				    .amount = { 1999, "EUR" } };
	struct fetch_result		 f = { .status = status, .error = "none" };
	struct provider_answer	 told = { .end = PROVIDER_NOTHING };

	buf_init(&f.body, a);
	buf_str(&f.body, text);
	answer_of_response(&c, &f, &told);
	check_words(&told);
	MUST(status == 200 || told.end == PROVIDER_UNKNOWN);
	if (told.end == PROVIDER_UNKNOWN)
		return;
	MUST(memmem(text.p, text.n, "1999", 4) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const int	 statuses[] = { 200, 200, 200, 404, 500, 0 };
	struct arena		*a = fuzz_arena();
	struct str		 text = fuzz_text(p, n);
	int			 status = n == 0 ? 0 : statuses[p[0] % NELEMS(statuses)];

	text = n == 0 ? text : str_from(text, 1);
	check_event(a, text);
	check_judged(a, status, text);
	return 0;
}
