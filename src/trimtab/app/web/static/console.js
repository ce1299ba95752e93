// Theme, keys, live refresh, copying, and signing in by name; every page works without this file.
"use strict";
(() => {
  const root = document.documentElement;
  const kept = (name, value) => {
    try {
      if (value === undefined) return localStorage.getItem(name);
      localStorage.setItem(name, value);
    } catch { /* storage is off: nothing is kept */ }
    return null;
  };
  const theme = kept("theme");
  if (theme === "dark" || theme === "light") root.dataset.theme = theme;
  root.classList.add("scripted");

  const dark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

  const typing = (at) => at && (at.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName));

  const move = (by) => {
    const rows = [...document.querySelectorAll("main a.row")];
    if (!rows.length) return;
    const at = rows.indexOf(document.activeElement);
    const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by;
    rows[Math.max(0, Math.min(rows.length - 1, next))].focus();
  };

  const ask = async (event) => {
    const form = event.target;
    if (!form.dataset.api) return;
    event.preventDefault();
    const said = form.querySelector("[role=alert]");
    said.hidden = true;
    const fields = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
    try {
      const answer = await fetch(form.dataset.api, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(fields),
      });
      if (answer.ok) return location.assign(form.dataset.next);
      const problem = await answer.json();
      said.textContent = problem.hint ? `${problem.detail}: ${problem.hint}` : problem.detail;
    } catch {
      said.textContent = "The server does not answer.";
    }
    said.hidden = false;
  };
  document.addEventListener("submit", ask);

  let first = "";
  const key = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && typing(document.activeElement)) return document.activeElement.blur();
    if (typing(event.target)) return;
    if (first === "g") {
      first = "";
      const place = document.querySelector(`nav a[data-key="${CSS.escape(event.key)}"]`);
      if (place) place.click();
      return;
    }
    const pressed = document.querySelector(`main [data-press="${CSS.escape(event.key)}"]`);
    if (pressed) {
      event.preventDefault();
      if (pressed.matches("input")) pressed.focus();
      else pressed.click();
      return;
    }
    if (event.key === "g") first = "g";
    else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "/") {
      const field = document.querySelector("main input[name=text]");
      if (field) { event.preventDefault(); field.focus(); }
    } else if (event.key === "?") {
      const keys = document.getElementById("keys");
      if (keys) { keys.open = !keys.open; keys.scrollIntoView(); }
    }
  };

  // What somebody has begun to write, or opened to write in, is not taken from under their hands.
  const begun = (main) =>
    main.querySelector("details.act[open]") ||
    [...main.querySelectorAll("form.act input:not([type=hidden])")].some((at) => at.value !== at.defaultValue);

  const refresh = async () => {
    const main = document.querySelector("main[data-refresh]");
    const box = document.getElementById("live");
    if (!main || !box || !box.checked || document.hidden || main.contains(document.activeElement) || begun(main)) return;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("main");
      if (fresh) main.replaceChildren(...fresh.childNodes);
      box.parentElement.classList.remove("stale");
    } catch { box.parentElement.classList.add("stale"); }
  };

  // New sessions, and those that went on, come to the top of the list by themselves.
  const MOST_ROWS = 200;
  const follow = async () => {
    const rows = document.querySelector("tbody[data-follow]");
    const box = document.getElementById("live");
    if (!rows || !box || !box.checked || document.hidden) return;
    const where = new URL(rows.dataset.follow, location.origin);
    where.searchParams.set("cursor", rows.dataset.newer);
    try {
      const answer = await fetch(where, { credentials: "same-origin" });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("rows");
      const known = new Map([...rows.children].map((row) => [row.dataset.session, row]));
      const came = [...fresh.children];
      for (const row of came.reverse()) {
        const before = known.get(row.dataset.session);
        if (before && before.contains(document.activeElement)) continue;
        if (before) before.remove();
        row.classList.add("new");
        rows.prepend(row);
      }
      while (rows.children.length > MOST_ROWS) rows.lastElementChild.remove();
      rows.dataset.newer = fresh.dataset.newer;
      const said = document.getElementById("followed");
      if (came.length && said) said.textContent = `${came.length} new or gone on`;
      box.parentElement.classList.remove("stale");
    } catch { box.parentElement.classList.add("stale"); }
  };

  document.addEventListener("DOMContentLoaded", () => {
    const toggle = document.getElementById("theme");
    if (toggle) toggle.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      kept("theme", root.dataset.theme);
    });
    const box = document.getElementById("live");
    const main = document.querySelector("main[data-refresh]");
    if (box && main) {
      box.checked = kept("live") !== "off";
      box.addEventListener("change", () => kept("live", box.checked ? "on" : "off"));
      setInterval(refresh, Number(main.dataset.refresh) * 1000);
      setInterval(follow, 3000);
    }
    document.addEventListener("keydown", key);
    document.addEventListener("click", async (event) => {
      const button = event.target.closest("button[data-copy]");
      if (!button) return;
      try {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
        button.textContent = "copied";
      } catch { button.textContent = "select and copy by hand"; }
    });
  });
})();
