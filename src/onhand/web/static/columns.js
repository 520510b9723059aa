// What a column of the grid shows, how it is sorted, and whether a change in it deserves a flash.

import { ageText } from "./ages.js";

const WORDS = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

/** Set text only where it differs: an unchanged cell costs no layout. */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function units(number) {
  return number < 0 ? `\u2212${-number}` : String(number);
}

/** The first column: SKU and title, and the way to the item's page. */
export function itemColumn(addressOf) {
  return {
    key: "sku",
    head: "Item",
    kind: "who",
    build(cell) {
      const link = make("a", "who-link");
      link.tabIndex = -1; // the row itself takes the focus; Enter follows
      link.append(make("bdi", "sku"), make("bdi", "title"));
      cell.append(link);
    },
    paint(cell, row) {
      const link = cell.firstChild;
      link.href = addressOf(row);
      write(link.firstChild, row.sku || "no SKU");
      link.firstChild.classList.toggle("missing", !row.sku);
      write(link.lastChild, row.title);
      link.title = row.sku ? `${row.sku} \u00b7 ${row.title}` : row.title;
    },
    compare: (a, b) => !a.sku - !b.sku || WORDS.compare(a.sku, b.sku) || WORDS.compare(a.item, b.item),
    value: () => 0,
  };
}

/** Units at one location: available, and small beside it what is held or set apart there. */
export function levelColumn(location, index) {
  const available = (row) => (row.levels[index] ? row.levels[index][0] : null);
  return {
    key: `at.${location.location}`,
    head: location.name,
    kind: "level",
    group: "Stands at",
    build(cell) {
      cell.append(make("span", "figure"), make("span", "beside"));
    },
    paint(cell, row) {
      const level = row.levels[index];
      write(cell.firstChild, level ? units(level[0]) : "\u2013");
      const beside = [];
      if (level?.[1]) beside.push(`${units(level[1])} committed`);
      if (level?.[2]) beside.push(`${units(level[2])} reserved`);
      if (level?.[3]) beside.push(`${units(level[3])} other`);
      const together = beside.length > 1 ? `${units(level[1] + level[2] + level[3])} set aside` : beside[0];
      write(cell.lastChild, together ?? "");
      cell.classList.toggle("none", !level || (level[0] === 0 && !beside.length));
      cell.classList.toggle("short", Boolean(level) && level[0] < 0);
      cell.title = level ? `${location.name}: ${units(level[0])} available${beside.length ? ", " : ""}${beside.join(", ")}`
        : `${location.name}: not stocked`;
    },
    compare: (a, b) => (available(a) ?? -Infinity) - (available(b) ?? -Infinity) || 0,
    value: (row) => (row.levels[index] ? row.levels[index].join() : ""),
    size: (row) => available(row) ?? 0,
  };
}

/** What one channel may sell; below it what the channel was told, and how long ago. */
export function offerColumn(channel, index) {
  const sellable = (row) => (row.offers[index] ? row.offers[index][0] : null);
  return {
    key: `on.${channel.channel}`,
    head: channel.title,
    kind: "offer",
    group: "May sell",
    build(cell) {
      cell.append(make("span", "figure"), make("span", "beside"));
    },
    paint(cell, row) {
      const offer = row.offers[index];
      const state = offerState(channel, offer, row.owed);
      write(cell.firstChild, offer && offer[0] !== null ? units(offer[0]) : "\u2013");
      write(cell.lastChild, state.text);
      cell.dataset.told = state.name;
      cell.classList.toggle("none", !offer);
      cell.classList.toggle("out", Boolean(offer) && offer[0] === 0);
      cell.title = `${channel.title}: ${state.title}`;
    },
    compare: (a, b) => (sellable(a) ?? -Infinity) - (sellable(b) ?? -Infinity) || 0,
    value: (row) => (row.offers[index] ? `${row.offers[index][0]},${row.offers[index][1]}` : ""),
    size: (row) => sellable(row) ?? 0,
  };
}

/** Return how a channel stands with an offer: a name for the style, short words, and the whole sentence. */
function offerState(channel, offer, owed) {
  if (!offer) return { name: "none", text: "", title: "not listed" };
  const [units_, told, toldMs, stale] = offer;
  if (units_ === null) return { name: "wait", text: "not computed yet", title: "not computed yet" };
  if (!channel.is_told) {
    const title = `may sell ${units(units_)}; it sells from the levels that Shopify keeps`;
    if (owed) return { name: "wait", text: "not told", title: `${title}, which were not told of other channels' orders yet` };
    return { name: stale ? "wait" : "agrees", text: stale ? "counting" : "", title };
  }
  if (told === null) return { name: "wait", text: "not told yet", title: `may sell ${units(units_)}, not told yet` };
  const age = toldMs === null ? "" : ageText(toldMs);
  const when = age === "now" ? "just now" : age && `${age} ago`;
  const title = `may sell ${units(units_)}, was told ${units(told)} ${when}`;
  if (told === units_ && !stale) return { name: "agrees", text: age || "told", title };
  return { name: "wait", text: age ? `told ${units(told)} \u00b7 ${age}` : `told ${units(told)}`, title };
}

export const SHOWS = {
  all: () => true,
  scarce: (row) => row.offers.some((offer) => offer && offer[0] !== null && offer[0] <= 3),
  out: (row) => row.offers.some((offer) => offer && offer[0] === 0),
  untold: (row, channels) =>
    row.offers.some((offer, i) => offer && channels[i].is_told && offer[0] !== offer[1]),
  negative: (row) => row.levels.some((level) => level && level.some((units_) => units_ < 0)),
};
