// The pages in a real browser: they load, ask nobody else, break no policy; and
// a person logs in on /docs, creates a product there and reads it back.
//
//	node pages.mjs BASE SHOTS USER PASSWORD
import fs from "node:fs";
import puppeteer from "puppeteer-core";

const [base, shots, user, password] = process.argv.slice(2);
const origin = new URL(base).origin;
let passed = 0, failed = 0;

const check = (good, what) => {
	if (good) {
		passed++;
	} else {
		failed++;
		console.log(`FAIL: ${what}`);
	}
};

const browser = await puppeteer.launch({
	executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
	args: ["--disable-gpu", "--disable-dev-shm-usage",
	    ...(process.getuid() === 0 ? ["--no-sandbox"] : [])],
	protocolTimeout: 120000,
});

// A page whose words and errors are collected.
const open = async (path, ready) => {
	const page = await browser.newPage();
	const wrong = [];

	page.setDefaultTimeout(60000);
	await page.setViewport({ width: 1280, height: 1000 });
	page.on("console", (m) => { if (m.type() === "error") wrong.push(m.text()); });
	page.on("pageerror", (e) => wrong.push(String(e)));
	page.on("request", (r) => {
		const url = new URL(r.url());

		if (url.protocol.startsWith("http") && url.origin !== origin)
			wrong.push(`asked ${url.origin}`);
	});
	const answer = await page.goto(base + path);
	check(answer.status() === 200, `${path}: ${answer.status()}`);
	await page.waitForSelector(ready);
	return { page, wrong };
};

const close = async (path, { page, wrong }, shot) => {
	await page.screenshot({ path: `${shots}/${shot}.png` });
	check(wrong.length === 0, `${path}: ${wrong.slice(0, 5).join("; ")}`);
	await page.close();
};

const click = async (page, selector) => {
	const at = await page.waitForSelector(selector, { visible: true });

	await at.evaluate((e) => e.scrollIntoView({ block: "center" }));
	await at.click();
};

const fill = async (page, selector, text) => {
	await page.waitForSelector(selector, { visible: true });
	await page.$eval(selector, (e) => { e.focus(); e.select?.(); });
	await page.keyboard.press("Backspace");
	await page.type(selector, text);
};

// Text that React is told of, at once: typing it would take a while.
const put = (page, selector, text) => page.$eval(selector, (e, value) => {
	const proto = Object.getPrototypeOf(e);

	Object.getOwnPropertyDescriptor(proto, "value").set.call(e, value);
	e.dispatchEvent(new Event("input", { bubbles: true }));
	e.dispatchEvent(new Event("change", { bubbles: true }));
}, text);

const log_in = async (page) => {
	const form = ".auth-container:has(#oauth_username)";

	await click(page, ".auth-wrapper > .authorize");
	await fill(page, "#oauth_username", user);
	await fill(page, "#oauth_password", password);
	check(await page.$eval("#client_id_password", (e) => e.value) === "docs",
	    "the client is `docs` already");
	await click(page, `${form} .scopes h2 a`);	// all of them
	await click(page, `${form} button.authorize`);
	await page.waitForFunction((f) => document.querySelector(f + " .errors") !== null ||
	    [...document.querySelectorAll(".auth-btn-wrapper button")]
		.some((b) => b.textContent === "Logout"), {}, form).catch(() => {});
	const out = await page.$$eval(".auth-btn-wrapper button",
	    (all) => all.some((b) => b.textContent === "Logout"));
	check(out, "logged in");
	await page.screenshot({ path: `${shots}/docs-login.png` });
	await click(page, ".btn-done");
	return out;
};

const unfold = async (page, id) => {
	const at = `[id$="-${id}"]`;

	await page.waitForSelector(at);
	if (await page.$(`${at} .opblock-body`) === null)
		await click(page, `${at} .opblock-summary-control`);
	await page.waitForSelector(`${at} .execute`, { visible: true });
	return at;
};

// What the server answered: status and text.
const execute = async (page, at) => {
	await click(page, `${at} .execute`);
	await page.waitForSelector(`${at} .live-responses-table .response-col_status`);
	return page.$eval(`${at} .live-responses-table`, (e) => ({
		status: parseInt(e.querySelector("tbody .response-col_status").textContent, 10),
		text: e.querySelector(".highlight-code code, .highlight-code pre")?.textContent ?? "" }));
};

const docs = await open("/docs", ".opblock");
check(await docs.page.$(".auth-wrapper > .authorize") !== null, "/docs: Authorize");
await docs.page.screenshot({ path: `${shots}/docs.png` });
if (user !== undefined && await log_in(docs.page)) {
	const sku = `PAGE-${process.pid}-${Date.now()}`;
	const create = await unfold(docs.page, "createProduct");

	await docs.page.waitForSelector(`${create} textarea`);
	await put(docs.page, `${create} textarea`, JSON.stringify({ sku,
	    name: "Fern from a page", price: { amount: 1250, currency: "EUR" } }));
	const made = await execute(docs.page, create);
	check(made.status === 201, `create: ${made.status} ${made.text}`);
	const id = (made.text.match(/[0-9a-f-]{36}/) ?? [""])[0];
	const get = await unfold(docs.page, "getProduct");

	await fill(docs.page, `${get} tr[data-param-name=id] input`, id);
	const got = await execute(docs.page, get);
	check(got.status === 200 && got.text.includes(sku), `get: ${got.status} ${got.text}`);
	await docs.page.$eval(`${get} .live-responses-table`, (e) => e.scrollIntoView());
}
await close("/docs", docs, "docs-tried");
await close("/redoc", await open("/redoc", ".api-info, [data-section-id]"), "redoc");
const landing = await open("/", "#asks button");
await click(landing.page, "#asks button");
await landing.page.waitForSelector("#answer:not([hidden])");
check((await landing.page.$eval("#body", (e) => e.textContent)).includes("items"),
    "/: an answer is shown");
await close("/", landing, "landing");
await close("/problems", await open("/problems", "dt"), "problems");
const one = await open("/problems", "dt a");
const links = await one.page.$$eval("dt a", (all) => all.map((a) => a.href));
for (const link of links)
	check((await one.page.goto(link)).status() === 200, link);
check(links.length > 30, `${links.length} codes`);
await close("/problems/...", one, "problem");
await browser.close();
check(fs.existsSync(`${shots}/docs.png`), "a picture");
console.log(`pages: ${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed === 0 ? 0 : 1);
