"use strict";
// The list of articles: filtered by kind, layer, label and words; gold and prediction side by side, drawn when opened.
(() => {
  const { data, el, drawText } = annotate;
  const STEP = 50;
  const byId = (id) => document.getElementById(id);
  const chosen = new Set();
  let shown = STEP;

  const totals = Object.fromEntries(data.kinds.map((kind) => [kind, 0]));
  const labels = new Set();
  for (const article of data.articles) {
    for (const error of article.errors) {
      for (const kind of error.kinds) totals[kind] += 1;
      for (const label of error.labels) if (label !== null) labels.add(label);
    }
  }
  for (const label of [...labels].sort()) byId("label").append(el("option", {}, label));
  for (const kind of data.kinds.filter((name) => totals[name])) {
    const words = kind === "speaker" ? "wrong speaker" : kind;
    const button = el(
      "button",
      { type: "button", "aria-pressed": "false", "data-kind": kind, onclick: () => toggle(kind) },
      `${words} ${totals[kind]}`,
    );
    byId("kinds").append(button);
  }

  function toggle(kind) {
    if (!chosen.delete(kind)) chosen.add(kind);
    update();
  }

  function matches(error) {
    const layer = byId("layer").value;
    const label = byId("label").value;
    const words = byId("search").value.trim().toLowerCase();
    return (
      (!chosen.size || error.kinds.some((kind) => chosen.has(kind))) &&
      (!layer || error.layer === layer) &&
      (!label || error.labels.includes(label)) &&
      (!words || error.surface.toLowerCase().includes(words))
    );
  }

  const filtered = () => chosen.size > 0 || ["layer", "label", "search"].some((id) => byId(id).value.trim() !== "");

  function update() {
    for (const button of byId("kinds").children) {
      button.setAttribute("aria-pressed", String(chosen.has(button.dataset.kind)));
    }
    const rows = data.articles
      .map((article) => ({ article, errors: article.errors.filter(matches) }))
      .filter(({ errors }) => errors.length > 0 || !filtered());
    if (filtered()) rows.sort((a, b) => b.errors.length - a.errors.length);
    const total = rows.reduce((sum, { errors }) => sum + errors.length, 0);
    byId("count").textContent = `${count(total, "error")} in ${count(rows.filter(({ errors }) => errors.length).length, "article")}`;
    byId("list").replaceChildren(...rows.slice(0, shown).map(({ article, errors }) => drawArticle(article, errors)));
    byId("more").hidden = rows.length <= shown;
  }

  function count(n, noun) {
    return `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`;
  }

  function drawArticle(article, errors) {
    const counts = {};
    for (const error of errors) for (const kind of error.kinds) counts[kind] = (counts[kind] ?? 0) + 1;
    const parts = data.kinds.filter((kind) => counts[kind]).map((kind) => `${kind} ${counts[kind]}`);
    const f1 = article.f1 === null ? "" : ` · F1 ${article.f1.toFixed(2)}`;
    const summary = el(
      "summary",
      {},
      el("b", {}, article.title || article.id),
      el("span", { class: "quiet" }, ` ${count(errors.length, "error")} · ${article.id}${article.publisher ? ` · ${article.publisher}` : ""} · ${count(article.words, "word")}${f1}${parts.map((part, i) => (i ? `, ${part}` : ` · ${part}`)).join("")}`),
    );
    const details = el("details", { class: "article", "data-id": article.id }, summary);
    details.addEventListener("toggle", () => {
      if (!details.open) return;
      if (details.children.length === 1) fill(details, article, errors);
      history.replaceState(null, "", `#article=${encodeURIComponent(article.id)}`);
    });
    return details;
  }

  // #article=ID opens an article, whatever was filtered; every opened one gets this address.
  function followLink() {
    if (!location.hash.startsWith("#article=")) return;
    let id;
    try {
      id = decodeURIComponent(location.hash.slice("#article=".length));
    } catch {
      return; // no link of ours
    }
    const place = data.articles.findIndex((article) => article.id === id);
    if (place < 0) return;
    chosen.clear();
    for (const box of ["layer", "label", "search"]) byId(box).value = "";
    shown = Math.max(shown, place + 1);
    update();
    const details = byId("list").children[place];
    details.open = true;
    details.scrollIntoView();
    details.firstChild.focus({ preventScroll: true });
  }

  function fill(details, article, errors) {
    const { text, marks } = data.texts[article.key];
    const sides = {};
    for (const side of ["gold", "predicted"]) {
      sides[side] = el("div", { lang: "en" });
      drawText(sides[side], text, marks[side].map((mark) => withState(mark, side, errors)));
    }
    const list = el("ul", { class: "errors" });
    for (const error of errors) {
      list.append(el("li", {}, el("button", { type: "button", onclick: () => point(sides, marks, error) },
        el("span", { class: "kind" }, error.kinds.join(", ")),
        `${error.surface} `,
        el("span", { class: "what" }, describe(error)))));
    }
    if (errors.length) details.append(list);
    details.append(el("div", { class: "sides" },
      el("div", {}, el("h3", {}, "gold"), sides.gold),
      el("div", {}, el("h3", {}, "prediction"), sides.predicted)));
  }

  function describe(error) {
    const [gold, predicted] = error.labels;
    if (gold !== null && predicted !== null && gold !== predicted) return `${gold} as ${predicted}`;
    return gold ?? predicted;
  }

  const isOf = (mark, error, side) => mark.item?.[0] === error.layer && mark.item[1] === error[side];

  // Only the errors that pass the filter stand out.
  function withState(mark, side, errors) {
    if (!mark.kinds?.length || !errors.some((error) => isOf(mark, error, side))) return mark;
    let state = "differs";
    if (mark.kinds.includes("missed")) state = "missing";
    else if (mark.kinds.includes("spurious")) state = "spurious";
    else if (mark.kinds.includes("label")) state = "incorrect";
    else if (mark.kinds.includes("boundary")) state = "partial";
    return { ...mark, state };
  }

  function point(sides, marks, error) {
    for (const node of document.querySelectorAll(".m.pointed")) node.classList.remove("pointed");
    let first = null;
    for (const side of ["predicted", "gold"]) {
      marks[side].forEach((mark, index) => {
        if (!isOf(mark, error, side)) return;
        for (const node of sides[side].querySelectorAll(`[data-mark="${index}"]`)) {
          node.classList.add("pointed");
          first = node;
        }
      });
    }
    first?.scrollIntoView({ block: "center", behavior: "smooth" });
  }

  for (const id of ["layer", "label", "search"]) {
    byId(id).addEventListener("input", () => {
      shown = STEP;
      update();
    });
  }
  byId("more").addEventListener("click", () => {
    shown += STEP;
    update();
  });
  for (const button of document.querySelectorAll(".jump")) {
    button.addEventListener("click", () => {
      chosen.clear();
      chosen.add(button.dataset.kind);
      byId("layer").value = button.dataset.layer;
      update();
      byId("articles").scrollIntoView();
    });
  }
  for (const button of document.querySelectorAll(".find")) {
    button.addEventListener("click", () => {
      byId("search").value = button.dataset.find;
      update();
      byId("articles").scrollIntoView();
    });
  }
  update();
  addEventListener("hashchange", followLink);
  followLink();
})();
