// report.test.mjs - the page of `mien explore` in a real browser: nothing is fetched, values are
// told to pointer and keys, tables sort, light and dark, print.
// Run by hand: MIEN=build/apps/cli/mien node --test tests/page/
// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { Browser, findBrowser } from "./browser.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const mien = process.env.MIEN ?? join(here, "../../build/apps/cli/mien");
const skip = findBrowser() ? false : "no Chromium is here";
const folder = mkdtempSync(join(tmpdir(), "mien-page-"));
const url = pathToFileURL(join(folder, "report.html")).href;
let browser;

before(() => {
  if (skip) return;
  browser = new Browser();
  const rows = [];
  for (let row = 0; row < 24; row++)
    rows.push(`${row % 4}:${["train", "train", "test"][row % 3]}:${row < 20 ? row : 0}`);
  const csv = execFileSync("python3", [join(here, "../cli/waves.py"), ...rows]);
  writeFileSync(join(folder, "faces.csv"), csv);
  execFileSync(mien, ["explore", join(folder, "faces.csv"), "-o", folder]);
});

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

const tip = `(() => { const tip = document.getElementById("tip");
  return tip.hidden ? null : tip.textContent; })()`;

test("the page asks for nothing and complains about nothing", { skip }, async () => {
  const page = await browser.open(url);
  assert.deepEqual(page.requests.filter((address) => !address.startsWith("data:")), [url]);
  assert.deepEqual(page.problems, []);
});

test("each figure is shown once, light or dark as the reader likes it", { skip }, async () => {
  const shown = `Array.from(document.querySelectorAll("figure"), (figure) =>
    Array.from(figure.querySelectorAll("svg")).filter((svg) => svg.getBoundingClientRect().width > 0)
      .map((svg) => svg.parentElement.className).join())`;
  const paper = "getComputedStyle(document.body).backgroundColor";
  for (const dark of [false, true]) {
    const page = await browser.open(url, { dark });
    const figures = await page.evaluate(shown);
    assert.ok(figures.length >= 10);
    for (const figure of figures) assert.equal(figure, dark ? "dark" : "light");
    const [red] = (await page.evaluate(paper)).match(/\d+/g).map(Number);
    assert.ok(dark ? red < 40 : red > 215, `background ${red}`);
  }
});

test("print is light even for readers who like it dark", { skip }, async () => {
  const page = await browser.open(url, { dark: true });
  await page.media("print");
  assert.equal(await page.evaluate("getComputedStyle(document.querySelector('figure .dark')).display"),
    "none");
  assert.equal(await page.evaluate("getComputedStyle(document.querySelector('figure .light')).display"),
    "block");
});

test("a bar tells its value when pointed at", { skip }, async () => {
  const page = await browser.open(url);
  assert.equal(await page.evaluate(tip), null);
  await page.point("#figure-labels .light .mark:nth-child(2)");
  assert.equal(await page.evaluate(tip), "disgust: 6");
  await page.point("h1");
  assert.equal(await page.evaluate(tip), null);
});

test("keys move from value to value", { skip }, async () => {
  const page = await browser.open(url);
  await page.evaluate("document.querySelector('#figure-labels .light svg').focus()");
  await page.press("ArrowRight");
  assert.equal(await page.evaluate(tip), "angry: 6");
  await page.press("ArrowRight");
  assert.equal(await page.evaluate(tip), "disgust: 6");
  await page.press("End");
  assert.equal(await page.evaluate(tip), "happy: 6");
  await page.press("ArrowLeft");
  assert.equal(await page.evaluate(tip), "fear: 6");
  await page.press("Escape");
  assert.equal(await page.evaluate(tip), null);
});

test("the Tab key reaches contents, figures and table headings", { skip }, async () => {
  const page = await browser.open(url);
  const reached = new Set();
  for (let i = 0; i < 60; i++) {
    await page.press("Tab");
    reached.add(await page.evaluate("document.activeElement.tagName.toLowerCase()"));
  }
  for (const tag of ["a", "svg", "button"]) assert.ok(reached.has(tag), `${tag} is never reached`);
});

test("a table sorts by numbers, down and up, and by text", { skip }, async () => {
  const page = await browser.open(url);
  const cells = (column) => `Array.from(document.querySelector("#audit table").tBodies[0].rows,
    (row) => row.cells[${column}].textContent)`;
  const press = (column) => page.evaluate(
    `document.querySelectorAll("#audit th button")[${column}].click()`);
  await press(2);
  const up = (await page.evaluate(cells(2))).map(Number);
  assert.deepEqual(up, [...up].sort((a, b) => a - b));
  await press(2);
  assert.deepEqual((await page.evaluate(cells(2))).map(Number), up.reverse());
  assert.equal(await page.evaluate("document.querySelectorAll('#audit th')[2].ariaSort"), "descending");
  await press(1);
  const names = await page.evaluate(cells(1));
  assert.deepEqual(names, [...names].sort());
});

test("the table of contents leads to every section", { skip }, async () => {
  const page = await browser.open(url);
  assert.ok(await page.evaluate(`Array.from(document.querySelectorAll("nav a")).every((link) =>
    document.querySelector(link.hash)?.tagName.toLowerCase() === "section")`));
  assert.equal(await page.evaluate("document.querySelectorAll('nav a').length"),
    await page.evaluate("document.querySelectorAll('section').length"));
});

test("the page fits a narrow screen", { skip }, async () => {
  const page = await browser.open(url, { width: 360, height: 740 });
  assert.ok(await page.evaluate("document.documentElement.scrollWidth <= 360"));
});
