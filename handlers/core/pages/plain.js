// The API document as a list, if Swagger UI and ReDoc are not part of the build.
const put = (into, name, text) => {
	const made = document.createElement(name);
	if (text !== undefined)
		made.textContent = text;
	return into.appendChild(made);
};

const parameter = (all, p) => {
	if (p.$ref !== undefined)
		p = all.components.parameters[p.$ref.split("/").pop()];
	return `${p.name} (${p.in}${p.required ? ", required" : ""}): ${p.description ?? ""}`;
};

const operation = (all, into, path, method, op) => {
	const one = put(into, "details");
	put(one, "summary", `${method.toUpperCase()} ${path}  ${op.summary ?? ""}`);
	if (op.description !== undefined)
		put(one, "p", op.description);
	const list = put(one, "ul");
	for (const p of op.parameters ?? [])
		put(list, "li", parameter(all, p));
	put(one, "p", `Responses: ${Object.keys(op.responses).join(", ")}`);
};

fetch("openapi.json").then((r) => r.json()).then((all) => {
	const main = document.getElementById("ui");
	for (const [path, item] of Object.entries(all.paths))
		for (const [method, op] of Object.entries(item))
			operation(all, main, path, method, op);
});
