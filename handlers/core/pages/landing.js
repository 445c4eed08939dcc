// The landing page: the address of the installation, and sample requests.
const by = (id) => document.getElementById(id);
const here = new URL(".", location.href).href.replace(/\/$/, "");

const asks = [
	["Three products", "/v1/products", "?limit=3&fields=name,price,available"],
	["Cheapest first", "/v1/products", "?limit=3&sort=price&fields=name,price"],
	["Search “fern”", "/v1/products", "?limit=3&q=fern&fields=name,description"],
	["Categories", "/v1/categories", "?limit=5&fields=name,slug"],
	["Invalid request", "/v1/products", "?limit=none&colour=green"],
];

// A line about a response: status, duration, ETag and Cache-Control.
const facts = (answer, ms) => [
	`${answer.status} ${answer.statusText}`,
	`${ms.toFixed(1)} ms`,
	answer.headers.get("ETag") && `ETag ${answer.headers.get("ETag")}`,
	answer.headers.get("Cache-Control"),
].filter(Boolean).join("  ·  ");

const send = async (path) => {
	const begun = performance.now();
	const answer = await fetch(here + path, { cache: "no-store" });
	const text = await answer.text();

	by("line").textContent = `GET ${path}`;
	by("facts").textContent = facts(answer, performance.now() - begun);
	by("body").textContent = JSON.stringify(JSON.parse(text), null, 2);
	by("answer").hidden = false;
};

by("base").textContent = `BASE=${here}`;
fetch("openapi.json").then((answer) => answer.json()).then(({ paths }) => {
	for (const [what, path, query] of asks) {
		if (paths[path] === undefined)
			continue;
		const button = by("asks").appendChild(document.createElement("button"));

		button.textContent = what;
		button.addEventListener("click", () => send(path + query));
		by("ask").hidden = false;
	}
});
