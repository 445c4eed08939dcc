#ifndef BRISK_TEST_H
#define BRISK_TEST_H
/*
 * test - CUnit with the case's label in the failure line.
 *
 * Each test file is one suite: tables of labelled cases, a function a table,
 * and TESTS(name, {"what it says", function}, ...) as its last line.  The
 * program's last line is "NAME: N passed, N failed", its status says the same.
 */
#include <CUnit/Basic.h>
#include <CUnit/TestDB.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/base.h"

#define CHECK(label, ok)						\
	check_(__FILE__, __LINE__, (label), (ok), NULL, NULL)
#define CHECK_INT(label, got, want)					\
	check_int_(__FILE__, __LINE__, (label), (long long)(got), (long long)(want))
/* C strings; NULL equals only NULL. */
#define CHECK_TEXT(label, got, want)					\
	check_text_(__FILE__, __LINE__, (label), (got), (want))
/* A struct str against a C string; absent equals NULL. */
#define CHECK_STR(label, got, want)					\
	check_str_(__FILE__, __LINE__, (label), (got), (want))

static inline void
check_(const char *file, int line, const char *label, bool ok,
    const char *got, const char *want)
{
	char	 what[512];

	if (got != NULL || want != NULL)
		snprintf(what, sizeof(what), "[%.120s] got <%.180s> want <%.180s>", label,
		    got == NULL ? "(none)" : got, want == NULL ? "(none)" : want);
	else
		snprintf(what, sizeof(what), "[%.400s]", label);
	CU_assertImplementation(ok, (unsigned)line, what, file, "", CU_FALSE);
}

static inline void
check_int_(const char *file, int line, const char *label, long long got,
    long long want)
{
	char	 a[32], b[32];

	snprintf(a, sizeof(a), "%lld", got);
	snprintf(b, sizeof(b), "%lld", want);
	check_(file, line, label, got == want, a, b);
}

static inline void
check_text_(const char *file, int line, const char *label, const char *got,
    const char *want)
{
	check_(file, line, label, got == NULL || want == NULL ? got == want :
	    strcmp(got, want) == 0, got, want);
}

static inline void
check_str_(const char *file, int line, const char *label, struct str got,
    const char *want)
{
	char	 text[256];

	snprintf(text, sizeof(text), "%.*s", STR_ARG(got));
	check_(file, line, label, want == NULL || got.p == NULL ?
	    want == got.p : str_is(got, want), got.p == NULL ? NULL : text, want);
}

#define TESTS(name, ...)						\
	int								\
	main(void)							\
	{								\
		CU_TestInfo	 tests_[] = { __VA_ARGS__, CU_TEST_INFO_NULL }; \
		CU_SuiteInfo	 suites_[] = {				\
			{ #name, NULL, NULL, NULL, NULL, tests_ },	\
			CU_SUITE_INFO_NULL };				\
		return tests_main_(#name, suites_);			\
	}

static inline int
tests_main_(const char *name, CU_SuiteInfo *suites)
{
	unsigned	 good, bad;

	if (CU_initialize_registry() != CUE_SUCCESS ||
	    CU_register_suites(suites) != CUE_SUCCESS)
		return 2;
	CU_basic_set_mode(CU_BRM_SILENT);
	if (CU_basic_run_tests() != CUE_SUCCESS)
		return 2;
	CU_basic_show_failures(CU_get_failure_list());
	good = CU_get_number_of_successes();
	bad = CU_get_number_of_failures();
	CU_cleanup_registry();
	printf("%s: %u passed, %u failed\n", name, good, bad);
	return bad != 0 || good == 0;
}

#endif
