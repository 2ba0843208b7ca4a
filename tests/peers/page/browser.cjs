// A browser without a screen, driven through a pipe: it ends when this program does.
"use strict";

const { spawn } = require("node:child_process");

// For waiting until something is there; far more than it takes.
const PATIENCE = 60_000;

class Browser {
  static async start(program, folder) {
    const browser = new Browser();
    browser.process = spawn(
      program,
      [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--disable-extensions",
        "--remote-debugging-pipe",
        `--user-data-dir=${folder}`,
        "about:blank",
      ],
      { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
    );
    browser.process.on("exit", (code, signal) => {
      for (const { reject } of browser.waiting.values()) {
        reject(new Error(`the browser ended: ${code ?? signal}`));
      }
    });
    browser.read(browser.process.stdio[4]);
    return browser;
  }

  constructor() {
    this.waiting = new Map();
    this.listeners = [];
    this.next = 1;
  }

  // Messages are JSON, each with a NUL behind it.
  read(pipe) {
    let rest = "";
    pipe.setEncoding("utf8");
    pipe.on("data", (text) => {
      const messages = (rest + text).split("\0");
      rest = messages.pop();
      for (const message of messages) {
        this.receive(JSON.parse(message));
      }
    });
  }

  receive(message) {
    if (message.id === undefined) {
      this.listeners.forEach((listener) => listener(message));
      return;
    }
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.error) {
      waiting.reject(new Error(`${waiting.method}: ${message.error.message}`));
    } else {
      waiting.resolve(message.result);
    }
  }

  send(method, params = {}, sessionId = undefined) {
    const id = this.next++;
    const message = JSON.stringify({ id, method, params, sessionId });
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, method });
      this.process.stdio[3].write(`${message}\0`);
    });
  }

  async open(url) {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, sessionId);
    this.listeners.push((message) => {
      if (message.sessionId === sessionId) {
        page.note(message);
      }
    });
    for (const domain of ["Page", "Runtime", "Network", "Log"]) {
      await page.send(`${domain}.enable`);
    }
    await page.send("Page.navigate", { url });
    return page;
  }

  async stop() {
    await this.send("Browser.close").catch(() => {});
  }
}

class Page {
  constructor(browser, sessionId) {
    this.browser = browser;
    this.sessionId = sessionId;
    // Addresses that were asked for, and what the page complained about.
    this.asked = [];
    this.complaints = [];
  }

  note({ method, params }) {
    if (method === "Network.requestWillBeSent") {
      this.asked.push(params.request.url);
    } else if (method === "Runtime.exceptionThrown") {
      const { exception, text } = params.exceptionDetails;
      this.complaints.push(exception?.description ?? text);
    } else if (method === "Log.entryAdded" && params.entry.level === "error") {
      this.complaints.push(`${params.entry.text} (${params.entry.url})`);
    }
  }

  send(method, params = {}) {
    return this.browser.send(method, params, this.sessionId);
  }

  // The value of an expression in the page.
  async value(expression) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    if (exceptionDetails) {
      throw new Error(`${expression}: ${exceptionDetails.exception?.description}`);
    }
    return result.value;
  }

  // Waits until an expression is true of the page, and gives its value.
  async until(expression) {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const value = await this.value(expression);
      if (value) {
        return value;
      }
      if (Date.now() > end) {
        const text = await this.value("document.body.innerText.slice(-3000)");
        throw new Error(`never true: ${expression}\n${this.complaints.join("\n")}\n${text}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async click(selector) {
    const element = `document.querySelector(${JSON.stringify(selector)})`;
    await this.until(`${element} !== null`);
    await this.value(`${element}.click()`);
  }

  // Types in place of what stands in a field.
  async type(selector, text) {
    const element = `document.querySelector(${JSON.stringify(selector)})`;
    await this.until(`${element} !== null`);
    await this.value(`${element}.focus(), ${element}.select()`);
    await this.send("Input.insertText", { text });
  }
}

module.exports = { Browser };
