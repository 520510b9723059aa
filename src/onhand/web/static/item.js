// An item's page: when the stream says that the item changed, its parts are fetched anew.

import { keepAging } from "./ages.js";
import { follow } from "./stream.js";
import { swapParts } from "./swap.js";

const page = document.querySelector("[data-items]");
const items = new Set(JSON.parse(page.dataset.items));
const line = document.querySelector("[data-line]");

keepAging();
follow(page.dataset.stream, {
  from: page.dataset.from,
  onState(state) {
    line.dataset.line = state;
    line.textContent = state === "live" ? "Live" : "No answer, trying again";
  },
  onEvent(name, data) {
    if (name === "reset" || (name === "rows" && data.rows.some((row) => items.has(row.item)))) swapParts();
  },
});
