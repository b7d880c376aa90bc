"use strict";
(() => {
  const { data, el, drawText } = annotate;
  const ROW = 52;
  const byId = (id) => document.getElementById(id);
  const placeOf = new Map(data.articles.map((article, index) => [article.id, index]));
  let lower = null; // what is searched, made with the first search
  const hidden = { layers: new Set(), versions: new Set() };
  let found = []; // indexes of the articles that pass the filters
  let current = -1; // place in found
  let drawn = ""; // the article on show, and the label it is filtered by
  let here = -1; // place among the marks that n and p walk through

  const LAYER = { entity: "entities", quote: "quotes", speaker: "quotes", cue: "quotes", claim: "claims", claimer: "claims" };

  // Marks are packed as start, end and the number of their kind.
  function unpack(packed) {
    const marks = [];
    for (let i = 0; i < packed.length; i += 3) {
      marks.push({ ...data.kinds[packed[i + 2]], start: packed[i], end: packed[i + 1] });
    }
    return marks;
  }

  function kindsOf(label) {
    return new Set([...data.kinds.keys()].filter((i) => `${data.kinds[i].kind} ${data.kinds[i].label}` === label));
  }

  function passes(index, query, kinds, split, version, differ) {
    const article = data.articles[index];
    if (differ && !article.differ) return false;
    if (split && article.split !== split) return false;
    if (version && !(version in article.marks)) return false;
    if (kinds) {
      const lists = version ? [article.marks[version]] : Object.values(article.marks);
      if (!lists.some((packed) => packed.some((number, i) => i % 3 === 2 && kinds.has(number)))) return false;
    }
    return query.every((word) => lower[index].includes(word));
  }

  function words() {
    const query = byId("search").value.trim().toLowerCase();
    return query.startsWith('"') && query.endsWith('"') && query.length > 2 ? [query.slice(1, -1)] : query.split(/\s+/).filter(Boolean);
  }

  function filter() {
    const kept = found[current];
    const value = (id) => byId(id)?.value ?? "";
    const query = words();
    const differ = byId("differ")?.checked ?? false;
    const kinds = value("label") ? kindsOf(value("label")) : null;
    if (query.length) lower ??= data.articles.map((one) => `${one.id}\n${one.title ?? ""}\n${one.text}`.toLowerCase());
    found = [...data.articles.keys()].filter((i) => passes(i, query, kinds, value("split"), value("has"), differ));
    byId("count").textContent = `${found.length} of ${data.articles.length} article${data.articles.length === 1 ? "" : "s"}`;
    byId("rows").style.height = `${found.length * ROW}px`;
    if (kept !== undefined && found.includes(kept) && drawn === `${kept} ${value("label")}`) {
      current = found.indexOf(kept);
      keepInView();
      drawRows();
      showFound();
    } else select(Math.max(0, found.indexOf(kept)));
  }

  function keepInView() {
    const list = byId("list");
    const top = current * ROW;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW - list.clientHeight;
  }

  // Only the rows in view exist.
  function drawRows() {
    const list = byId("list");
    const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 5);
    const last = Math.min(found.length, Math.ceil((list.scrollTop + list.clientHeight) / ROW) + 5);
    const rows = [];
    for (let place = first; place < last; place += 1) {
      const article = data.articles[found[place]];
      const row = el(
        "div",
        {
          class: "row",
          role: "option",
          id: `row-${place}`,
          "aria-selected": String(place === current),
          "aria-setsize": found.length,
          "aria-posinset": place + 1,
          onclick: () => select(place),
        },
        el("b", {}, article.title ?? article.id),
        el(
          "span",
          {},
          el("span", { class: "about" }, article.about || article.text.slice(0, 80)),
          ...(article.split ? [el("span", {}, article.split)] : []),
          ...(article.differ ? [el("span", { class: "warn", title: "marks on which versions differ" }, `≠ ${article.differ}`)] : []),
        ),
      );
      row.style.top = `${place * ROW}px`;
      rows.push(row);
    }
    byId("rows").replaceChildren(...rows);
    if (current >= first && current < last) list.setAttribute("aria-activedescendant", `row-${current}`);
    else list.removeAttribute("aria-activedescendant");
  }

  function select(place) {
    current = found.length ? Math.min(Math.max(place, 0), found.length - 1) : -1;
    here = -1;
    keepInView();
    drawRows();
    drawArticle();
  }

  function isShown(mark) {
    if (hidden.layers.has(LAYER[mark.kind])) return false;
    const label = byId("label").value;
    return !label || `${mark.kind} ${mark.label}` === label || (mark.group !== undefined && label.startsWith(mark.group[0] === "q" ? "quote" : "claim"));
  }

  function drawArticle() {
    const article = data.articles[found[current]];
    const columns = byId("columns");
    drawn = `${found[current]} ${byId("label").value}`;
    if (!article) {
      byId("title").textContent = "No article passes the filters";
      byId("about").textContent = "";
      columns.replaceChildren();
      return;
    }
    byId("title").textContent = article.title ?? article.id;
    byId("about").textContent = [article.title && article.id, article.about, article.split].filter(Boolean).join(" · ");
    const shown = data.versions.filter((name) => name in article.marks && !hidden.versions.has(name));
    columns.replaceChildren(
      ...shown.map((name) => {
        const text = el("div", { lang: "en" });
        text.marks = unpack(article.marks[name]).filter(isShown);
        if (shown.length < 2) for (const mark of text.marks) delete mark.state; // it differs from none on show
        drawText(text, article.text, text.marks);
        return el("div", { class: "column" }, ...(data.versions.length > 1 ? [el("h3", {}, name)] : []), text);
      }),
    );
    columns.parentElement.scrollTop = 0;
    history.replaceState(null, "", linkTo(article));
    showFound();
  }

  // #ARTICLE, or #ARTICLE:START-END for an item; `:` in an id is escaped.
  const linkTo = (article, mark) => `#${encodeURIComponent(article.id)}${mark ? `:${mark.start}-${mark.end}` : ""}`;

  function followLink() {
    const [, id, start, end] = /^#?(.*?)(?::(\d+)-(\d+))?$/.exec(location.hash);
    let index;
    try {
      index = placeOf.get(decodeURIComponent(id));
    } catch {
      return; // no link of ours
    }
    if (index === undefined) return;
    if (!found.includes(index)) {
      for (const box of ["search", "label", "split", "has"]) if (byId(box)) byId(box).value = "";
      if (byId("differ")) byId("differ").checked = false;
      filter();
    }
    select(found.indexOf(index));
    if (start !== undefined) pointAt((mark) => mark.start === Number(start) && mark.end === Number(end));
  }

  // Outlines the marks, scrolls to the first, and makes the address a link to it.
  function pointAt(wanted) {
    for (const node of document.querySelectorAll("#columns .m.here")) node.classList.remove("here");
    let pointed = null;
    for (const text of document.querySelectorAll("#columns .text")) {
      text.marks.forEach((mark, index) => {
        if (!wanted(mark, text, index)) return;
        for (const node of text.querySelectorAll(`[data-mark="${index}"]`)) {
          node.classList.add("here");
          pointed ??= { mark, node };
        }
      });
    }
    if (!pointed) return;
    const { mark, node } = pointed;
    const article = data.articles[found[current]];
    node.scrollIntoView({ block: "nearest" });
    byId("said").textContent = `${mark.title ?? mark.label}: ${node.textContent}`;
    history.replaceState(null, "", linkTo(article, mark));
  }

  function showFound() {
    CSS.highlights?.delete("found");
    const query = words();
    if (!query.length || !CSS.highlights) return;
    const ranges = [];
    for (const text of document.querySelectorAll("#columns .text")) {
      const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const content = walker.currentNode.data.toLowerCase();
        for (const word of query) {
          for (let at = content.indexOf(word); at >= 0; at = content.indexOf(word, at + word.length)) {
            if (at + word.length > walker.currentNode.length) break;
            const range = new Range();
            range.setStart(walker.currentNode, at);
            range.setEnd(walker.currentNode, at + word.length);
            ranges.push(range);
          }
        }
      }
    }
    CSS.highlights.set("found", new Highlight(...ranges));
  }

  function walk(step) {
    const several = document.querySelectorAll("#columns .text").length > 1;
    const selector = several ? '#columns .m.first[data-state="differs"]' : "#columns .m.first";
    const marks = [...document.querySelectorAll(selector)];
    if (!marks.length) return;
    here = (Math.max(here, step < 0 ? 0 : -1) + step + marks.length) % marks.length;
    const text = marks[here].closest(".text");
    pointAt((_, other, index) => other === text && index === Number(marks[here].dataset.mark));
    marks[here].scrollIntoView({ block: "center" });
  }

  function toggleVersion(name) {
    if (hidden.versions.has(name)) hidden.versions.delete(name);
    else if (hidden.versions.size < data.versions.length - 1) hidden.versions.add(name);
    for (const box of document.querySelectorAll("#versions input")) box.checked = !hidden.versions.has(box.value);
    drawArticle();
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest?.("input[type=search], select");
    if (typing && (event.key === "Escape" || (event.key === "Enter" && event.target.id === "search"))) event.target.blur();
    if (typing) return;
    const reading = event.target.closest?.(".article") && /^(Arrow|Home|End|Page)/.test(event.key);
    if (reading) return; // these scroll the article
    const version = data.versions[Number(event.key) - 1];
    const page = Math.max(1, Math.floor(byId("list").clientHeight / ROW) - 1);
    const actions = {
      PageDown: () => select(current + page),
      PageUp: () => select(current - page),
      j: () => select(current + 1),
      ArrowDown: () => select(current + 1),
      k: () => select(current - 1),
      ArrowUp: () => select(current - 1),
      Home: () => select(0),
      End: () => select(found.length - 1),
      n: () => walk(1),
      p: () => walk(-1),
      d: () => byId("differ")?.click(),
      "/": () => byId("search").focus(),
    };
    const action = actions[event.key] ?? (version && data.versions.length > 1 ? () => toggleVersion(version) : null);
    if (!action) return;
    event.preventDefault();
    action();
  }

  function start() {
    for (const id of ["label", "split", "has", "differ"]) byId(id)?.addEventListener("change", filter);
    byId("search").addEventListener("input", filter);
    byId("list").addEventListener("scroll", drawRows, { passive: true });
    addEventListener("resize", drawRows);
    document.addEventListener("keydown", onKey);
    if (data.versions.length > 1) {
      byId("versions").replaceChildren(
        ...data.versions.map((name, i) =>
          el("label", {}, el("input", { type: "checkbox", value: name, checked: true, onchange: () => toggleVersion(name) }), ` ${name} `, ...(i < 9 ? [el("kbd", {}, String(i + 1))] : [])),
        ),
      );
    }
    byId("layers").addEventListener("change", (event) => {
      hidden.layers[event.target.checked ? "delete" : "add"](event.target.value);
      drawArticle();
    });
    byId("columns").addEventListener("click", (event) => {
      const node = event.target.closest(".m");
      const text = node?.closest(".text");
      if (node) pointAt((_, other, index) => other === text && index === Number(node.dataset.mark));
    });
    addEventListener("hashchange", followLink);
    const wanted = location.hash; // drawing the first article overwrites it
    filter();
    if (wanted) {
      history.replaceState(null, "", wanted);
      followLink();
    }
  }

  start();
})();
