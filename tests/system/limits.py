"""limits: behind and direct, the two installations that limits.sh starts."""
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import urllib.parse

BASE = urllib.parse.urlsplit(os.environ["BASE"])
DAY = 86400
PRODUCTS = "/v1/products?limit=1"
passed = failed = 0


def check(label, got, want=True):
    global passed, failed
    if got == want:
        passed += 1
    else:
        failed += 1
        print(f"limits: [{label}] got <{got}> want <{want}>")


class Answer:
    def __init__(self, status, msg, text):
        self.status, self.msg, self.text = status, msg, text

    def __getitem__(self, name):
        values = self.msg.get_all(name)
        return None if values is None else ", ".join(values)

    def problem(self):
        return json.loads(self.text)


def ask(path, method="GET", body=None, **headers):
    c = http.client.HTTPConnection(BASE.hostname, BASE.port, timeout=20)
    c.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
    r = c.getresponse()
    a = Answer(r.status, r.msg, r.read())
    c.close()
    return a


def token(sub, scope="products:write"):
    return "Bearer " + subprocess.run(
        [os.environ["B"] + "/bin/brisk", "token", "--scope", scope, "--sub", sub],
        env=dict(os.environ, BRISK_CONF=os.environ["VAR"] + "/brisk.conf"),
        check=True, capture_output=True, text=True).stdout.split()[-1]


def many(n, at_once, one):
    """n answers, so many at the same time."""
    got, lock, left = [], threading.Lock(), iter(range(n))

    def work():
        while True:
            with lock:
                i = next(left, None)
            if i is None:
                return
            a = one(i)
            with lock:
                got.append(a)

    threads = [threading.Thread(target=work) for _ in range(at_once)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return got


def counts(answers):
    return {s: sum(a.status == s for a in answers) for s in {a.status for a in answers}}


def standing(label, a, name, quota, remaining, window=DAY):
    """The two headers, as RFC 9651 has them; t is of the time that passes."""
    check(label, a["RateLimit-Policy"], f'"{name}";q={quota};w={window}')
    m = re.fullmatch(r'"(\w+)";r=(\d+);t=(\d+)', a["RateLimit"] or "")
    check(label + ": RateLimit", m is not None)
    if m is None:
        return
    check(label, (m[1], int(m[2])), (name, remaining))
    each, t = window / quota, int(m[3])
    due = each if remaining == 0 else (quota - remaining) * each
    check(label + f": t={t} of {due}", due - 60 <= t <= due + 1)


def exceeded(label, a, name):
    check(label, a.status, 429)
    check(label, a["Content-Type"], "application/problem+json")
    check(label, a["Cache-Control"], "no-store")
    check(label, a["Retry-After"], a["RateLimit"].rsplit("t=", 1)[1])
    p = a.problem()
    check(label, p["type"], "https://iana.org/assignments/http-problem-types#quota-exceeded")
    check(label, p["title"], "Request cannot be satisfied as assigned quota has been exceeded")
    check(label, (p["status"], p["code"], p["violated-policies"]),
          (429, "quota_exceeded", [name]))


def lines(request_id):
    with open(os.environ["VAR"] + "/log/handlers.log", encoding="utf-8") as f:
        return [json.loads(x) for x in f if request_id in x and '"route"' in x]


# --- behind trusted proxies -----------------------------------------------------

def exactly():
    got = many(1000, 40, lambda i: ask(PRODUCTS, X_Forwarded_For="203.0.113.1"))
    check("1000 at once: the quota passes", counts(got), {200: 40, 429: 960})
    left = sorted(int(a["RateLimit"].split(";")[1][2:]) for a in got if a.status == 200)
    check("each sees another rest", left, list(range(40)))
    check("refused ones see none", {a["RateLimit"].split(";")[1] for a in got
                                    if a.status == 429}, {"r=0"})
    exceeded("over it", next(a for a in got if a.status == 429), "public")


def addresses():
    for label, given, open_ in (
            ("the same", "203.0.113.1", False),
            ("what a client says before it", "198.51.100.7, 203.0.113.1", False),
            ("nonsense before it", "x, ,;, 203.0.113.1", False),
            ("proxies of ours behind it", "203.0.113.1, 10.1.2.3,127.0.0.1", False),
            ("as an IPv6 address", "::ffff:203.0.113.1", False),
            ("another", "203.0.113.2", True),
            ("an untrusted proxy behind it", "203.0.113.1, 10.2.0.1", True)):
        a = ask(PRODUCTS, X_Forwarded_For=given)
        check(label, a.status, 200 if open_ else 429)
    a = ask(PRODUCTS, X_Forwarded_For="2001:db8:1:2::1")
    standing("IPv6", a, "public", 40, 39)
    a = ask(PRODUCTS, X_Forwarded_For="2001:db8:1:2:ffff::9")
    standing("its /64", a, "public", 40, 38)
    a = ask(PRODUCTS, X_Forwarded_For="2001:db8:1:3::1")
    standing("another /64", a, "public", 40, 39)
    first = ask(PRODUCTS)
    rest = int(first["RateLimit"].split(";")[1][2:])
    for given in ("203.0.113.1:80", "[2001:db8::1]", "unknown", "203.0.113.1,", "_hidden"):
        a = ask(PRODUCTS, X_Forwarded_For=given)
        rest -= 1
        standing(f"{given} is no address: the proxy's own", a, "public", 40, rest)


def on_each_answer():
    who = {"X_Forwarded_For": "203.0.113.3"}
    a = ask(PRODUCTS, **who)
    standing("a list", a, "public", 40, 39)
    standing("from the cache", ask(PRODUCTS, **who), "public", 40, 38)
    b = ask(PRODUCTS, If_None_Match=a["ETag"], **who)
    check("304", b.status, 304)
    standing("304", b, "public", 40, 37)
    b = ask(PRODUCTS, "HEAD", **who)
    standing("HEAD", b, "public", 40, 36)
    b = ask("/v1/products?colour=green", **who)
    check("400", b.status, 400)
    standing("400", b, "public", 40, 35)
    b = ask("/v1/products/none", **who)
    check("404", b.status, 404)
    standing("404", b, "public", 40, 34)
    b = ask("/v1/products", "POST", "{}", Content_Type="application/json", **who)
    check("401", b.status, 401)
    standing("who has no token", b, "public", 40, 33)
    b = ask("/v1/products", "POST", "{}", Authorization="Bearer a.b.c", **who)
    check("401", b.status, 401)
    standing("who has a token that is none", b, "public", 40, 32)
    for path, method in (("/v1/products", "OPTIONS"), ("/v1/products", "DELETE"),
                         ("/v1/nothing", "GET"), ("/livez", "GET")):
        b = ask(path, method, **who)
        check(f"{method} {path} takes from none", (b["RateLimit"], b["RateLimit-Policy"]),
              (None, None))
    standing("as before", ask(PRODUCTS, **who), "public", 40, 31)


def guesses():
    got = many(60, 6, lambda i: ask("/v1/products", "POST", "{}",
               Authorization=f"Bearer a.b.{i}", X_Forwarded_For="203.0.113.4"))
    check("tokens can be guessed as often as an address may read", counts(got),
          {401: 40, 429: 20})
    good = ask("/v1/products", "POST", "{}", Authorization=token("kim"),
               Content_Type="application/json", X_Forwarded_For="203.0.113.4")
    check("who has a good one is not held up by it", good.status, 422)


def subjects():
    ann, bob = token("ann"), token("bob")

    def write(who, i=0):
        return ask("/v1/products", "POST", "{}", Authorization=who,
                   Content_Type="application/json", X_Forwarded_For=f"198.51.100.{i % 200}")
    got = many(100, 20, lambda i: write(ann, i))
    check("a user's quota, from wherever", counts(got), {422: 5, 429: 95})
    a = write(ann)
    standing("over it", a, "write", 5, 0)
    exceeded("over it", a, "write")
    standing("another user", write(bob), "write", 5, 4)
    a = ask("/v1/products", "POST", "{}", Authorization=token("bob", "ops:read"))
    check("403", a.status, 403)
    standing("a refused one took nothing", write(bob), "write", 5, 3)
    a = ask(PRODUCTS, Authorization=ann, X_Forwarded_For="203.0.113.5")
    check("reads have their own", a.status, 200)
    check("CORS is not for all", a["Access-Control-Allow-Origin"], None)


EXPOSED = ("ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, "
           "X-Request-Id, Idempotent-Replayed")
APP = "https://app.example.com"


def pages_elsewhere():
    for label, path, origin, allowed in (
            ("one of the list", PRODUCTS, APP, True),
            ("the other", PRODUCTS, "http://localhost:3000", True),
            ("an error", "/v1/products/none", APP, True),
            ("no route", "/v1/nothing", APP, True),
            ("another port", PRODUCTS, "http://localhost:3001", False),
            ("another scheme", PRODUCTS, "http://app.example.com", False),
            ("a longer name", PRODUCTS, APP + ".evil.example", False),
            ("a part of it", PRODUCTS, "https://app.example.co", False),
            ("in capitals", PRODUCTS, "https://APP.example.com", False),
            ("both", PRODUCTS, APP + ",http://localhost:3000", False),
            ("no origin", PRODUCTS, "null", False),
            ("all", PRODUCTS, "*", False)):
        a = ask(path, Origin=origin, X_Forwarded_For="203.0.113.6")
        check(label, a["Access-Control-Allow-Origin"], origin if allowed else None)
        check(label, a["Access-Control-Expose-Headers"], EXPOSED if allowed else None)
        check(label, a["Access-Control-Allow-Credentials"], None)
        check(label, "Origin" in (a["Vary"] or ""))
    a = ask(PRODUCTS, X_Forwarded_For="203.0.113.6")
    check("also without one", "Origin" in (a["Vary"] or ""))
    a = ask(PRODUCTS, Origin=APP, X_Forwarded_For="203.0.113.1")
    check("429", (a.status, a["Access-Control-Allow-Origin"]), (429, APP))


def preflights():
    asked = "authorization, content-type,If-Match,idempotency-key"
    for label, path, origin, method, headers, allowed in (
            ("a write", "/v1/products", APP, "POST", asked, True),
            ("without headers", "/v1/products", APP, "POST", None, True),
            ("HEAD where GET is", "/v1/products", APP, "HEAD", None, True),
            ("of one row", "/v1/products/none", APP, "PATCH", asked, True),
            ("another method", "/v1/products", APP, "PATCH", asked, False),
            ("no method", "/v1/products", APP, "BREW", asked, False),
            ("another header", "/v1/products", APP, "POST", "X-Other", False),
            ("another origin", "/v1/products", "https://evil.example", "POST", asked, False)):
        h = {"Origin": origin, "Access_Control_Request_Method": method}
        if headers is not None:
            h["Access_Control_Request_Headers"] = headers
        a = ask(path, "OPTIONS", **h)
        check(label, a.status, 204)
        allow = a["Allow"] if allowed else None
        check(label, a["Access-Control-Allow-Methods"], allow)
        check(label, a["Access-Control-Max-Age"], "7200" if allowed else None)
        names = (a["Access-Control-Allow-Headers"] or "").lower().split(", ")
        check(label, not allowed or headers is None or all(
            x.strip().lower() in names for x in headers.split(",")))
        check(label, allowed or names == [""])
        check(label, "*" not in f"{a['Access-Control-Allow-Origin']}{names}")
    a = ask("/v1/products", "OPTIONS", Origin=APP)
    check("no preflight", a["Access-Control-Allow-Methods"], None)
    check("no preflight", a["Allow"], "GET, HEAD, POST, OPTIONS")


def https_and_traces():
    hsts = "max-age=63072000; includeSubDomains"
    for given, want in (("https", hsts), ("HTTPS", hsts), ("http", None), ("", None),
                        ("https, http", None)):
        a = ask(PRODUCTS, X_Forwarded_Proto=given, X_Forwarded_For="203.0.113.7")
        check(f"a trusted proxy says {given}", a["Strict-Transport-Security"], want)
    one = "4bf92f3577b34da6a3ce929d0e0e4736"
    for given, kept in (
            (f"00-{one}-00f067aa0ba902b7-01", True), (f"00-{one}-00f067aa0ba902b7-00", True),
            (f"01-{one}-00f067aa0ba902b7-01", False), (f"00-{one}-00f067aa0ba902b7", False),
            (f"00-{one}-00f067aa0ba902b7-01-x", False), (f"00-{one.upper()}-00f067aa0ba902b7-01", False),
            (f"00-{'0' * 32}-00f067aa0ba902b7-01", False), (f"00-{one}-{'0' * 16}-01", False),
            (f"ff-{one}-00f067aa0ba902b7-01", False), (f"00 {one}-00f067aa0ba902b7-01", False),
            ("", False), ("nonsense", False)):
        a = ask(PRODUCTS, traceparent=given, X_Forwarded_For="203.0.113.8")
        check(given, a.status, 200)
        got = lines(a["X-Request-Id"])
        check(given, len(got), 1)
        if len(got) != 1:
            continue
        check(given, got[0]["ip"], "203.0.113.8")
        check(given, re.fullmatch("[0-9a-f]{32}", got[0]["trace_id"]) is not None)
        check(given, got[0]["trace_id"] == one, kept)


def behind():
    exactly()
    addresses()
    on_each_answer()
    guesses()
    subjects()
    pages_elsewhere()
    preflights()
    https_and_traces()


# --- no proxy is trusted --------------------------------------------------------

def direct():
    start = ask(PRODUCTS)
    rest = int(start["RateLimit"].split(";")[1][2:])
    for given in ("203.0.113.1", "203.0.113.2", "127.0.0.1"):
        a = ask(PRODUCTS, X_Forwarded_For=given, X_Real_IP=given, Forwarded="for=" + given)
        rest -= 1
        standing(f"{given} is only said", a, "public", 7, rest)
        check(given, lines(a["X-Request-Id"])[0]["ip"], "127.0.0.1")
    a = ask("/metrics", X_Forwarded_For="127.0.0.1")
    check("what came through a proxy is not from here", a.status, 403)
    check("what came from here is", ask("/metrics").status, 200)
    a = ask("/livez", X_Forwarded_Proto="https", Origin=APP)
    check("HTTPS is only said", a["Strict-Transport-Security"], None)
    check("CORS is off", (a["Access-Control-Allow-Origin"], "Origin" in (a["Vary"] or "")),
          (None, False))
    a = ask("/v1/products", "OPTIONS", Origin=APP, Access_Control_Request_Method="POST")
    check("no preflight", (a.status, a["Access-Control-Allow-Methods"]), (204, None))
    who = token("ann")
    got = many(200, 10, lambda i: ask("/v1/products", "POST", "{}", Authorization=who,
                                      Content_Type="application/json"))
    check("a class that is off", counts(got), {422: 200})
    check("says nothing", {a["RateLimit"] for a in got}, {None})
    while rest > 0:
        rest -= 1
        check("the rest", ask(PRODUCTS).status, 200)
    exceeded("all gone", ask(PRODUCTS), "public")
    exceeded("also for /readyz", ask("/readyz"), "public")
    check("/livez has no quota", ask("/livez").status, 200)
    check("/metrics neither", ask("/metrics").status, 200)


{"behind": behind, "direct": direct}[sys.argv[1]]()
print(f"limits.py: {passed} passed, {failed} failed")
sys.exit(failed != 0)
