// Keeps the console fresh and quick to use. Everything decisive works without it.
"use strict";

const clock = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

function showLocalTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.title = time.dateTime;
    time.textContent = clock.format(new Date(time.dateTime));
  }
}

function isTyping() {
  return [...document.querySelectorAll("textarea")].some((field) => field.value !== field.defaultValue)
    || document.activeElement?.tagName === "TEXTAREA" || document.querySelector("details[open]") !== null;
}

async function refreshRows() {
  const rows = document.getElementById("rows");
  const focused = rows.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const answer = await fetch(rows.dataset.fresh + location.search, { headers: { Accept: "text/html" } });
  if (answer.redirected) { location.reload(); return; }
  if (!answer.ok) return;
  rows.innerHTML = await answer.text();  // our own template, escaped on the server
  showLocalTimes(rows);
  if (focused) rows.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
}

function refresh() {
  if (document.getElementById("rows")) { refreshRows().catch(() => {}); return; }
  if (!isTyping() && !document.getElementById("refusal")) { location.replace(location.pathname); return; }
  const stale = document.getElementById("stale");
  if (stale) stale.hidden = false;
}

function listen(address) {
  let source = null;
  const connect = () => {
    if (source || document.hidden) return;
    source = new EventSource(address);
    source.addEventListener("changed", refresh);
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { source?.close(); source = null; return; }
    if (document.getElementById("rows")) refresh();
    connect();
  });
  connect();
  if (document.getElementById("rows")) setInterval(() => document.hidden || refresh(), 30000);
}

async function lookAgain(part) {
  const answer = await fetch(part.dataset.again, { headers: { Accept: "text/html" } });
  if (answer.redirected || !answer.ok) return;
  const held = document.createElement("div");
  held.innerHTML = await answer.text();  // our own template, escaped on the server
  const fresh = held.firstElementChild;
  if (!fresh || part.contains(document.activeElement)) { soonAgain(part); return; }
  showLocalTimes(fresh);
  part.replaceWith(fresh);
  soonAgain(fresh);
}

function soonAgain(part) {
  if (part.dataset.again) setTimeout(() => lookAgain(part).catch(() => soonAgain(part)), document.hidden ? 20000 : 2000);
}

function move(step) {
  const links = [...document.querySelectorAll(".queue .message a")];
  const at = links.indexOf(document.activeElement);
  links[at < 0 ? 0 : Math.min(Math.max(at + step, 0), links.length - 1)]?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  if (event.key === "j") move(1);
  if (event.key === "k") move(-1);
});

document.addEventListener("submit", (event) => {
  // A second click sends nothing more; the page that follows has fresh buttons.
  if (event.target.method !== "post") return;
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => { for (const form of document.forms) delete form.dataset.sent; });

for (const choice of document.querySelectorAll("#filters select")) {
  choice.addEventListener("change", () => choice.form.requestSubmit());
}
showLocalTimes(document);
document.getElementById("refusal")?.focus();
for (const part of document.querySelectorAll("[data-again]")) soonAgain(part);
if (document.body.dataset.live) listen(document.body.dataset.live);
