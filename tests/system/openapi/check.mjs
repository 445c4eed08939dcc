// The rules on the document, and on spoilt copies that each must be noticed in.
import { readFileSync } from "node:fs";
import { at, nodes, operations, rules } from "./rules.mjs";
import { check, done } from "./tell.mjs";

const document = JSON.parse(readFileSync(process.argv[2], "utf8"));

async function verdict(rule, d) {
	try {
		return await rules[rule](d);
	} catch (e) {
		return [String(e)];
	}
}

const first = (d, wanted = () => true) => [...operations(d)].find(wanted).op;
const parent = (d, keyword) => [...nodes(d.components.schemas)]
    .find(([p, n]) => n[keyword] !== undefined && !p.endsWith("/properties"))[1];

const spoilt = {
	"the validator finds it good": (d) => delete d.info.title,
	"it is 3.1": (d) => (d.openapi = "3.0.3"),
	"every reference leads somewhere": (d) => delete d.components.responses.Unavailable,
	"every schema compiles": (d) => (d.components.schemas.Problem.type = "text"),
	"every example fits its schema": (d) => (parent(d, "examples").examples = [[[]]]),
	"every default fits its schema": (d) =>
	    (d.components.schemas.Problem.properties.status.default = 7),
	"every pattern is one in ECMAScript, too": (d) =>
	    (d.components.schemas.Problem.properties.title.pattern = "("),
	"operation ids are camelCase, each once": (d) =>
	    [...operations(d)].forEach((o) => (o.op.operationId = "same")),
	"each operation says what it does": (d) => delete first(d).summary,
	"each operation has a good answer": (d) => (first(d).responses = {}),
	"each operation has its refusals": (d) => delete first(d).responses["503"],
	"each refusal names its codes": (d) =>
	    (first(d).responses["500"] = { description: "?" }),
	"each answer with a body has a schema": (d) => (first(d).responses["500"] =
	    { description: "?", content: { "application/json": {} } }),
	"each operation says who may": (d) => delete first(d).security,
	"each scope is known": (d) => (first(d).security = [{ bearer: ["no:such"] }]),
	"a scope can be lacking": (d) => {
		const op = first(d);
		op.security = [{ bearer: ["ops:read"] }];
		delete op.responses["403"];
	},
	"each body can be refused": (d) =>
	    delete first(d, (o) => o.op.requestBody).responses["415"],
	"If-Match can be stale and missing": (d) =>
	    delete first(d, (o) => o.op.responses["428"]).responses["412"],
	"each key of a path is a parameter": (d) =>
	    (first(d, (o) => o.path.includes("{")).parameters = []),
	"no parameter twice": (d) => {
		const op = first(d, (o) => o.op.parameters.length > 0);
		op.parameters.push(op.parameters[0]);
	},
	"each tag is declared": (d) => (first(d).tags = ["none"]),
	"what is sent can hold nothing unknown, or says so": (d) => {
		const body = Object.values(first(d, (o) => o.op.requestBody).requestBody.content)[0];
		const ref = body.schema.$ref ?? body.schema.oneOf[0].$ref;
		delete at(d, ref.slice(1)).additionalProperties;
	},
};

for (const rule of Object.keys(rules)) {
	const bad = await verdict(rule, document);
	check(rule, bad.length === 0, bad.slice(0, 5).join("; "));
	const copy = structuredClone(document);
	spoilt[rule](copy);
	check(`noticed: not ${rule}`, (await verdict(rule, copy)).length > 0);
}
done("check");
