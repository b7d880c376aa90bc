"use strict";
/* What every page can do, as the global `annotate`:
 *   data                        the page's data
 *   el(tag, attributes, ...children)   a DOM element; children that are strings become text, never markup
 *   drawText(element, text, marks)     the text with its marks; element.textContent is the text, unchanged
 *   showTexts(root)             fill the elements [data-text] below root, each when it comes near the screen
 *   colour(label)               the label's colour, or a fixed one made from its name
 *   toUnits(text, offsets)      code-point offsets to JavaScript's UTF-16 offsets
 * Offsets are code points, half-open, as in the records. Where no script runs, `drawing.py` draws the same elements as
 * `drawText`. */
const annotate = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);

  function el(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children);
    return node;
  }

  function colour(label) {
    if (Object.hasOwn(data.colours, label)) return data.colours[label];
    let hash = 0;
    for (const character of label) hash = (hash * 31 + character.codePointAt(0)) >>> 0;
    return `hsl(${hash % 360} 60% 75%)`;
  }

  function toUnits(text, offsets) {
    const units = new Map();
    if (!/[\ud800-\udbff]/.test(text)) {
      for (const offset of offsets) units.set(offset, offset);
      return units;
    }
    let point = 0;
    let unit = 0;
    for (const offset of [...offsets].sort((a, b) => a - b)) {
      while (point < offset && unit < text.length) {
        unit += text.codePointAt(unit) > 0xffff ? 2 : 1;
        point += 1;
      }
      units.set(offset, unit);
    }
    return units;
  }

  // Longer marks lie outside shorter ones, so that only crossing marks are cut; of equal ones the lower rank.
  const RANK = { ignore: 0, quote: 1, claim: 2, claimer: 3, speaker: 4, cue: 4, entity: 5 };

  function tagOf(mark) {
    const state = mark.state && !["correct", "differs"].includes(mark.state) ? ` ${mark.state}` : "";
    if (mark.kind === "quote") return `❝${mark.number ?? ""}${mark.label === "direct" ? "" : ` ${mark.label}`}${state}`;
    if (mark.kind === "speaker" || mark.kind === "cue") return `${mark.number ?? ""} ${mark.kind}${state}`;
    if (mark.kind === "claimer") return `${mark.number ?? ""} claimer${state}`;
    if (mark.kind === "claim") return `${mark.number ?? ""} ${mark.label}${mark.check_worthy ? " ✓" : ""}${state}`;
    return `${mark.label}${state}`;
  }

  function open(mark, first) {
    const node = el("span", {
      class: `m k-${mark.kind}${first ? " first" : ""}${mark.check_worthy === false ? " unworthy" : ""}`,
      title: mark.title ?? mark.label,
      "data-tag": tagOf(mark),
      "data-state": mark.state,
      "data-group": mark.group,
    });
    if (mark.kind === "entity") node.style.setProperty("--c", colour(mark.label));
    if (mark.lane) node.style.setProperty("--lane", mark.lane);
    return node;
  }

  // Nested claims get their lines under each other.
  function setLanes(marks) {
    const ends = [];
    for (const mark of [...marks].sort((a, b) => (a.end - a.start) - (b.end - b.start))) {
      let lane = 0;
      while ((ends[lane] ?? []).some((other) => other.start < mark.end && mark.start < other.end)) lane += 1;
      (ends[lane] ??= []).push(mark);
      mark.lane = lane;
    }
  }

  function drawText(element, text, marks) {
    const sorted = marks
      .map((mark, index) => ({ ...mark, index }))
      .sort((a, b) => b.end - b.start - (a.end - a.start) || RANK[a.kind] - RANK[b.kind] || a.start - b.start);
    setLanes(sorted.filter((mark) => mark.kind === "claim"));
    sorted.forEach((mark, rank) => (mark.rank = rank));
    const starting = groupByStart(sorted);
    const bounds = [...new Set(sorted.flatMap((mark) => [mark.start, mark.end]))].sort((a, b) => a - b);
    const units = toUnits(text, bounds);
    const root = document.createDocumentFragment();
    const seen = new Set();
    let stack = []; // open pieces, outermost first
    let active = []; // marks that cover the position, by rank
    let unit = 0;
    for (const [i, bound] of bounds.entries()) {
      const here = units.get(bound);
      if (here > unit) (stack.at(-1)?.node ?? root).append(text.slice(unit, here));
      unit = here;
      for (const piece of stack) if (piece.mark.end === bound) piece.node.classList.add("last");
      active = active.filter((mark) => mark.end > bound);
      active.push(...(starting.get(bound) ?? []).filter((mark) => mark.end > bound));
      active.sort((a, b) => a.rank - b.rank);
      let shared = 0;
      while (shared < stack.length && stack[shared].mark === active[shared]) shared += 1;
      stack = stack.slice(0, shared);
      for (const mark of active.slice(shared)) {
        const node = open(mark, !seen.has(mark));
        node.dataset.mark = mark.index;
        seen.add(mark);
        (stack.at(-1)?.node ?? root).append(node);
        stack.push({ mark, node });
      }
      if (i === bounds.length - 1) break;
    }
    root.append(text.slice(unit));
    element.classList.add("text");
    element.replaceChildren(root);
  }

  function groupByStart(marks) {
    const groups = new Map();
    for (const mark of marks) groups.set(mark.start, [...(groups.get(mark.start) ?? []), mark]);
    return groups;
  }

  function fill(element) {
    const { text, marks } = data.texts[element.dataset.text];
    drawText(element, text, marks[element.dataset.marks ?? Object.keys(marks)[0]] ?? []);
    element.removeAttribute("data-text");
  }

  const watcher = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        watcher.unobserve(entry.target);
        if (entry.target.dataset.text !== undefined) fill(entry.target);
      }
    },
    { rootMargin: "600px" },
  );

  function showTexts(root = document) {
    for (const element of root.querySelectorAll("[data-text]")) watcher.observe(element);
  }

  // All parts of a quote or claim light up together.
  function light(event) {
    const text = event.target.closest?.(".text");
    for (const node of document.querySelectorAll(".m.lit")) node.classList.remove("lit");
    const group = event.target.closest?.(".m[data-group]")?.dataset.group;
    if (!text || !group) return;
    for (const node of text.querySelectorAll(`.m[data-group="${CSS.escape(group)}"]`)) node.classList.add("lit");
  }

  function switchTheme() {
    const root = document.documentElement;
    const dark = (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    root.dataset.theme = dark ? "light" : "dark";
  }

  document.addEventListener("mouseover", light);
  document.getElementById("theme").addEventListener("click", switchTheme);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea");
    if (event.key === "t" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) switchTheme();
  });
  window.addEventListener("beforeprint", () => document.querySelectorAll("[data-text]").forEach(fill));
  document.addEventListener("DOMContentLoaded", () => showTexts());
  return { data, el, drawText, showTexts, colour, toUnits };
})();
