"""The figures of /metrics and the log's line of each request, against what was asked."""
import collections
import concurrent.futures
import http.client
import json
import os
import re
import sys
import time
import urllib.parse

BASE = urllib.parse.urlsplit(os.environ["BASE"])
BEARER = {"Authorization": "Bearer " + os.environ["TOKEN"]}
JSON = dict(BEARER, **{"Content-Type": "application/json"})
LOG = os.path.join(os.environ["VAR"], "log", "handlers.log")
NOBODY = "019ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a33"
FAULTS = {}         # label: how often it failed; a label counts once


def check(label, ok, told=""):
    FAULTS.setdefault(label, 0)
    if ok:
        return
    FAULTS[label] += 1
    if FAULTS[label] <= 3:
        print("metrics: [%s] %s" % (label, str(told)[:600]))


def ask(method, path, headers=None, body=None):
    """Status, X-Request-Id and body; each request on a connection of its own."""
    c = http.client.HTTPConnection(BASE.hostname, BASE.port, timeout=30)
    try:
        c.request(method, path, body=body, headers=headers or {})
        r = c.getresponse()
        return r.status, r.getheader("X-Request-Id"), r.read()
    finally:
        c.close()


# --- the exposition format ----------------------------------------------------

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
HELP = re.compile(r"# HELP (%s) \S.*" % NAME)
TYPE = re.compile(r"# TYPE (%s) (counter|gauge|histogram)" % NAME)
SAMPLE = re.compile(r"(%s)(?:\{(%s(?:,%s)*)\})? ([0-9]+(?:\.[0-9]+)?)" % (NAME, LABEL, LABEL))
ONE = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


def family(name, types):
    base = re.sub(r"_(bucket|sum|count)$", "", name)
    return base if types.get(base) == "histogram" else name


def parse(text):
    """{(name, ((label, value), ...)): number}; what is wrong is told."""
    helps, types, samples, closed, now = {}, {}, {}, set(), None
    check("ends with a newline", text.endswith("\n"))
    for line in text.split("\n")[:-1]:
        h, t, s = HELP.fullmatch(line), TYPE.fullmatch(line), SAMPLE.fullmatch(line)
        if h:
            check("HELP once", h[1] not in helps, line)
            helps[h[1]] = True
            continue
        if t:
            check("TYPE once, after HELP, before samples",
                  t[1] not in types and t[1] in helps and t[1] not in closed, line)
            types[t[1]] = t[2]
            continue
        if not s:
            check("every line parses", False, line)
            continue
        of = family(s[1], types)
        if of != now:
            check("a family stays together", of not in closed, line)
            closed.add(of)
            now = of
        check("a sample has its TYPE", of in types, line)
        labels = ONE.findall(s[2] or "")
        check("each label once", len(dict(labels)) == len(labels), line)
        key = s[1], tuple(sorted(labels))
        check("each series once", key not in samples, line)
        samples[key] = float(s[3])
    check("counters are named _total",
          all(n.endswith("_total") for n in types if types[n] == "counter"), types)
    return samples, types


def scrape():
    status, _, body = ask("GET", "/metrics", BEARER)
    check("/metrics", status == 200, body)
    return parse(body.decode())


def figure(samples, name, **labels):
    """The sum of the series that have these labels."""
    return sum(v for (n, l), v in samples.items()
               if n == name and labels.items() <= dict(l).items())


def check_histograms(samples):
    name = "api_http_request_duration_seconds"
    rows = {l for (n, l) in samples if n == name + "_count"}
    check("histograms there are", len(rows) > 0)
    for l in rows:
        buckets = sorted((float(dict(k)["le"]), v) for (n, k), v in samples.items()
                         if n == name + "_bucket" and
                         tuple(x for x in k if x[0] != "le") == l)
        count, total = samples[name + "_count", l], samples[name + "_sum", l]
        check("the bounds", [b for b, _ in buckets] == [
            .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, float("inf")], l)
        check("buckets rise", all(a[1] <= b[1] for a, b in zip(buckets, buckets[1:])), l)
        check("+Inf is the count", buckets[-1][1] == count, l)
        low = high = 0.0
        for (below, was), (bound, n) in zip([(0, 0)] + buckets, buckets):
            low += (n - was) * below
            high += (n - was) * bound if n != was else 0
        check("the sum is within its buckets", low <= total <= high, (l, low, total, high))
        check("as many as requests", count == figure(
            samples, "api_http_requests_total", **dict(l)), l)


def check_types(types):
    for name, kind in (("api_http_requests_total", "counter"),
                       ("api_http_request_duration_seconds", "histogram"),
                       ("api_cache_requests_total", "counter"),
                       ("api_db_statements_total", "counter"),
                       ("api_db_seconds_total", "counter"),
                       ("api_process_up", "gauge")):
        check(name, types.get(name) == kind, types.get(name))


# --- what is asked --------------------------------------------------------------

P, C = "/v1/products", "/v1/categories"
ROW = P + "/{id}"
HOSTILE = {"X-Request-Id": 'a"b\\c\xff', "User-Agent": '"},{"x":"', "Referer": "\\u0000"}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

# Label, times, method, path, headers, body, status, route, method of the route.
REQUESTS = (
    ("list", 40, "GET", P + "?limit=1", {}, None, 200, P, "GET"),
    ("another", 10, "GET", P + "?limit=2", {}, None, 200, P, "GET"),
    ("head", 7, "HEAD", P + "?limit=1", {}, None, 200, P, "GET"),
    ("shelves", 20, "GET", C, {}, None, 200, C, "GET"),
    ("bad query", 9, "GET", P + "?x=1", {}, None, 400, P, "GET"),
    ("nobody", 11, "GET", P + "/" + NOBODY, {}, None, 404, ROW, "GET"),
    ("no token", 5, "POST", P, {}, b"{}", 401, P, "POST"),
    ("bad body", 6, "POST", P, JSON, b"{", 400, P, "POST"),
    ("bad values", 8, "POST", P, JSON, b"{}", 422, P, "POST"),
    ("no If-Match", 4, "DELETE", P + "/" + NOBODY, BEARER, None, 428, ROW, "DELETE"),
    ("a hostile client", 3, "GET", P + "?q=%22%5C%0A", HOSTILE, None, 400, P, "GET"),
    ("a long one", 3, "GET", P + "?limit=1", {"X-Request-Id": "x" * 3000}, None, 200, P, "GET"),
    ("traced", 3, "GET", P + "?limit=1",
     {"traceparent": "00-%s-00f067aa0ba902b7-01" % TRACE}, None, 200, P, "GET"),
    ("traced badly", 2, "GET", P + "?limit=1",
     {"traceparent": "00-%s-00f067aa0ba902b7-01" % TRACE.upper()}, None, 200, P, "GET"),
)


def ask_all():
    """Eight at a time; {request id: row}."""
    rows = [r for r in REQUESTS for _ in range(r[1])]
    asked = {}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda r: ask(r[2], r[3], r[4], r[5]), rows)
        for row, (status, rid, _) in zip(rows, answers):
            check(row[0], status == row[6], status)
            check("an id of its own", rid is not None and rid not in asked, rid)
            asked[rid] = row
    return asked


def settled(n):
    """The figures once they stand still: a line is written after its answer."""
    for _ in range(60):
        now, _ = scrape()
        if figure(now, "api_http_requests_total", service="shop") >= n:
            break
        time.sleep(0.05)
    time.sleep(0.2)
    return scrape()[0]


def check_counts(before, after, asked):
    want = collections.Counter((r[7], r[8], str(r[6])) for r in asked.values())
    got = collections.Counter()
    for (n, l), v in after.items():
        d = dict(l)
        rise = v - before.get((n, l), 0)
        check("counters never fall", rise >= 0 or n == "api_process_up", (n, l))
        if n == "api_http_requests_total" and d["service"] == "shop" and rise:
            got[d["route"], d["method"], d["status"]] += int(rise)
    check("they rise by what was asked", want == got, (want - got, got - want))
    for route in (P, C, ROW):
        reads = sum(n for (r, m, s), n in want.items()
                    if r == route and m == "GET" and s in ("200", "404"))
        rise = (figure(after, "api_cache_requests_total", route=route) -
                figure(before, "api_cache_requests_total", route=route))
        check("each read is a hit, miss, fill or bypass", rise == reads, (route, rise, reads))


# --- the log ---------------------------------------------------------------------

TIMES = ("us", "db_us", "cache_us", "sql", "bytes")


def check_line(line, row):
    label, _, method, _, headers, _, status, route, _ = row
    check(label + ": route", line.get("route") == route, line)
    check(label + ": status", line.get("status") == status, line)
    check(label + ": method", line.get("method") == method, line)
    check(label + ": whole numbers", all(type(line.get(k)) is int and line[k] >= 0
                                         for k in TIMES), line)
    check(label + ": cache", line.get("cache") in ("none", "hit", "local", "miss", "fill", "wait", "bypass"), line)
    check(label + ": time is its parts' at least",
          line["us"] >= line["db_us"] + line["cache_us"], line)
    check(label + ": a hit asks no database",
          line["cache"] not in ("hit", "local") or (line["sql"] == 0 and line["db_us"] == 0), line)
    check(label + ": a fill does", line["cache"] != "fill" or line["sql"] > 0, line)
    trace = line.get("trace_id", "")
    check(label + ": trace", trace == TRACE if label == "traced" else
          re.fullmatch("[0-9a-f]{32}", trace) and trace not in (TRACE, "0" * 32), line)
    check(label + ": a problem has its code", ("code" in line) == (status >= 400), line)
    check(label + ": no token", "eyJ" not in json.dumps(line), line)


def read_lines(start):
    """Lines of requests since `start`, by their ids."""
    lines = collections.defaultdict(list)
    with open(LOG, "rb") as f:
        f.seek(start)
        for raw in f.read().split(b"\n")[:-1]:
            try:
                line = json.loads(raw.decode())
            except ValueError:
                check("each line is JSON", False, raw)
                continue
            check("each line has its time and level", {"at", "level", "program"} <= line.keys(), raw)
            if "route" in line:
                lines[line.get("request_id")].append(line)
    return lines


def check_log(start, asked, before, after):
    lines = read_lines(start)
    for rid, row in asked.items():
        check(row[0] + ": one line", len(lines[rid]) == 1, lines[rid])
        for line in lines[rid][:1]:
            check_line(line, row)
    mine = [lines[rid][0] for rid in asked if lines[rid]]
    others = [l for rid in lines for l in lines[rid] if rid not in asked and l["route"] != "/metrics"]
    check("no line of another", not others, others)
    # A scrape asks the database, too; the last one is not in its own figures.
    scrapes = [l for rid in lines for l in lines[rid] if l["route"] == "/metrics"][:-1]
    for name, field, unit in (("api_db_statements_total", "sql", 1),
                              ("api_db_seconds_total", "db_us", 1e6)):
        rise = (figure(after, name) - figure(before, name)) * unit
        check(name + " is the log's sum", abs(rise - sum(l[field] for l in mine + scrapes)) < 1,
              rise)
    name = "api_http_request_duration_seconds_sum"
    rise = (figure(after, name, service="shop") - figure(before, name, service="shop")) * 1e6
    check("durations are the log's sum",
          abs(rise - sum(l["us"] for l in mine)) < 1, rise)


def check_idempotency():
    """One key three times and once with another body, one after the other."""
    def results():
        return [figure(scrape()[0], "api_idempotency_total", result=r)
                for r in ("new", "replayed", "busy", "mismatch")]
    before = results()
    keyed = dict(JSON, **{"Idempotency-Key": "metrics-%d" % os.getpid()})
    for parent in (NOBODY, NOBODY, NOBODY, NOBODY[:-1] + "4"):
        body = json.dumps({"name": "Shelf", "slug": "metrics", "parent_id": parent})
        status, _, _ = ask("POST", C, keyed, body.encode())
        check("a shelf that hangs on nothing", status == 422, status)
    for _ in range(60):
        rises = [b - a for a, b in zip(before, results())]
        if sum(rises) >= 4:
            break
        time.sleep(0.05)
    check("keys are counted by what became of them", rises == [1, 2, 0, 1], rises)


def main():
    skipped = 0
    ask("GET", P + "?limit=1")
    time.sleep(0.2)
    start = os.path.getsize(LOG) if os.path.exists(LOG) else None
    before, types = scrape()
    check_types(types)
    asked = ask_all()
    after = settled(figure(before, "api_http_requests_total", service="shop") + len(asked))
    check_counts(before, after, asked)
    check_histograms(after)
    if start is None:
        print("metrics: SKIPPED the log: this server keeps it elsewhere", file=sys.stderr)
        skipped = 1
    else:
        check_log(start, asked, before, after)
    check_idempotency()
    failed = sum(n > 0 for n in FAULTS.values())
    print("metrics: %d passed, %d failed, %d skipped" % (
        len(FAULTS) - failed, failed, skipped))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
