// Opens the page of the API, directly or behind a proxy that puts something in front of all paths, and
// does what people do with it.
"use strict";

const assert = require("node:assert/strict");
const http = require("node:http");
const { Browser } = require("./browser.cjs");

const { BROWSER, BROWSER_FOLDER, DAEMON_PORT, LOGIN, PASSWORD, TOKEN, OPERATIONS, PREFIX } = process.env;

// As the proxies of installations do: what is in front of the paths goes into a header.
function startProxy(prefix) {
  const server = http.createServer((request, response) => {
    if (!request.url.startsWith(`${prefix}/`)) {
      response.writeHead(404).end();
      return;
    }
    const onward = http.request({
      host: "127.0.0.1",
      port: DAEMON_PORT,
      method: request.method,
      path: request.url.slice(prefix.length),
      headers: { ...request.headers, "X-Script-Name": prefix },
      agent: false,
    });
    onward.on("response", (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(server.address().port));
  });
}

async function authorize(page) {
  await page.click(".btn.authorize");
  const forms = "[...document.querySelectorAll('.auth-container')]";
  await page.until(`${forms}.length >= 3`);
  // The forms have no names of their own: they get some.
  await page.value(`${forms}.forEach((form) => {
    const name = form.querySelector("h4").innerText.trim().split(/\\s/)[0];
    form.dataset.scheme = name;
  })`);
  for (const [scheme, field, text] of [
    ["wazo_auth_token", "input", TOKEN],
    ["wazo_auth_basic", "input[name=username]", LOGIN],
    ["wazo_auth_basic", "input[name=password]", PASSWORD],
  ]) {
    await page.type(`[data-scheme=${scheme}] ${field}`, text);
  }
  for (const scheme of ["wazo_auth_token", "wazo_auth_basic"]) {
    await page.click(`[data-scheme=${scheme}] button[type=submit]`);
  }
  await page.click(".btn-done");
}

// Tries an operation as it is offered, and gives status and text of the answer.
async function execute(page, id) {
  const block = `[id$="-${id}"]`;
  await page.click(`${block} .opblock-summary-control`);
  await page.click(`${block} button.execute`);
  const live = `document.querySelector('${block} .live-responses-table')`;
  await page.until(`${live} !== null`);
  const status = await page.value(`${live}.querySelector('tbody .response-col_status').innerText`);
  const text = await page.value(`${live}.innerText`);
  return { status: status.trim(), text };
}

async function main() {
  const port = PREFIX ? await startProxy(PREFIX) : DAEMON_PORT;
  const origin = `http://127.0.0.1:${port}`;
  const browser = await Browser.start(BROWSER, BROWSER_FOLDER);
  const page = await browser.open(`${origin}${PREFIX}/0.1/api`);
  await page.until(`document.querySelectorAll('.opblock').length === ${OPERATIONS}`);
  assert.equal(await page.value("document.title"), "wazo-auth API");

  await authorize(page);
  const users = await execute(page, "listUsers");
  assert.equal(users.status, "200", users.text);
  assert.ok(users.text.includes(LOGIN), users.text);
  const token = await execute(page, "createToken");
  assert.equal(token.status, "200", token.text);
  assert.ok(token.text.includes("session_uuid"), token.text);

  const elsewhere = page.asked.filter(
    (url) => !url.startsWith(`${origin}${PREFIX}/0.1/`) && !/^(data|about|blob):/.test(url),
  );
  assert.deepEqual(elsewhere, []);
  assert.ok(page.asked.some((url) => url.includes("/0.1/users")));
  assert.deepEqual(page.complaints, []);
  await browser.stop();
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
