// Do the answers of the service agree with its document?  Each operation is
// called, as it should be and as it should not; each answer must be one that
// the document has, with the headers, the schema and a code that it names.
import { codes, followed, isForm, judge, operations } from "./rules.mjs";
import { check, done, skip } from "./tell.mjs";

const [base, token = ""] = process.argv.slice(2);
const document = await (await fetch(`${base}/openapi.json`)).json();
const judged = judge(document);
const bearer = token === "" ? {} : { Authorization: `Bearer ${token}` };
const fits = new Map();

function fitting(pointer) {
	if (!fits.has(pointer))
		fits.set(pointer, judged(pointer));
	return fits.get(pointer);
}

const step = (s) => s.replaceAll("~", "~0").replaceAll("/", "~1");

// Where the schema of this answer stands, behind references.
function schemaAt({ path, method, op }, status, type) {
	const ref = op.responses[status].$ref;
	const from = ref ? ref.slice(1) :
	    `/paths/${step(path)}/${method}/responses/${status}`;
	return `${from}/content/${step(type)}/schema`;
}

function unnamed(o, status, body) {
	if (status < 400)
		return "";
	const known = codes(document, o.op.responses[status]);
	const code = body?.code ?? body?.error;
	return known.includes(code) ? "" : `code ${code} is not among ${known}`;
}

// What is wrong with an answer, or "".  `fields=` leaves members out.
function fault(o, { response, text }, narrowed) {
	const status = String(response.status);
	const answer = followed(document, o.op.responses[status]);
	if (!answer)
		return `${status} is not in the document: ${text.slice(0, 200)}`;
	if (!response.headers.get("X-Request-Id"))
		return "X-Request-Id is missing";
	const type = (response.headers.get("Content-Type") ?? "").split(";")[0];
	if (!answer.content)
		return text === "" ? "" : `${status} has a body`;
	if (!answer.content[type])
		return `${status} is ${type || "of no type"}`;
	if (!/json$/.test(type))
		return "";
	const body = JSON.parse(text);
	const fit = fitting(schemaAt(o, status, type));
	const wrong = fit(body) ? [] : fit.errors.filter((e) => !narrowed || e.keyword !== "required");
	if (wrong.length > 0)
		return `${status}: ${JSON.stringify(wrong.slice(0, 3))} in ${text.slice(0, 300)}`;
	return unnamed(o, status, body);
}

async function call(o, path, options = {}, query = "") {
	const response = await fetch(base + path + query,
	    { method: o.method.toUpperCase(), redirect: "manual", ...options });
	return { response, text: await response.text() };
}

// Call, compare, and see the status that is due.
async function expect(label, o, due, path, options, query) {
	const answer = await call(o, path, options, query);
	const wrong = fault(o, answer, query?.startsWith("?fields=")) || (due.includes(answer.response.status) ? "" :
	    `${answer.response.status}, not ${due.join(" or ")}: ${answer.text.slice(0, 300)}`);
	check(`${o.label}: ${label}`, wrong === "", wrong);
	return answer;
}

// A key that names nothing.
function noKey(o) {
	return o.path.replaceAll(/\{([^}]+)\}/g, (_, name) => {
		const schema = o.op.parameters.map((p) => followed(document, p))
		    .find((p) => p.in === "path" && p.name === name).schema;
		if (schema.format === "uuid")
			return "00000000-0000-7000-8000-000000000001";
		return schema.type === "integer" ? "9007199254740991" : "none-such";
	});
}

// Any token will do for some, which ask for no scope.
const closed = (o) => o.op.security.length > 0 &&
    o.op.security.every((s) => Object.keys(s).length > 0);
const scoped = (o) => o.op.security.length > 0 &&
    o.op.security.every((s) => Object.values(s).flat().length > 0);
const granted = (o) => !scoped(o) || o.op.security.some((s) =>
    s.bearer?.every((scope) => scopesOf(token).includes(scope)));

// What our own token may; its claims are for all to read.
function scopesOf(jwt) {
	try {
		const claims = Buffer.from(jwt.split(".")[1], "base64url").toString();
		return JSON.parse(claims).scope.split(" ");
	} catch {
		return [];
	}
}

async function collection(o) {
	const needed = (o.op.parameters ?? []).map((p) => followed(document, p))
	    .some((p) => p.required && p.in !== "path");
	if (needed || !granted(o)) {
		skip(`${o.label}: can not be called just so`);
		return;
	}
	const options = { headers: closed(o) ? bearer : {} };
	const answer = await expect("answers", o, [200, 204], o.path, options);
	await expect("an unknown parameter", o, [400], o.path, options, "?no_such=1");
	const etag = answer.response.headers.get("ETag");
	if (etag && o.op.responses["304"])
		await expect("unchanged", o, [304], o.path,
		    { headers: { ...options.headers, "If-None-Match": etag } });
	await head(o, options);
	if (/json$/.test(answer.response.headers.get("Content-Type") ?? ""))
		await members(o, JSON.parse(answer.text), options);
}

async function head(o, options) {
	const answer = await call({ ...o, method: "head" }, o.path, options);
	check(`${o.label}: HEAD`, answer.response.status === 200 && answer.text === "",
	    String(answer.response.status));
}

// Each query parameter by each value that the document gives for it.
async function choices(o, options) {
	for (const given of o.op.parameters.map((p) => followed(document, p))) {
		const schema = given.schema?.items ?? given.schema;
		if (given.in !== "query")
			continue;
		for (const value of schema.enum ?? (schema.type === "boolean" ? [true] : []))
			await expect(`${given.name}=${value}`, o, [200, 400], o.path, options,
			    `?${given.name}=${encodeURIComponent(value)}`);
	}
}

// A page: its first rows again, one by one; and the page in all its forms.
async function members(o, page, options) {
	const paged = o.op.parameters.map((p) => followed(document, p))
	    .some((p) => p.name === "limit");
	if (!Array.isArray(page.items) || !paged)
		return;
	const one = [...operations(document)].find((x) => x.method === "get" &&
	    x.path.startsWith(`${o.path}/{`) && x.path.endsWith("}"));
	for (const row of one === undefined ? [] : page.items.slice(0, 3))
		await expect("a row of the page", one, [200],
		    one.path.replaceAll(/\{([^}]+)\}/g, (_, k) => encodeURIComponent(row[k])),
		    options);
	const narrow = (await fetch(`${base}${o.path}?limit=1&count=exact`, options));
	check(`${o.label}: limit and count`, narrow.status === 200 &&
	    typeof (await narrow.json()).total === "number");
	await choices(o, options);
}

async function keyed(o) {
	if (granted(o))
		await expect("none such", o, [404], noKey(o), { headers: bearer });
	else
		skip(`${o.label}: the token lacks its scope`);
}

const bodies = [
	["no JSON", 400, "{"],
	["no object", 422, "[]"],
	["an unknown member", 422, '{"no_such":1}'],
	["a name twice", 400, '{"a":1,"a":2}'],
];

// A form as it should not be.
async function refusedForm(o) {
	const type = "application/x-www-form-urlencoded";
	const form = (body) => ({ body, headers: { "Content-Type": type } });
	const schema = followed(document, o.op.requestBody.content[type].schema);
	const needed = schema.required.map((name) => `${name}=x`).join("&");

	await expect("an empty form", o, [400], o.path, form(""));
	await expect("a parameter twice", o, [400], o.path, form(`${needed}&a=1&a=2`));
	await expect("bad percent-coding", o, [400], o.path, form("a=%zz"));
	await expect("nobody", o, [401], o.path, form(needed));
	await expect("no form", o, [415], o.path,
	    { body: "{}", headers: { "Content-Type": "application/json" } });
}

// Writing as it should not be; nothing is ever written.
async function refused(o) {
	if (isForm(o.op)) {
		await refusedForm(o);
		return;
	}
	if (o.op.security.length > 0)
		await expect("nobody", o, [401], noKey(o), written(o, "{}", {}));
	await expect("a bad token", o, [401], noKey(o),
	    written(o, "{}", { Authorization: "Bearer a.b.c" }));
	if (token === "" || !granted(o)) {
		skip(`${o.label}: no token for its scope`);
		return;
	}
	if (o.op.responses["428"])
		await expect("no If-Match", o, [428], noKey(o), written(o, "{}", bearer));
	if (!o.op.requestBody)
		return;
	const matched = { ...bearer, "If-Match": "*", "Idempotency-Key": "document-1" };
	await expect("not JSON's type", o, [415], noKey(o),
	    { body: "{}", headers: { ...matched, "Content-Type": "text/plain" } });
	// A row that is not there is found out by some before the body, by some after.
	for (const [label, status, body] of bodies)
		await expect(label, o, o.path.includes("{") ? [status, 404] : [status],
		    noKey(o), written(o, body, matched));
}

function written(o, body, headers) {
	if (!o.op.requestBody)
		return { headers };
	const type = Object.keys(o.op.requestBody.content)[0];
	return { body, headers: { ...headers, "Content-Type": type } };
}

// A method that the path has not: 405 and those it has.
async function otherMethods() {
	for (const path of Object.keys(document.paths)) {
		const mine = [...operations(document)].filter((o) => o.path === path);
		const other = ["put", "delete", "patch", "post"].find((m) =>
		    !mine.some((o) => o.method === m));
		if (other === undefined)
			continue;
		const { response } = await call({ method: other }, noKey(mine[0]));
		const allow = (response.headers.get("Allow") ?? "").split(", ");
		check(`${other.toUpperCase()} ${path}`, response.status === 405 &&
		    mine.every((o) => allow.includes(o.method.toUpperCase())),
		    `${response.status}, Allow: ${allow}`);
	}
}

for (const o of operations(document)) {
	if (o.method !== "get")
		await refused(o);
	else if (o.path.includes("{"))
		await keyed(o);
	else
		await collection(o);
}
await otherMethods();
done("document");
