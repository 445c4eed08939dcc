"""live: answers that stay open.

	live.py [PART ...]	all but quotas, which want options of their own"""
import asyncio
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kit"))
from live_kit import Stream, ask, brisk, token, workers

passed = failed = 0
ADMIN = token("products:write")


def check(label, got, want=True):
    global passed, failed
    if got == want:
        passed += 1
    else:
        failed += 1
        print(f"live: [{label}] got <{got}> want <{want}>")


def later(function, *args, **kwargs):
    return asyncio.get_running_loop().run_in_executor(
        None, lambda: function(*args, **kwargs))


number = iter(range(1, 1000000))


def make():
    """A product of our own: its path."""
    sku = f"LIVE-{os.getpid()}-{next(number)}"
    a = ask("/v1/products", "POST", {"sku": sku, "name": sku, "status": "active",
            "price": {"amount": 100, "currency": "EUR"}}, token=ADMIN)
    if a.status != 201:
        raise RuntimeError(f"no product: {a.status} {a.body}")
    return "/v1/products/" + json.loads(a.body)["id"]


def change(path, **members):
    members = members or {"description": f"change {next(number)}"}
    a = ask(path, "PATCH", members, {"If-Match": "*"}, ADMIN)
    return a.status


def person(name):
    """Somebody new, and their token."""
    password = "violet-tractor-anthem-52"
    brisk("user", "add", f"{name}@example.org", name, stdin=password + "\n")
    a = ask("/oauth2/token", "POST", f"grant_type=password&client_id=docs&username={name}"
            f"&password={password}", {"Content-Type": "application/x-www-form-urlencoded"})
    return json.loads(a.body)["access_token"]


async def representation():
    path = make()
    s = Stream(path)
    check("first", await s.until(lambda: s.data))
    now = ask(path)
    check("first: its bytes are a GET's", s.data, [now.body.decode()])
    check("first: its id is the ETag", s.ids, [now["ETag"]])
    check("first: retry", s.retries, [3000])
    check("first: status", s.status, 200)
    for name, value in (("content-type", "text/event-stream"),
                        ("cache-control", "no-cache"), ("x-accel-buffering", "no"),
                        ("x-content-type-options", "nosniff"),
                        ("x-frame-options", "DENY"), ("referrer-policy", "no-referrer"),
                        ("content-security-policy",
                         "default-src 'none'; frame-ancestors 'none'")):
        check("first: " + name, s.headers.get(name), value)
    check("first: has a request's id", len(s.headers.get("x-request-id", "")), 36)
    check("first: nothing of ours leaks",
          [h for h in s.headers if h.startswith("brisk")], [])
    check("change", await later(change, path, description="one"), 200)
    check("change: is told", await s.until(lambda: len(s.data) == 2))
    check("change: as it is", s.data[-1], ask(path).body.decode())
    # A PATCH that changes nothing, another row: the next event is the third.
    check("no change", await later(change, path, description="one"), 200)
    check("another row", await later(change, make()), 200)
    check("change again", await later(change, path, description="two"), 200)
    check("change again: is told", await s.until(lambda: len(s.data) == 3))
    check("change again: as it is", "two" in s.data[-1])
    check("events", s.kinds, ["change"] * 3)
    await s.close()


async def resume():
    path = make()
    now = ask(path)["ETag"]
    s = Stream(path, last=now)
    check("resume: opened", await s.until(lambda: s.retries))
    check("resume: changed", await later(change, path), 200)
    check("resume: only what is new", await s.until(lambda: s.data) and len(s.data), 1)
    check("resume: as it is", s.data, [ask(path).body.decode()])
    old = Stream(path, last=now)
    check("resume from before: at once", await old.until(lambda: old.data))
    odd = Stream(path, last="nonsense\"")
    check("resume from nonsense: all of it", await odd.until(lambda: odd.data))
    weak = Stream(path, last="W/" + ask(path)["ETag"])
    check("resume: weak tag", await weak.until(lambda: weak.retries))
    check("resume: changed again", await later(change, path), 200)
    check("resume: weak tag, only what is new",
          await weak.until(lambda: weak.data) and len(weak.data), 1)
    for one in (s, old, odd, weak):
        await one.close()


async def lists():
    s = Stream("/v1/products?limit=3&sort=-created_at")
    check("list", await s.until(lambda: s.data))
    path = make()
    check("list: a new row", await s.until(lambda: path.split("/")[-1] in s.data[-1]))
    check("list: no bytes twice", s.repeated, 0)
    await s.close()


async def refusals():
    path = make()
    nothing = path[:-12] + "000000000000"
    for label, url, key, status, code in (
            ("unknown", nothing, None, 404, "not_found"),
            ("no path", "/v1/nothing", None, 404, "not_found"),
            ("bad token", path, "x.y.z", 401, "invalid_token"),
            ("no token", "/v1/users/me", None, 401, "unauthenticated"),
            ("bad query", path + "?x=1", None, 400, "unknown_parameter"),
            ("no tags", "/openapi.json", None, 406, "not_acceptable"),
            ("dots", "/v1/products/../orders", None, 404, "not_found")):
        s = Stream(url, token=key, again=False)
        check(label, await s.until(lambda: s.body) and s.status, status)
        check(label + ": type", s.headers.get("content-type"), "application/problem+json")
        if s.body:
            check(label + ": code", json.loads(s.body)["code"] in (code, "invalid_parameter"))
        plain = ask(url, token=key, headers={"Accept": "application/json"})
        if code != "not_acceptable":
            check(label + ": as a GET", plain.status, status)
        check(label + ": challenge", s.headers.get("www-authenticate"),
              plain["WWW-Authenticate"] if status == 401 else None)
    a = ask(path, "HEAD", headers={"Accept": "text/event-stream"})
    check("HEAD is the program's", a.status, 406)
    a = ask(path, "DELETE", headers={"Accept": "text/event-stream"})
    check("DELETE is the program's", a.status, 401)
    a = ask(path, "POST", {}, headers={"Accept": "text/event-stream"}, token=ADMIN)
    check("POST is the program's", a.status, 405)
    a = ask(path, headers={"Accept": "text/event-stream;q=0, */*"})
    check("an Accept that refuses it", (a.status, a["Content-Type"]), (200, "application/json"))


async def gone():
    path = make()
    s = Stream(path)
    check("gone: first", await s.until(lambda: s.data))
    tag = ask(path)["ETag"]
    check("gone: deleted", ask(path, "DELETE", headers={"If-Match": tag},
                               token=ADMIN).status, 204)
    await asyncio.wait_for(s.task, 20)
    check("gone: is told", s.kinds, ["change", "gone"])
    check("gone: then it ends", s.clean)


async def expiry():
    path = make()
    s = Stream(path, token=token("products:write", "--seconds", "2"))
    check("expiry: first", await s.until(lambda: s.data))
    await asyncio.wait_for(s.task, 20)
    check("expiry: is told", s.kinds, ["change", "expired"])
    check("expiry: then it ends", s.clean)


async def taken_back():
    name = f"live{os.getpid()}"
    s = Stream(make(), token=await later(person, name))
    check("taken back: first", await s.until(lambda: s.data or s.body) and s.status, 200)
    brisk("user", "passwd", name, stdin="another-tractor-anthem-53\n")
    await asyncio.wait_for(s.task, 20)
    check("taken back: is told", s.kinds[-1], "expired")


async def quotas():
    """With streams_per_client = 3, streams_max = 8 and limit_stream = 4/86400."""
    path = make()
    ann, bob = (token("orders:read", "--sub", f"{name}{os.getpid()}") for name in ("ann", "bob"))

    async def opens(label, status, key, code=None):
        s = Stream(path, token=key, again=False)
        await s.until(lambda: s.data or s.body)
        check(label, s.status, status)
        if code:
            check(label + ": code", json.loads(s.body)["code"], code)
            check(label + ": comes again", int(s.headers.get("retry-after", 0)) > 0)
            check(label + ": nosniff", s.headers.get("x-content-type-options"), "nosniff")
        return s

    open_ones = [await opens(f"a user's stream {i}", 200, ann) for i in (1, 2, 3)]
    check("its quota is told", open_ones[2].headers.get("ratelimit", "").split(";")[:2],
          ['"stream"', "r=1"])
    open_ones += [await opens("one more", 429, ann, "quota_exceeded")]
    open_ones += [await opens(f"an address's stream {i}", 200, None) for i in (1, 2, 3)]
    open_ones += [await opens("one more of it", 429, None, "quota_exceeded"),
                  await opens("over its quota", 429, None, "quota_exceeded")]
    check("over its quota: is told", '"stream";q=4;w=86400',
          open_ones[-1].headers.get("ratelimit-policy"))
    open_ones += [await opens(f"another's stream {i}", 200, bob) for i in (1, 2)]
    open_ones += [await opens("more than all may have", 503, bob, "unavailable")]
    for s in open_ones:
        await s.close()


async def orders():
    """Rows that are somebody's."""
    key = await later(person, f"buyer{os.getpid()}")
    stranger = await later(person, f"stranger{os.getpid()}")
    path = next("/v1/products/" + p["id"] for p in json.loads(
        ask("/v1/products?limit=50&sort=-price").body)["items"] if p.get("available", 0) > 2)
    cart = json.loads(ask("/v1/carts", "POST", {"currency": "EUR"}, token=key).body)["id"]
    a = ask(f"/v1/carts/{cart}/items/{path.split('/')[-1]}", "PUT", {"quantity": 1}, token=key)
    cart = json.loads(a.body)
    a = ask("/v1/orders", "POST", {
        "cart_id": cart["id"], "cart_version": cart["version"],
        "expected_total": cart["subtotal"], "shipping_address": {
            "name": "A B", "line1": "Way 1", "postal_code": "1", "city": "C",
            "country": "DE"}}, {"Idempotency-Key": f"live-{os.getpid()}"}, key)
    check("order", (a.status, a.body[:300] if a.status != 201 else b""), (201, b""))
    order = "/v1/orders/" + json.loads(a.body)["id"]
    s = Stream(order, token=key)
    check("order: first", await s.until(lambda: s.data))
    check("order: its bytes are a GET's", s.data, [ask(order, token=key).body.decode()])
    other = Stream(order, token=stranger, again=False)
    check("order: another's is not there", await other.until(lambda: other.body)
          and other.status, 404)
    a = ask(order + "/cancellation", "POST", {"reason": "no"},
            {"Idempotency-Key": f"live-{os.getpid()}-c"}, key)
    check("order: cancelled", a.status in (200, 201))
    check("order: is told", await s.until(lambda: len(s.data) == 2))
    check("order: as it is", s.data[-1], ask(order, token=key).body.decode())
    await s.close()


async def dead():
    """A writer that died after COMMIT: nobody tells, and nobody else asks."""
    path = make()
    s = Stream(path)
    check("dead writer: before", await s.until(lambda: s.data))
    row = path.split("/")[-1]
    sql = ("UPDATE products SET description = 'by the dead', version = version + 1 "
           f"WHERE id = UNHEX('{row.replace('-', '')}')")
    run = f'mariadb --no-defaults -S "$VAR/db.sock" -u root brisk -e "{sql}"'
    r = subprocess.run([os.environ["LIVE_PLANT"], os.environ["VAR"] + "/run/gen", run,
                        "products", "products/" + row])
    check("dead writer: it wrote", r.returncode, 0)
    check("dead writer: is told", await s.until(lambda: "by the dead" in s.data[-1]))
    await s.close()


async def waiting():
    path = make()
    tag = ask(path)["ETag"]
    began = time.monotonic()
    a = ask(path, headers={"Prefer": "wait=1", "If-None-Match": tag})
    took = time.monotonic() - began
    check("wait: unchanged", (a.status, a.body), (304, b""))
    check("wait: so long", took >= 0.9)
    check("wait: applied", a["Preference-Applied"], "wait=1")
    check("wait: tag", a["ETag"], tag)
    check("wait: headers", a["X-Content-Type-Options"], "nosniff")
    w = later(ask, path, headers={"Prefer": "wait=50", "If-None-Match": tag})
    await asyncio.sleep(0.3)
    check("wait: change", await later(change, path), 200)
    a = await asyncio.wait_for(w, 30)
    check("wait: changed", a.status, 200)
    check("wait: changed, applied", a["Preference-Applied"], "wait=50")
    now = ask(path)
    check("wait: changed, as it is", (a.body, a["ETag"]), (now.body, now["ETag"]))
    for label, headers in (("other tag", {"Prefer": "wait=600", "If-None-Match": '"x"'}),
                           ("no tag", {"Prefer": "foo, wait=600"})):
        a = ask(path, headers=headers)
        check(f"wait, {label}: at once", (a.status, a.body), (200, now.body))
        check(f"wait, {label}: at most so long", a["Preference-Applied"], "wait=60")
    a = ask("/openapi.json", headers={"Prefer": "wait=9"})
    check("wait, no tags: ignored", (a.status, a["Preference-Applied"]), (200, None))
    a = ask(path[:-12] + "000000000000", headers={"Prefer": "wait=9"})
    check("wait, unknown", a.status, 404)
    a = ask(path, headers={"Prefer": "wait=0", "If-None-Match": now["ETag"]})
    check("wait=0", a.status, 304)
    a = ask(path, "HEAD", headers={"Prefer": "wait=9"})
    check("wait, HEAD", (a.status, a["Preference-Applied"]), (200, None))


async def shared():
    """Many look at one thing: it is asked for once or twice, not by each."""
    path = make()
    many = [Stream(path) for _ in range(40)]
    for s in many:
        check("shared: first", await s.until(lambda: s.data))
    check("shared: change", await later(change, path), 200)
    for s in many:
        check("shared: told", await s.until(lambda: len(s.data) == 2))
    check("shared: the same", len({tuple(s.data) for s in many}), 1)
    for s in many:
        await s.close()


async def rolled():
    path = make()
    s = Stream(path)
    check("roll: first", await s.until(lambda: s.data))
    await later(brisk, "restart", "stream")
    check("roll: comes again", await s.until(lambda: s.opened == 2))
    check("roll: was told when", 1000 <= s.retries[1] <= 10000)
    check("roll: ended well", (s.broken, s.clean), (0, True))
    await later(brisk, "restart", "products")
    check("roll: change", await later(change, path), 200)
    check("roll: only what is new", await s.until(lambda: len(s.data) == 2))
    for pid in workers("stream"):
        os.kill(pid, signal.SIGKILL)
    check("killed: comes again", await s.until(lambda: s.opened == 3))
    check("killed: no last chunk", s.broken >= 1)
    for pid in workers("products"):
        os.kill(pid, signal.SIGKILL)
    while await later(change, path) != 200:
        await asyncio.sleep(0.05)
    check("killed: only what is new", await s.until(lambda: len(s.data) == 3))
    check("killed: no bytes twice", s.repeated, 0)
    await s.close()


async def main():
    parts = (representation, resume, lists, refusals, gone, expiry, taken_back, waiting,
             orders, dead, shared, rolled)
    named = [part for part in (*parts, quotas) if part.__name__ in sys.argv[1:]]
    for part in named or parts:
        try:
            await part()
        except Exception as e:
            check(f"{part.__name__}: {type(e).__name__} {e}", False)


asyncio.run(main())
print(f"live.py: {passed} passed, {failed} failed")
