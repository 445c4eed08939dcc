// What must hold of the document, each rule a list of what breaks it.
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

export const METHODS = ["get", "put", "post", "delete", "patch"];

// What one way of proving oneself must carry.
const scopes = (need) => Object.values(need).flat();

// Every object below a node, with its JSON pointer.
export function* nodes(node, at = "") {
	if (node === null || typeof node !== "object")
		return;
	yield [at, node];
	for (const [name, below] of Object.entries(node))
		yield* nodes(below, `${at}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`);
}

export function at(document, pointer) {
	let node = document;
	for (const step of pointer.split("/").slice(1))
		node = node?.[step.replaceAll("~1", "/").replaceAll("~0", "~")];
	return node;
}

export function followed(document, node) {
	while (node?.$ref !== undefined)
		node = at(document, node.$ref.slice(1));
	return node;
}

export function* operations(document) {
	for (const [path, item] of Object.entries(document.paths))
		for (const method of METHODS)
			if (item[method])
				yield { path, method, op: item[method],
				    label: `${method.toUpperCase()} ${path}` };
}

export function judge(document) {
	const ajv = new Ajv2020({ strict: false, allErrors: true });
	addFormats(ajv);
	ajv.addFormat("uri-reference", true);
	ajv.addSchema(document, "doc");
	return (pointer) => ajv.compile({ $ref: `doc#${encodeURI(pointer)}` });
}

// The codes that a response names, or none: a problem's, or an `error` of OAuth.
export function codes(document, response) {
	const content = followed(document, response)?.content;
	return content?.["application/problem+json"]?.schema?.allOf?.[1]?.properties?.code?.enum ??
	    content?.["application/json"]?.schema?.properties?.error?.enum ?? [];
}

// Is the body a form?
export const isForm = (op) => op.requestBody?.content?.["application/x-www-form-urlencoded"];

function parameters(document, op) {
	return (op.parameters ?? []).map((p) => followed(document, p));
}

function broken(document, ok) {
	return [...operations(document)].filter((o) => !ok(o)).map((o) => o.label);
}

// A value of each schema keyword `name`, judged by the schema that holds it.
function unfit(document, name, values) {
	const judged = judge(document);
	const bad = [];
	for (const [pointer, node] of nodes(document.components.schemas, "/components/schemas")) {
		if (node[name] === undefined || pointer.endsWith("/properties"))
			continue;
		const fits = judged(pointer);
		for (const value of values(node[name]))
			if (!fits(value))
				bad.push(`${pointer} ${JSON.stringify(fits.errors[0])}`);
	}
	return bad;
}

// Schemas of what is sent: all of them, down to the last.
function sent(document) {
	const found = new Map();
	const visit = (node) => {
		for (const [, below] of nodes(node)) {
			const name = below.$ref?.split("/").pop();
			if (name && !found.has(name)) {
				found.set(name, at(document, below.$ref.slice(1)));
				visit(found.get(name));
			}
		}
	};
	for (const { op } of operations(document))
		visit(op.requestBody ?? {});
	return found;
}

export const rules = {
	"the validator finds it good": async (d) => {
		const told = await new Validator().validate(structuredClone(d));
		return told.valid ? [] : [JSON.stringify(told.errors)];
	},
	"it is 3.1": (d) => (/^3\.1\./.test(d.openapi) ? [] : [d.openapi]),
	"every reference leads somewhere": (d) => [...nodes(d)]
	    .filter(([, n]) => typeof n.$ref === "string" && at(d, n.$ref.slice(1)) === undefined)
	    .map(([, n]) => n.$ref),
	"every schema compiles": (d) => {
		const judged = judge(d);
		return Object.keys(d.components.schemas).filter((name) => {
			try {
				return !judged(`/components/schemas/${name}`);
			} catch {
				return true;
			}
		});
	},
	"every example fits its schema": (d) => unfit(d, "examples", (v) => v),
	"every default fits its schema": (d) => unfit(d, "default", (v) => [v]),
	"every pattern is one in ECMAScript, too": (d) => [...nodes(d)]
	    .filter(([, n]) => typeof n.pattern === "string")
	    .filter(([, n]) => {
		    try {
			    return !new RegExp(n.pattern, "u");
		    } catch {
			    return true;
		    }
	    }).map(([, n]) => n.pattern),
	"operation ids are camelCase, each once": (d) => {
		const seen = new Set();
		return broken(d, ({ op }) => {
			const first = !seen.has(op.operationId);
			seen.add(op.operationId);
			return first && /^[a-z][A-Za-z0-9]*$/.test(op.operationId);
		});
	},
	"each operation says what it does": (d) => broken(d, ({ op }) => op.summary?.length > 0),
	"each operation has a good answer": (d) => broken(d, ({ op }) =>
	    Object.keys(op.responses ?? {}).some((s) => s[0] === "2")),
	"each operation has its refusals": (d) => broken(d, ({ op }) =>
	    ["400", "401", "405", "406", "500", "503"].every((s) => op.responses?.[s])),
	"each refusal names its codes": (d) => broken(d, ({ op }) =>
	    Object.entries(op.responses ?? {}).filter(([s]) => s >= "400")
		.every(([, r]) => codes(d, r).length > 0)),
	"each answer with a body has a schema": (d) => broken(d, ({ op }) =>
	    Object.values(op.responses ?? {}).flatMap((r) =>
		Object.values(followed(d, r)?.content ?? {})).every((c) => c.schema)),
	"each operation says who may": (d) => broken(d, ({ op }) => Array.isArray(op.security)),
	"each scope is known": (d) => broken(d, ({ op }) =>
	    (op.security ?? []).flatMap(scopes).every((s) =>
		d.components.securitySchemes.oauth2.flows.password.scopes[s])),
	"a scope can be lacking": (d) => broken(d, ({ op }) =>
	    !op.security?.length || op.security.some((s) => !scopes(s).length) ||
	    op.responses["403"]),
	"each body can be refused": (d) => broken(d, ({ op }) =>
	    !op.requestBody || ["413", "415", isForm(op) ? "400" : "422"].every((s) =>
		op.responses?.[s])),
	"If-Match can be stale and missing": (d) => broken(d, ({ op }) =>
	    !parameters(d, op).some((p) => p?.name === "If-Match") ||
	    (op.responses["412"] && op.responses["428"])),
	"each key of a path is a parameter": (d) => broken(d, ({ path, op }) => {
		const named = [...path.matchAll(/\{([^}]+)\}/g)].map((m) => m[1]).sort();
		const given = parameters(d, op).filter((p) => p?.in === "path" && p.required)
		    .map((p) => p.name).sort();
		return named.join() === given.join();
	}),
	"no parameter twice": (d) => broken(d, ({ op }) => {
		const names = parameters(d, op).map((p) => `${p?.in} ${p?.name}`);
		return new Set(names).size === names.length;
	}),
	"each tag is declared": (d) => broken(d, ({ op }) =>
	    op.tags.every((t) => d.tags.some((known) => known.name === t))),
	"what is sent can hold nothing unknown, or says so": (d) => [...sent(d)]
	    .filter(([, s]) => s?.properties && typeof s.additionalProperties !== "boolean")
	    .map(([name]) => name),
};
