#ifndef BRISK_OPENAPI_SCHEMA_H
#define BRISK_OPENAPI_SCHEMA_H
/*
 * schema - JSON Schema (2020-12) of our schemas and fields.  Private to the room.
 *
 * One struct schema becomes several JSON Schemas: a response shows other members
 * than a request may send.  They are told apart by a suffix ("ProductCreate").
 */
#include "openapi/document.h"

enum openapi_form {
	FORM_SHOWN,	/* a row in a response: no HIDDEN members, no bounds */
	FORM_EXPANDED,	/* a row with the members that ?expand= adds */
	FORM_LIST,	/* a page of rows */
	FORM_ITEMS,	/* the response to a batch */
	FORM_CREATE,	/* the body of POST, PUT, PATCH of a resource */
	FORM_REPLACE,
	FORM_PATCH,
	FORM_BATCH,	/* the body of a batch */
	FORM_INPUT,	/* the body of a plain route, and objects inside any body */
	FORM_QUERY,	/* a query parameter or path segment: written in place */
	FORM_FILTER,	/* FORM_QUERY without a default */
	FORMS
};

/* A JSON Schema that the document refers to; printed once, at the end. */
struct openapi_schema {
	const struct schema	*schema;
	const struct resource	*resource;
	enum openapi_form	 form;
	struct openapi_schema	*next;
};

/* An amount and its currency, as the decoder reads them. */
extern const struct schema openapi_schema_money;

/* "$ref":"#/components/schemas/Product"; the schema is printed later. */
void	openapi_schema_ref(struct document *, const struct schema *, const struct resource *,
	    enum openapi_form);
/* The same as an object of that name; NULL: an element of an array. */
void	openapi_schema_ref_as(struct document *, const char *name, const struct schema *,
	    const struct resource *, enum openapi_form);
/* Every schema that was referred to, and the schemas that these refer to. */
void	openapi_schema_print_all(struct document *);
/* The schema of one field, braces included. */
void	openapi_schema_field(struct document *, const struct field *, enum openapi_form);

/* Is the form part of a response? */
bool	openapi_schema_is_output(enum openapi_form);
/* Does the form have this member?  Must it be there? */
bool	openapi_schema_shows(const struct field *, enum openapi_form);
bool	openapi_schema_requires(const struct field *, enum openapi_form);
/* May a request leave the member out?  A patch may then set it to null. */
bool	openapi_schema_is_optional(const struct field *);

#endif
