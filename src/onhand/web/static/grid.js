// <live-grid>: every item of a shop, as many rows in the document as fit on the screen, kept current by a stream.

import { itemColumn, levelColumn, offerColumn, SHOWS } from "./columns.js";
import { learnTime, serverNow } from "./ages.js";

const ROW_PX = 52; // stands in onhand.css too (--row)
const SPARE_ROWS = 6; // beyond either edge, so that a quick wheel shows no gaps
const PAGE_ROWS = 2000;
const SORT_AGAIN_MS = 1000; // rows that jump under the pointer help nobody
const SUMMARY_MS = 10_000;
const NARROW = matchMedia("(max-width: 720px)");

class LiveGrid extends HTMLElement {
  #rows = new Map(); // item -> row, everything
  #order = []; // rows as sorted and filtered
  #at = new Map(); // item -> its index in #order
  #shown = new Map(); // index in #order -> row element
  #free = []; // row elements without a row
  #dirty = new Map(); // item -> row as it was painted before the change
  #columns = [];
  #channels = [];
  #locations = [];
  #active = 0;
  #frame = 0;
  #changed = 0;
  #mustSort = false;

  connectedCallback() {
    this.form = this.querySelector("form");
    this.board = this.querySelector(".board");
    this.head = this.querySelector(".head");
    this.body = this.querySelector(".rows");
    this.count = this.querySelector("[data-count]");
    this.news = this.querySelector("[data-news]");
    this.empty = this.querySelector("[data-empty]");
    this.#readAddress();
    this.form.addEventListener("input", () => this.#ask());
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.board.addEventListener("scroll", () => this.#paintSoon(), { passive: true });
    this.board.addEventListener("keydown", (event) => this.#onKey(event));
    this.body.addEventListener("focusin", (event) => this.#onFocus(event));
    this.body.addEventListener("click", (event) => this.#onClick(event));
    NARROW.addEventListener("change", () => this.#layOut());
    new ResizeObserver(() => this.#paintSoon()).observe(this.board);
    setInterval(() => this.#paintAll(), 1000); // ages
    setInterval(() => this.#mustSort && this.#arrange(), SORT_AGAIN_MS);
    setInterval(() => this.#sumUp(), SUMMARY_MS);
  }

  /** Read everything, page by page, and return the event to follow the stream from. */
  async load() {
    let from = null;
    let after = "";
    const rows = new Map();
    do {
      const url = new URL(this.dataset.grid, location.href);
      url.searchParams.set("limit", PAGE_ROWS);
      if (after) url.searchParams.set("after", after);
      const answer = await fetch(url, { cache: "no-store" });
      if (!answer.ok) throw new Error(`the grid answered ${answer.status}`);
      const page = await answer.json();
      learnTime(page.as_of);
      if (from === null) {
        from = page.event; // of the first page: what changes while we read comes again
        this.#locations = page.locations;
        this.#channels = page.channels;
      }
      for (const row of page.rows) rows.set(row.item, prepare(row));
      after = page.next;
      this.#rows = rows;
      if (!this.#columns.length || !after) this.#layOut();
    } while (after);
    return from;
  }

  /** Take rows as they are now; what differs on the screen flashes. */
  apply(rows) {
    for (const row of rows) {
      const before = this.#rows.get(row.item);
      if (before && !this.#dirty.has(row.item)) this.#dirty.set(row.item, before);
      const now = prepare(row);
      now.changed = serverNow();
      this.#rows.set(row.item, now);
      const index = this.#at.get(row.item);
      if (index !== undefined) this.#order[index] = now;
      this.#mustSort = true;
    }
    this.#changed += rows.length;
    this.#paintSoon();
  }

  // ---- order: search, filter and sort stand in the address

  #readAddress() {
    const asked = new URLSearchParams(location.search);
    for (const name of ["q", "show", "sort"]) {
      const field = this.form.elements[name];
      if (asked.has(name)) field.value = asked.get(name);
      if (!field.value && field.options) field.selectedIndex = 0;
    }
    this.sort = asked.get("sort") || "sku";
  }

  #ask() {
    this.sort = this.form.elements.sort.value || "sku";
    const address = new URL(location.href);
    for (const [name, usual] of [["q", ""], ["show", "all"], ["sort", "sku"]]) {
      const value = name === "sort" ? this.sort : this.form.elements[name].value;
      if (value === usual) address.searchParams.delete(name);
      else address.searchParams.set(name, value);
    }
    history.replaceState(null, "", address);
    this.board.scrollTop = 0;
    this.#active = 0;
    this.#arrange();
  }

  #arrange() {
    this.#mustSort = false;
    const sought = this.form.elements.q.value.trim().toLowerCase();
    const wanted = SHOWS[this.form.elements.show.value] ?? SHOWS.all;
    const kept = [];
    for (const row of this.#rows.values()) {
      if ((!sought || row.sought.includes(sought)) && wanted(row, this.#channels)) kept.push(row);
    }
    const active = this.#order[this.#active]?.item;
    this.#order = kept.sort(this.#comparison());
    this.#at = new Map(kept.map((row, index) => [row.item, index]));
    this.#active = this.#at.get(active) ?? Math.min(this.#active, Math.max(0, kept.length - 1));
    this.body.style.height = `${kept.length * ROW_PX}px`;
    this.board.setAttribute("aria-rowcount", kept.length + 1);
    this.count.textContent =
      kept.length === this.#rows.size ? `${kept.length.toLocaleString()} items`
        : `${kept.length.toLocaleString()} of ${this.#rows.size.toLocaleString()} items`;
    this.empty.hidden = kept.length > 0 || !this.#rows.size;
    this.#markSort();
    this.#paintAll();
  }

  #comparison() {
    const down = this.sort.startsWith("-");
    const key = down ? this.sort.slice(1) : this.sort;
    const bySku = this.#columns[0].compare;
    if (key === "changed") return (a, b) => b.changed - a.changed || bySku(a, b);
    const column = this.#columns.find((one) => one.key === key) ?? this.#columns[0];
    return (a, b) => (down ? column.compare(b, a) : column.compare(a, b)) || bySku(a, b);
  }

  // ---- columns

  #layOut() {
    const address = new URL(this.dataset.item, location.href);
    const addressOf = (row) => {
      // A browser takes "." and ".." in a path for steps; the item's own id says which one is meant.
      const label = !row.sku || /^\.{1,2}$/.test(row.sku) ? "-" : row.sku;
      const there = new URL(`${address.pathname}${encodeURIComponent(label)}`, location.origin);
      for (const [name, value] of address.searchParams) there.searchParams.set(name, value);
      there.searchParams.set("item", row.item);
      return there.href;
    };
    const levels = this.#locations.map(levelColumn);
    const offers = this.#channels.map(offerColumn);
    // On a narrow screen what may be sold comes first: the rest is a swipe away.
    this.#columns = [itemColumn(addressOf), ...(NARROW.matches ? [...offers, ...levels] : [...levels, ...offers])];
    this.board.style.setProperty("--levels", levels.length);
    this.board.style.setProperty("--offers", offers.length);
    this.board.setAttribute("aria-colcount", this.#columns.length);
    this.body.replaceChildren();
    this.#shown.clear();
    this.#free = [];
    this.#buildHead();
    this.#fillSorts();
    this.#arrange();
  }

  #buildHead() {
    const cells = this.#columns.map((column, index) => {
      const cell = document.createElement("div");
      cell.setAttribute("role", "columnheader");
      cell.setAttribute("aria-colindex", index + 1);
      cell.className = `cell ${column.kind}`;
      if (column.group && this.#columns[index - 1]?.group !== column.group) {
        cell.classList.add("first");
        const group = document.createElement("span");
        group.className = "group";
        group.textContent = column.group;
        cell.append(group);
      }
      const button = document.createElement("button");
      button.type = "button";
      const name = document.createElement("bdi");
      name.textContent = column.head;
      button.append(name);
      button.title = `Sort by ${column.head}`;
      button.addEventListener("click", () => {
        const field = this.form.elements.sort;
        field.value = this.sort === column.key ? `-${column.key}` : column.key;
        this.#ask();
      });
      cell.append(button);
      return cell;
    });
    this.head.replaceChildren(...cells);
  }

  #fillSorts() {
    const field = this.form.elements.sort;
    const options = [new Option("Changed last", "changed")];
    for (const column of this.#columns) {
      const [up, down] = column.kind === "who" ? ["A to Z", "Z to A"] : ["fewest first", "most first"];
      options.push(new Option(`${column.head}: ${up}`, column.key), new Option(`${column.head}: ${down}`, `-${column.key}`));
    }
    field.replaceChildren(...options);
    field.value = this.sort;
    if (field.selectedIndex < 0) field.value = this.sort = "sku";
  }

  #markSort() {
    const key = this.sort.replace(/^-/, "");
    this.#columns.forEach((column, index) => {
      const cell = this.head.children[index];
      const order = column.key !== key ? "none" : this.sort.startsWith("-") ? "descending" : "ascending";
      cell.setAttribute("aria-sort", order);
    });
  }

  // ---- painting: once a frame, only rows in sight

  #paintSoon() {
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  #paintAll() {
    for (const element of this.#shown.values()) element.painted = null;
    this.#paintSoon();
  }

  #paint() {
    this.#frame = 0;
    const top = Math.floor(this.board.scrollTop / ROW_PX) - SPARE_ROWS;
    const first = Math.max(0, top);
    const last = Math.min(this.#order.length, top + Math.ceil(this.board.clientHeight / ROW_PX) + 2 * SPARE_ROWS);
    const focused = this.body.contains(document.activeElement);
    for (const [index, element] of this.#shown) {
      const kept = (index >= first && index < last) || (focused && index === this.#active);
      if (kept && index < this.#order.length) continue;
      this.#shown.delete(index);
      this.#free.push(element);
      element.hidden = true;
    }
    for (let index = first; index < last; index++) this.#paintRow(index);
    if (focused && this.#active < this.#order.length) this.#paintRow(this.#active);
    this.#dirty.clear();
  }

  #paintRow(index) {
    let element = this.#shown.get(index);
    if (!element) {
      element = this.#free.pop() ?? this.#buildRow();
      element.hidden = false;
      element.style.transform = `translateY(${index * ROW_PX}px)`;
      element.setAttribute("aria-rowindex", index + 2);
      element.index = index;
      element.painted = null;
      this.#shown.set(index, element);
    }
    const row = this.#order[index];
    element.tabIndex = index === this.#active ? 0 : -1;
    element.classList.toggle("odd", index % 2 === 1);
    if (element.painted === row) return;
    const before = element.item === row.item ? this.#dirty.get(row.item) : undefined;
    this.#columns.forEach((column, at) => {
      const cell = element.children[at];
      if (element.item !== row.item) cell.classList.remove("up-a", "up-b", "down-a", "down-b");
      column.paint(cell, row);
      if (before && column.value(before) !== column.value(row)) flash(cell, column, before, row);
    });
    element.item = row.item;
    element.painted = row;
  }

  #buildRow() {
    const element = document.createElement("div");
    element.setAttribute("role", "row");
    element.className = "row";
    this.#columns.forEach((column, index) => {
      const cell = document.createElement("div");
      cell.setAttribute("role", index === 0 ? "rowheader" : "gridcell");
      cell.setAttribute("aria-colindex", index + 1);
      cell.className = `cell ${column.kind}`;
      if (column.group && this.#columns[index - 1]?.group !== column.group) cell.classList.add("first");
      column.build(cell);
      element.append(cell);
    });
    this.body.append(element);
    return element;
  }

  // ---- people: keys and clicks

  #onKey(event) {
    if (!this.body.contains(event.target)) return;
    const page = Math.max(1, Math.floor(this.board.clientHeight / ROW_PX) - 2);
    const last = this.#order.length - 1;
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -last, End: last };
    if (event.key === "Enter") {
      this.#shown.get(this.#active)?.querySelector("a").click();
    } else if (event.key in steps && !event.ctrlKey && !event.metaKey && !event.altKey) {
      this.#moveTo(Math.min(last, Math.max(0, this.#active + steps[event.key])));
    } else {
      return;
    }
    event.preventDefault();
  }

  #moveTo(index) {
    this.#active = index;
    const top = index * ROW_PX;
    const room = this.board.clientHeight - this.head.offsetHeight;
    if (top < this.board.scrollTop) this.board.scrollTop = top;
    else if (top + ROW_PX > this.board.scrollTop + room) this.board.scrollTop = top + ROW_PX - room;
    this.#paintRow(index);
    this.#shown.get(index).focus({ preventScroll: true });
    this.#paintSoon();
  }

  #onFocus(event) {
    const row = event.target.closest(".row");
    if (!row || row.index === this.#active) return;
    this.#active = row.index;
    this.#paintSoon();
  }

  #onClick(event) {
    if (event.target.closest("a") || !getSelection().isCollapsed) return;
    event.target.closest(".row")?.querySelector("a").click();
  }

  #sumUp() {
    if (!this.#changed) return;
    this.news.textContent = `${this.#changed} ${this.#changed === 1 ? "row" : "rows"} changed`;
    this.#changed = 0;
  }
}

function prepare(row) {
  const told = row.offers.map((offer) => offer?.[2] ?? 0);
  return { ...row, sought: `${row.sku} ${row.title}`.toLowerCase(), changed: Math.max(0, ...told) };
}

/** Two equal animations by turns: a second change starts anew without forcing a layout. */
function flash(cell, column, before, row) {
  const way = column.size(row) < column.size(before) ? "down" : "up";
  const name = cell.classList.contains(`${way}-a`) ? `${way}-b` : `${way}-a`;
  cell.classList.remove("up-a", "up-b", "down-a", "down-b");
  cell.classList.add(name);
}

customElements.define("live-grid", LiveGrid);
