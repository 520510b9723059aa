// The dashboard: read the grid once, then follow the stream.

import { keepAging } from "./ages.js";
import { obeyLanes, showStatus } from "./figures.js";
import "./grid.js";
import { follow } from "./stream.js";
import { swapParts } from "./swap.js";

const grid = document.querySelector("live-grid");
const line = document.querySelector("[data-line]");

keepAging();
obeyLanes(document.querySelector(".lanes"));

function showLine(state, retryMs) {
  line.dataset.line = state;
  const words = state === "live" ? "Live" : `No answer, trying again${retryMs > 1500 ? ` in ${Math.round(retryMs / 1000)} s` : ""}`;
  if (line.textContent !== words) line.textContent = words;
}

async function read() {
  for (;;) {
    try {
      return await grid.load();
    } catch {
      showLine("waiting", 2000);
      await new Promise((resume) => setTimeout(resume, 2000));
    }
  }
}

let anew = false;

async function readAnew() {
  if (anew) return;
  anew = true;
  await new Promise((resume) => setTimeout(resume, 1000)); // what changed so much is seldom done at once
  stream.resumeFrom(await read());
  anew = false;
}

let needs = null;
const from = await read();
const stream = follow(grid.dataset.stream, {
  from,
  onState: showLine,
  onEvent(name, data) {
    if (name === "rows") {
      grid.apply(data.rows);
    } else if (name === "status") {
      showStatus(data);
      if (needs !== null && needs !== data.needs_mark) swapParts();
      needs = data.needs_mark;
    } else if (name === "reset") {
      readAnew();
    }
  },
});
