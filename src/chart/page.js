// page.js - a report's conveniences; without it everything is still there to read.
// SPDX-License-Identifier: MIT
"use strict";

const tip = document.getElementById("tip");

function showTip(mark, x, y) {
  tip.textContent = mark.dataset.tip;
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const left = Math.min(x + 12, window.innerWidth - box.width - 8);
  const above = y - box.height - 10;
  tip.style.left = Math.max(left, 8) + "px";
  tip.style.top = (above > 8 ? above : y + 16) + "px";
}

function hideTip() {
  tip.hidden = true;
}

// What a mark tells lies in its <title>; browsers show that late, and not at all for keys.
for (const mark of document.querySelectorAll(".mark")) {
  const title = mark.querySelector("title");
  mark.dataset.tip = title.textContent;
  mark.setAttribute("aria-label", title.textContent);
  mark.setAttribute("role", "img");
  title.remove();
}

// The mark nearest to `from` in the direction of the key; distance aside counts threefold.
function neighbour(marks, from, key) {
  const sideways = key === "ArrowLeft" || key === "ArrowRight";
  const sign = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
  const middle = (mark) => {
    const box = mark.getBBox();
    return [box.x + box.width / 2, box.y + box.height / 2];
  };
  const [x0, y0] = middle(from);
  let best = null;
  let least = Infinity;
  for (const mark of marks) {
    const [x, y] = middle(mark);
    const along = sign * (sideways ? x - x0 : y - y0);
    const aside = Math.abs(sideways ? y - y0 : x - x0);
    if (along > 0.5 && along + 3 * aside < least) {
      least = along + 3 * aside;
      best = mark;
    }
  }
  return best;
}

for (const svg of document.querySelectorAll("figure svg")) {
  const marks = Array.from(svg.querySelectorAll(".mark"));
  if (marks.length === 0) continue;
  let current = null;
  const select = (mark) => {
    if (current) current.classList.remove("on");
    current = mark;
    if (!mark) return hideTip();
    mark.classList.add("on");
    mark.scrollIntoView({ block: "nearest", inline: "nearest" });
    const box = mark.getBoundingClientRect();
    showTip(mark, box.left + box.width / 2, box.top);
  };
  svg.setAttribute("tabindex", "0");
  svg.setAttribute("aria-description", "Arrow keys move from value to value.");
  svg.addEventListener("keydown", (event) => {
    const key = event.key;
    let next = null;
    if (key === "Escape") return select(null);
    if (key === "Home") next = marks[0];
    else if (key === "End") next = marks[marks.length - 1];
    else if (key.startsWith("Arrow")) next = current ? neighbour(marks, current, key) : marks[0];
    else return;
    event.preventDefault();
    if (next) select(next);
  });
  svg.addEventListener("blur", () => select(null));
  svg.addEventListener("pointermove", (event) => {
    const mark = event.target.closest(".mark");
    if (mark) showTip(mark, event.clientX, event.clientY);
    else hideTip();
  });
  svg.addEventListener("pointerleave", hideTip);
}

// "7,175", "25.0%" and "-3" are numbers; everything else sorts as text, behind them.
function sortKey(row, column) {
  const text = row.cells[column].textContent.trim();
  const number = /^-?[0-9][0-9,]*([.][0-9]+)?%?$/.test(text) ? parseFloat(text.replace(/,/g, "")) : NaN;
  return { text, number };
}

function compare(a, b) {
  if (!isNaN(a.number) && !isNaN(b.number)) return a.number - b.number;
  if (isNaN(a.number) !== isNaN(b.number)) return isNaN(a.number) ? 1 : -1;
  return a.text.localeCompare(b.text);
}

for (const header of document.querySelectorAll("th")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = header.textContent;
  header.replaceChildren(button);
  button.addEventListener("click", () => {
    const body = header.closest("table").tBodies[0];
    const down = header.getAttribute("aria-sort") === "ascending";
    for (const other of header.parentElement.cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = Array.from(body.rows, (row) => ({ row, key: sortKey(row, header.cellIndex) }));
    rows.sort((a, b) => (down ? compare(b.key, a.key) : compare(a.key, b.key)));
    body.append(...rows.map((entry) => entry.row));
  });
}

// The table of contents shows which section is being read.
const links = new Map();
for (const link of document.querySelectorAll("nav a")) links.set(link.hash.slice(1), link);
const visible = new Set();
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) visible[entry.isIntersecting ? "add" : "delete"](entry.target.id);
  let found = false;
  for (const [id, link] of links) {
    if (!found && visible.has(id)) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
    found = found || visible.has(id);
  }
}, { rootMargin: "-10% 0px -60% 0px" });
for (const section of document.querySelectorAll("section")) watcher.observe(section);
