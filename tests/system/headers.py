"""headers: each route of the document with each method, well and badly asked;
whatever the answer is, it has its headers, and no others."""
import http.client
import json
import os
import re
import sys
import urllib.parse

BASE = urllib.parse.urlsplit(os.environ["BASE"])
TOKEN = os.environ["TOKEN"]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
NOBODY = "019ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a33"
CLOSED = "default-src 'none'; frame-ancestors 'none'"

# A value, or a pattern; None: it is not there.
ALWAYS = {
    "X-Request-Id": UUID7,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": None,      # this is not HTTPS
    "X-Powered-By": None,
    "Access-Control-Allow-Origin": None,    # CORS is off
    "Access-Control-Allow-Methods": None,
}
passed = failed = 0


def check(label, ok, told=""):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        if failed <= 20:
            print(f"headers: [{label}] {told}")


def ask(method, path, headers=None, body=None):
    c = http.client.HTTPConnection(BASE.hostname, BASE.port, timeout=20)
    c.putrequest(method, path, skip_accept_encoding=True)
    for name, value in (headers or {}).items():
        c.putheader(name, value)
    if body is not None:
        c.putheader("Content-Length", str(len(body)))
    c.endheaders(body)
    r = c.getresponse()
    text = r.read()
    c.close()
    return r.status, r.msg, text


def is_page(msg):
    return (msg["Content-Type"] or "").startswith("text/html")


def check_policy(label, status, msg):
    got = msg.get_all("Content-Security-Policy") or []
    check(label, len(got) == 1, f"Content-Security-Policy {got}")
    policy = got[0] if got else ""
    if status < 400 and is_page(msg) or "-src 'self'" in policy:
        check(label, "frame-ancestors 'none'" in policy and
              "default-src 'none'" in policy and "unsafe-eval" not in policy and
              "*" not in policy, f"the page's policy is {policy}")
    else:
        check(label, policy == CLOSED, f"the policy is {policy}")


def check_answer(label, status, msg):
    for name, want in ALWAYS.items():
        got = msg.get_all(name) or []
        if want is None:
            check(label, got == [], f"{name}: {got}")
        elif isinstance(want, str):
            check(label, got == [want], f"{name}: {got}")
        else:
            check(label, len(got) == 1 and want.fullmatch(got[0]), f"{name}: {got}")
    check_policy(label, status, msg)
    check(label, not re.search(r"[0-9/]", msg["Server"] or ""), f"Server {msg['Server']}")
    if status >= 400:
        check(label, msg.get_all("Cache-Control") == ["no-store"],
              f"{status} with Cache-Control {msg.get_all('Cache-Control')}")
        check(label, status < 500 or status in (501, 503), f"status {status}")


def keys_of(document):
    """A key of each list of the document, to fill the paths below it."""
    keys = {}
    for path, item in document["paths"].items():
        if "{" in path or "get" not in item:
            continue
        status, _, text = ask("GET", path + "?limit=1", BEARER)
        try:
            row = json.loads(text)["items"][0]
        except (ValueError, KeyError, IndexError, TypeError):
            continue
        keys[path] = row
    return keys


def filled(path, rows):
    row = next((rows[p] for p in rows if path.startswith(p + "/")), {})
    return re.sub(r"{(\w+)}", lambda m: urllib.parse.quote(
        str(row.get(m[1], NOBODY)), safe=""), path)


BEARER = {"Authorization": "Bearer " + TOKEN}
JSON = {"Content-Type": "application/json"}
# How each method of each path is asked; the last is never a success.
WAYS = [
    ("as it is", {}, "", None),
    ("with a token", BEARER, "", None),
    ("a token that is none", {"Authorization": "Bearer x.y.z"}, "", None),
    ("another scheme", {"Authorization": "Basic eDp5"}, "", None),
    ("an unknown parameter", BEARER, "?no-such-parameter=1", None),
    ("a body that is no JSON", BEARER | JSON, "", b"{"),
    ("a body of another type", BEARER | {"Content-Type": "text/plain"}, "", b"x"),
    ("an empty object", BEARER | JSON | {"If-Match": '"0"'}, "", b"{}"),
    ("nothing it accepts", BEARER | {"Accept": "image/png"}, "", None),
    ("a page elsewhere", {"Origin": "https://app.example.com"}, "", None),
    ("hostile headers", {"Traceparent": "00-ZZ", "X-Request-Id": "mine",
                         "X-Forwarded-Proto": "https", "X-Forwarded-For": "8.8.8.8"},
     "", None),
]


def walk(document):
    rows = keys_of(document)
    answers, well, refused = 0, set(), set()
    for path, item in document["paths"].items():
        at = filled(path, rows)
        for method in METHODS:
            for way, headers, query, body in WAYS:
                # What would change something for others is asked of nobody.
                target = at if method in ("GET", "HEAD", "OPTIONS") else \
                    re.sub(r"{\w+}", NOBODY, path)
                if body is None and method in ("POST", "PUT", "PATCH"):
                    body = b""
                status, msg, _ = ask(method, target + query, headers, body)
                label = f"{method} {path}, {way}: {status}"
                check_answer(label, status, msg)
                answers += 1
                if status < 400:
                    well.add((path, method))
                else:
                    refused.add((path, method))
    for path, item in document["paths"].items():
        check(path, (path, "OPTIONS") in well, "OPTIONS is refused")
        check(path, any((path, m) in refused for m in METHODS), "nothing is refused")
        # POST-only paths, and those whose rows are another's, have no way to succeed.
        if path in ("/openapi.json", "/metrics", "/livez", "/readyz") or path in rows:
            check(path, (path, "GET") in well and (path, "HEAD") in well, "GET never succeeds")
    check("walk", answers == len(document["paths"]) * len(METHODS) * len(WAYS))
    check("walk", len(well) > 1.5 * len(document["paths"]), f"few were well: {len(well)} of {len(document['paths'])}")


def beside():
    """What is no route's."""
    for method, path in (("GET", "/v1/nothing"), ("GET", "/v1//products"),
                         ("GET", "/v1/products/"), ("TRACE", "/v1/products"),
                         ("GET", "/v1/products/%2e%2e"), ("GET", "/v1/products/%zz")):
        status, msg, _ = ask(method, path)
        check_answer(f"{method} {path}: {status}", status, msg)
    status, msg, _ = ask("GET", "/")
    check("/", status == 200, f"status {status}")
    for name in ("X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"):
        check("/", msg.get_all(name) == [ALWAYS[name]], f"{name}: {msg.get_all(name)}")
    check("/", "default-src 'none'" in (msg["Content-Security-Policy"] or "") and
          "frame-ancestors 'none'" in msg["Content-Security-Policy"], "its policy")


def main():
    status, _, text = ask("GET", "/openapi.json")
    if status != 200:
        sys.exit(f"headers: no document: {status}")
    walk(json.loads(text))
    beside()
    print(f"headers: {passed} passed, {failed} failed")
    sys.exit(failed != 0)


main()
