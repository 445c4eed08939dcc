// A client as its author would write it: everything about the service comes
// from the document.  What must not compile is marked, and is an error if it does.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { argv: string[] };
type Tell = {
	check(label: string, ok: boolean, why?: string): boolean;
	skip(label: string): void;
	done(name: string): void;
};
type Product = components["schemas"]["Product"];

const tell: Tell = await import(new URL("../tell.mjs", import.meta.url).href);
const [base, token] = [process.argv[2]!, process.argv[3] ?? ""];
// Lists of values go with commas; openapi-fetch would repeat the name.
// Answers that can be live have a second type, which this client does not ask for.
const client = createClient<paths, `application/${string}`>({ baseUrl: base,
    querySerializer: { array: { style: "form", explode: false } } });
const writer = createClient<paths>({ baseUrl: base,
    headers: { Authorization: `Bearer ${token}` } });

async function looks(): Promise<void> {
	const list = await client.GET("/v1/products", { params: { query: {
	    limit: 2, sort: "-price", fields: ["id", "sku"] } } });
	tell.check("a page", list.response.status === 200 &&
	    (list.data?.items.length ?? 3) <= 2, await said(list));
	const some = list.data?.items[0];
	if (some === undefined) {
		tell.skip("there is no product to get");
		return;
	}
	const one = await client.GET("/v1/products/{id}", { params: { path: { id: some.id } } });
	tell.check("one of it", one.data?.sku === some.sku &&
	    Number.isInteger(one.data?.price.amount), await said(one));
	const same = await client.GET("/v1/products/{id}", { params: {
	    path: { id: some.id },
	    header: { "If-None-Match": one.response.headers.get("ETag") ?? "" } } });
	tell.check("it is still the same", same.response.status === 304);
}

async function refusals(): Promise<void> {
	const none = await client.GET("/v1/products/{id}", { params: {
	    path: { id: "00000000-0000-7000-8000-000000000001" } } });
	// The codes are known to the compiler.
	const code = none.error?.code;
	tell.check("none", code === "not_found", await said(none));
	const nobody = await client.POST("/v1/products", { body: fern() });
	tell.check("nobody may create", nobody.response.status === 401 &&
	    nobody.error?.code === "unauthenticated", await said(nobody));
}

function fern(): components["schemas"]["ProductCreate"] {
	return { sku: `CLIENT-${Date.now()}`, name: "Hart's-tongue fern",
	    price: { amount: 1299, currency: "EUR" } };
}

async function changes(): Promise<void> {
	const made = await writer.POST("/v1/products", { body: fern() });
	if (!tell.check("created", made.response.status === 201 &&
	    made.data !== undefined && !("items" in made.data), await said(made)))
		return;
	const product = made.data as Product;
	const stale = made.response.headers.get("ETag") ?? "";
	const changed = await change(product.id, stale);
	tell.check("patched", changed.data?.price.amount === 999 &&
	    changed.data.name === product.name, await said(changed));
	const twice = await change(product.id, stale);
	tell.check("not over another's change", twice.error?.code === "precondition_failed",
	    await said(twice));
	const now = changed.response.headers.get("ETag") ?? "";
	const params = { path: { id: product.id }, header: { "If-Match": now } };
	const gone = await writer.DELETE("/v1/products/{id}", { params });
	tell.check("deleted", gone.response.status === 204, await said(gone));
	const again = await writer.DELETE("/v1/products/{id}", { params });
	tell.check("not twice", again.error?.code === "not_found", await said(again));
}

function change(id: string, etag: string) {
	return writer.PATCH("/v1/products/{id}", {
		params: { path: { id }, header: { "If-Match": etag } },
		headers: { "Content-Type": "application/merge-patch+json" },
		body: { price: { amount: 999, currency: "EUR" }, description: null },
	});
}

async function said(answer: { response: Response; error?: unknown }): Promise<string> {
	return `${answer.response.status} ${JSON.stringify(answer.error ?? "")}`;
}

const bodies: {
	create?: components["schemas"]["ProductCreate"];
	patch?: components["schemas"]["ProductPatch"];
} = {};

// Never run: the compiler must refuse each of these.
export function mistakes(): void {
	// @ts-expect-error: no such path
	void client.GET("/v1/prodcuts");
	// @ts-expect-error: no such order
	void client.GET("/v1/products", { params: { query: { sort: "colour" } } });
	// @ts-expect-error: no such parameter
	void client.GET("/v1/products", { params: { query: { colour: "red" } } });
	// @ts-expect-error: a price is needed
	void writer.POST("/v1/products", { body: { sku: "A", name: "B" } });
	// @ts-expect-error: If-Match is needed
	void writer.DELETE("/v1/products/{id}", { params: { path: { id: "1" } } });
	// @ts-expect-error: the key is the server's
	bodies.create = { sku: "A", name: "B", price: { amount: 1, currency: "EUR" }, id: "1" };
	// @ts-expect-error: what is fixed is no part of a patch
	bodies.patch = { sku: "A" };
	const params = { path: { id: "1" }, header: { "If-Match": "*" } };
	// @ts-expect-error: what is required can not be cleared
	void writer.PATCH("/v1/products/{id}", { params, body: { name: null } });
}

await looks();
await refusals();
if (token === "")
	tell.skip("no TOKEN: nothing is created, changed or deleted");
else
	await changes();
tell.done("client");
