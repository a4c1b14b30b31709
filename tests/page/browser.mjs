// browser.mjs - pages in headless Chromium, spoken to over a pipe: no package is needed.
// The Chrome DevTools Protocol: a JSON message each, ended by a zero byte, on descriptors 3 and 4.
// SPDX-License-Identifier: MIT
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

const KEY_CODES = { Tab: 9, Enter: 13, Escape: 27, End: 35, Home: 36, ArrowLeft: 37, ArrowUp: 38,
  ArrowRight: 39, ArrowDown: 40 };

export function findBrowser() {
  return NAMES.find((name) => spawnSync(name, ["--version"]).status === 0) ?? null;
}

export class Browser {
  #process;
  #profile = mkdtempSync(join(tmpdir(), "mien-browser-"));
  #text = "";
  #waiting = new Map(); // the functions that take the answer to a message, by its number
  #pages = new Map(); // by session
  #number = 0;

  constructor() {
    this.#process = spawn(findBrowser(), [
      "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
      "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
      "--remote-debugging-pipe", `--user-data-dir=${this.#profile}`,
    ], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    this.#process.stdio[4].setEncoding("utf8");
    this.#process.stdio[4].on("data", (chunk) => this.#receive(chunk));
  }

  #receive(chunk) {
    const parts = (this.#text + chunk).split("\0");
    this.#text = parts.pop();
    for (const { id, result, error, method, params, sessionId } of parts.map(JSON.parse)) {
      if (!id) {
        this.#pages.get(sessionId)?.notice(method, params);
        continue;
      }
      const { resolve, reject } = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) reject(new Error(error.message));
      else resolve(result);
    }
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.#number;
    this.#process.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  // A page that has loaded `url`; `dark` chooses the colour scheme that it is told.
  async open(url, { dark = false, width = 1280, height = 900 } = {}) {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page((method, params) => this.send(method, params, sessionId));
    this.#pages.set(sessionId, page);
    await page.load(url, { dark, width, height });
    return page;
  }

  async close() {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.send("Browser.close").catch(() => {});
    await ended;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

class Page {
  #send;
  #loaded;
  requests = []; // every address that the page asked for
  problems = []; // what its scripts complained about

  constructor(send) {
    this.#send = send;
  }

  notice(method, params) {
    if (method === "Page.loadEventFired") this.#loaded();
    else if (method === "Network.requestWillBeSent") this.requests.push(params.request.url);
    else if (method === "Log.entryAdded") this.problems.push(params.entry.text);
    else if (method === "Runtime.exceptionThrown")
      this.problems.push(params.exceptionDetails.exception?.description ?? "exception");
  }

  async load(url, { dark, width, height }) {
    for (const domain of ["Page", "Runtime", "Network", "Log"]) await this.#send(`${domain}.enable`);
    await this.#send("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }],
    });
    await this.#send("Emulation.setDeviceMetricsOverride",
      { width, height, deviceScaleFactor: 1, mobile: false });
    const loaded = new Promise((resolve) => { this.#loaded = resolve; });
    await this.#send("Page.navigate", { url });
    await loaded;
  }

  // The value of a JavaScript expression in the page; a promise is waited for.
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.#send("Runtime.evaluate",
      { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? expression);
    return result.value;
  }

  // Presses and releases a key that has a name: "Tab", "ArrowRight", "Enter".
  async press(key) {
    const event = { key, code: key, windowsVirtualKeyCode: KEY_CODES[key],
      ...(key === "Enter" && { text: "\r" }) };
    await this.#send("Input.dispatchKeyEvent", { type: "keyDown", ...event });
    await this.#send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  // Moves the pointer to the middle of the first element that `selector` finds.
  async point(selector) {
    const [x, y] = await this.evaluate(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)});
      element.scrollIntoView({ block: "center", behavior: "instant" });
      const box = element.getBoundingClientRect();
      return [box.x + box.width / 2, box.y + box.height / 2];
    })()`);
    await this.#send("Input.dispatchMouseEvent", { type: "mouseMoved", x, y });
  }

  // Lays the page out for "print", or for "" the screen.
  async media(type) {
    await this.#send("Emulation.setEmulatedMedia", { media: type });
  }

  // The part of the page in `clip` (x, y, width, height) as PNG.
  async screenshot(clip) {
    const { data } = await this.#send("Page.captureScreenshot",
      { captureBeyondViewport: true, clip: { ...clip, scale: 1 } });
    return Buffer.from(data, "base64");
  }
}
