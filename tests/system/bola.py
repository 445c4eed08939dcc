#!/usr/bin/env python3
"""bola - two users, every operation of the document: what is one's is nobody else's.

	bola.py BASE

Ann makes what the document lets her make, every text of it marked.  Then Ben
calls every operation with Ann's ids and texts in the path, in each parameter of
the query and in each member of the body, and the same as nobody.  A refusal is
due; a 2xx is not, unless the operation is open to all or lists (a swapped
filter finds nothing).  No answer holds a mark, and in the end all of Ann's is
as it was.  Prints "bola: N passed, N failed".
"""
import itertools
import json
import secrets
import sys
import urllib.error
import urllib.parse
import urllib.request

BASE = sys.argv[1]
MARK = "mark" + secrets.token_hex(6)
passed = failed = 0
document = {}


def check(label, ok, why=""):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        if failed <= 30:
            print(f"bola: [{label}] {why}")


def ask(method, path, token=None, body=None, headers=None):
    """Status, headers and text."""
    h = dict(headers or {})
    if token:
        h["Authorization"] = "Bearer " + token
    data = None
    if isinstance(body, dict) and "Content-Type" not in h:
        h["Content-Type"] = ("application/merge-patch+json" if method == "PATCH"
                             else "application/json")
    if method == "POST":
        h["Idempotency-Key"] = secrets.token_hex(12)
    if body is not None:
        data = json.dumps(body).encode() if isinstance(body, dict) else body.encode()
    rq = urllib.request.Request(BASE + path, data=data, method=method, headers=h)
    try:
        with urllib.request.urlopen(rq, timeout=20) as r:
            return r.status, r.headers, r.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.headers, e.read().decode()


def resolve(node):
    while "$ref" in node:
        at = document
        for name in node["$ref"][2:].split("/"):
            at = at[name]
        node = at
    return node


def login(name):
    password = "a long word of " + name
    status, _, text = ask("POST", "/v1/users", body={
        "email": f"{name}@example.org", "username": name, "password": password,
        "display_name": name})
    if status != 201:
        sys.exit(f"bola: {name} can not register: {status} {text}")
    form = urllib.parse.urlencode({"grant_type": "password", "client_id": "docs",
                                   "username": name, "password": password})
    status, _, text = ask("POST", "/oauth2/token", body=form,
                          headers={"Content-Type": "application/x-www-form-urlencoded"})
    if status != 200:
        sys.exit(f"bola: {name} can not log in: {status} {text}")
    return json.loads(text)["access_token"]


def schema_of(op):
    """The first schema of a JSON body, or None."""
    for kind, content in op.get("requestBody", {}).get("content", {}).items():
        if "json" in kind:
            node = resolve(content["schema"])
            return resolve(node["oneOf"][0]) if "oneOf" in node else node
    return None


def value(name, node, mark):
    """Something of the schema; texts carry the mark where they may."""
    node = resolve(node)
    if "enum" in node:
        return node["enum"][0]
    kind = node.get("type")
    kind = next(k for k in kind if k != "null") if isinstance(kind, list) else kind
    if node.get("format") == "uuid":
        return None
    if kind == "string":
        if node.get("examples") and ("pattern" in node or "format" in node):
            return node["examples"][0]
        return (mark + name)[:node.get("maxLength", 1000)]
    if kind in ("integer", "number"):
        return node.get("minimum", 1)
    if kind == "boolean":
        return False
    if kind == "array":
        return []
    return {} if kind != "object" or "properties" not in node else body_of(node, mark)


def body_of(schema, mark):
    made = {n: value(n, s, mark) for n, s in schema.get("properties", {}).items()}
    return {n: v for n, v in made.items() if v is not None}


def names_ids(node):
    node = resolve(node)
    items = resolve(node.get("items", {}))
    return node.get("format") == "uuid" or items.get("format") == "uuid"


def operations():
    for path, item in document["paths"].items():
        for method, op in item.items():
            if isinstance(op, dict) and "responses" in op:
                yield method.upper(), path, op


def is_open(op):
    return not op.get("security") or {} in op["security"]


def parameters(op, place):
    return [p for p in map(resolve, op.get("parameters", [])) if p["in"] == place]


class Person:
    """What one has: rows by their path, ids, marks that nobody else may see."""

    def __init__(self, name, mark):
        self.mark = mark
        self.name = name + "_" + MARK[4:12]
        self.token = login(self.name)
        self.id = json.loads(ask("GET", "/v1/users/me", self.token)[2])["id"]
        self.rows = {"/v1/users/" + self.id: "/v1/users/{id}"}
        self.marks = [mark, self.name + "@example.org"]

    def make(self):
        for method, path, op in operations():
            schema = schema_of(op)
            if method != "POST" or "{" in path or schema is None or is_open(op):
                continue
            body = MADE.get(path, lambda *_: body_of(schema, self.mark))(self, schema)
            status, headers, _ = ask("POST", path, self.token, body)
            if status == 403:
                continue
            check(f"{self.name} makes one: POST {path}", status in (201, 202), f"{status}")
            if status in (201, 202):
                self.rows[headers["Location"]] = path

    def ids(self):
        return [path.rsplit("/", 1)[1] for path in self.rows]

    def texts(self):
        """What her rows say: each could be asked for."""
        found = set()
        for text in self.state().values():
            for v in json.loads(text).values():
                found.update([v] if isinstance(v, str) else [])
        return sorted(found)

    def state(self):
        return {path: ask("GET", path, self.token)[2] for path in self.rows}


def checkout(person, schema):
    """The body of an order: what is in a cart now, of what everybody can buy."""
    cart = json.loads(ask("POST", "/v1/carts", person.token, {"currency": "EUR"})[2])
    listed = json.loads(ask("GET", "/v1/products?in_stock=true&limit=1")[2])["items"]
    cart = json.loads(ask("PUT", f"/v1/carts/{cart['id']}/items/{listed[0]['id']}",
                          person.token, {"quantity": 1})[2])
    made = body_of(schema, person.mark)
    made.update(cart_id=cart["id"], cart_version=cart["version"],
                expected_total=cart["subtotal"])
    return made


def payment(person, schema):
    """Of an order that was made just for it."""
    order = schema_of(document["paths"]["/v1/orders"]["post"])
    made = body_of(schema, person.mark)
    made["order_id"] = json.loads(ask("POST", "/v1/orders", person.token,
                                      checkout(person, order))[2])["id"]
    return made


# Bodies that a schema alone can not make.
MADE = {"/v1/orders": checkout, "/v1/payments": payment}


def judge(label, op, answer, ann, may_succeed):
    status, _, text = answer
    check(label + ": no 2xx", may_succeed or not 200 <= status < 300, f"{status} {text[:200]}")
    check(label + ": no 5xx", status < 500, f"{status} {text[:200]}")
    check(label + ": nothing of hers",
          not any(m in text for m in ann.marks), text[:300])


def swap_path(ann, who, token, method, path, op):
    keys = [p["name"] for p in parameters(op, "path")]
    swapped = set()
    for ids in itertools.product(ann.ids(), repeat=len(keys)):
        real = path
        for key, one in zip(keys, ids):
            real = real.replace("{" + key + "}", one)
        swapped.add(real)
    schema = schema_of(op)
    for real in sorted(swapped):
        body = body_of(schema, "try" + secrets.token_hex(4)) if schema else None
        answer = ask(method, real, token, body, {} if method == "GET" else {"If-Match": "*"})
        judge(f"{who}: {method} {real}", op, answer, ann, method == "GET" and is_open(op))
        if method != "GET" or is_open(op):
            continue
        unknown = real.replace(ann.ids()[-1], "0190f5a4-0000-7000-8000-00000000dead")
        other = ask(method, unknown, token)
        check(f"{who}: {real} is as one that is not there", other[0] == answer[0],
              f"{other[0]}, not {answer[0]}")


def swap_query(ann, asked, who, token, method, path, op):
    if method != "GET" or "{" in path:
        return
    for p in parameters(op, "query"):
        for one in [*asked, *p.get("schema", {}).get("enum", [])]:
            for extra in ("", "&limit=100&count=exact"):
                uri = f"{path}?{p['name']}={urllib.parse.quote(str(one))}{extra}"
                judge(f"{who}: GET {uri}", op, ask("GET", uri, token), ann, True)
    judge(f"{who}: GET {path}", op, ask("GET", path, token), ann, True)


def swap_body(ann, who, token, method, path, op, own):
    schema = schema_of(op)
    if schema is None or is_open(op):
        return
    targets = [path]
    if "{" in path:
        if len(parameters(op, "path")) > 1:
            return
        collection = path.rsplit("/{", 1)[0]
        targets = [row for row in own if row.rsplit("/", 1)[0] == collection]
    headers = {} if method == "POST" else {"If-Match": "*"}
    for name, node in schema["properties"].items():
        if not names_ids(node):
            continue
        for target, one in itertools.product(targets, ann.ids()):
            body = body_of(schema, "other")
            body[name] = [one] if "items" in resolve(node) else one
            label = f"{who}: {method} {target} with {name}={one}"
            judge(label, op, ask(method, target, token, body, headers), ann, False)
            if method == "POST":
                judge(label + " in a batch", op, ask(method, target, token,
                      {"items": [body]}, headers), ann, False)
    if method != "POST" or "_taken" not in json.dumps(op["responses"]):
        return
    merge = {"items": [body_of(schema, MARK)]}
    judge(f"{who}: merges onto hers, {path}", op, ask("POST", path, token, merge,
          {"Prefer": "resolution=merge-duplicates"}), ann, False)


def main():
    global document
    document = json.loads(ask("GET", "/openapi.json")[2])
    ann, ben = Person("ann", MARK), Person("ben", "other")
    ann.make()
    ben.make()
    before = ann.state()
    asked = sorted({*ann.ids(), *ann.texts()})
    for who, token in (("Ben", ben.token), ("nobody", None)):
        for method, path, op in operations():
            if "{" in path:
                swap_path(ann, who, token, method, path, op)
            swap_query(ann, asked, who, token, method, path, op)
            swap_body(ann, who, token, method, path, op, ben.rows)
    check("all of hers is as it was", ann.state() == before,
          f"{before}\n{ann.state()}")
    check("she has rows", len(ann.rows) > 1, f"{ann.rows}")
    print(f"bola: {passed} passed, {failed} failed")
    return failed == 0


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
