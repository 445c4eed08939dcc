#ifndef BRISK_HTTP_H
#define BRISK_HTTP_H
/* http - methods and status codes (RFC 9110 9 and 15). */
#include "base/base.h"

/* HTTP_OTHER: a method that the library does not implement. */
enum http_method { HTTP_OTHER, HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT,
	HTTP_PATCH, HTTP_DELETE, HTTP_OPTIONS, HTTP_METHODS };

enum http_status {
	HTTP_OK = 200, HTTP_CREATED = 201, HTTP_ACCEPTED = 202, HTTP_NO_CONTENT = 204,
	HTTP_NOT_MODIFIED = 304,
	HTTP_BAD_REQUEST = 400, HTTP_UNAUTHORIZED = 401,
	HTTP_PAYMENT_REQUIRED = 402, HTTP_FORBIDDEN = 403,
	HTTP_NOT_FOUND = 404, HTTP_METHOD_NOT_ALLOWED = 405,
	HTTP_NOT_ACCEPTABLE = 406, HTTP_CONFLICT = 409, HTTP_GONE = 410,
	HTTP_LENGTH_REQUIRED = 411, HTTP_PRECONDITION_FAILED = 412,
	HTTP_TOO_LARGE = 413, HTTP_UNSUPPORTED = 415, HTTP_UNPROCESSABLE = 422,
	HTTP_PRECONDITION_REQUIRED = 428, HTTP_TOO_MANY = 429,
	HTTP_INTERNAL = 500, HTTP_NOT_IMPLEMENTED = 501, HTTP_UNAVAILABLE = 503,
};

enum http_method http_method_of(struct str);
const char	*http_method_name(enum http_method);
/* The reason phrase of a status: "Not Found". */
const char	*http_reason(int status);

#endif
