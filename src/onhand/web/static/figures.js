// The figures on the board: words come from the server, the page puts them in place.

import { learnTime } from "./ages.js";

const TRACE_POINTS = 60; // one a second
const SVG = "http://www.w3.org/2000/svg";
const traces = new Map();

/** Put a status in place: texts, tones, lanes and traces. */
export function showStatus(status) {
  learnTime(status.as_of);
  for (const [name, text] of Object.entries(status.figures)) {
    for (const element of document.querySelectorAll(`[data-figure="${name}"]`)) {
      if (element.textContent !== text) element.textContent = text;
    }
  }
  document.title = `${status.figures.sentence} \u00b7 onhand`;
  for (const [name, tone] of Object.entries(status.tones)) {
    for (const element of document.querySelectorAll(`[data-tone-of="${name}"]`)) element.dataset.tone = tone;
  }
  for (const time of document.querySelectorAll("time[data-status]")) time.dateTime = status.as_of;
  for (const part of document.querySelectorAll("[data-share]")) {
    const [start, width] = status.shares[part.dataset.share];
    part.setAttribute("x", start);
    part.setAttribute("width", width);
  }
  for (const lane of status.lanes) showLane(lane);
  trace("deliveries", status.deliveries.per_s);
  trace("delay", status.latency_s?.p99 ?? null);
}

function showLane(lane) {
  const element = document.querySelector(`[data-lane="${CSS.escape(lane.channel)}"]`);
  if (!element) return;
  element.dataset.state = lane.state;
  for (const [name, text] of [["words", lane.words], ["because", lane.because]]) {
    const place = element.querySelector(`[data-lane-${name}]`);
    if (place.textContent !== text) place.textContent = text;
  }
  const button = element.querySelector("button");
  if (button && !button.disabled) {
    button.value = lane.stopped ? "resume" : "pause";
    const label = lane.stopped ? "Resume" : "Pause";
    if (button.textContent !== label) button.textContent = label;
    button.setAttribute("aria-label", `${label} ${lane.title}`);
  }
}

/** Draw the last minute of a figure as a line. The figure itself stands beside it as text. */
function trace(name, value) {
  const svg = document.querySelector(`svg[data-trace="${name}"]`);
  if (!svg) return;
  const points = traces.get(name) ?? [];
  traces.set(name, points);
  points.push(value);
  if (points.length > TRACE_POINTS) points.shift();
  const top = Math.max(...points.map((point) => point ?? 0)) || 1;
  const step = 120 / (TRACE_POINTS - 1);
  const start = 120 - (points.length - 1) * step;
  const line = points
    .map((point, at) => [start + at * step, point])
    .filter(([, point]) => point !== null)
    .map(([x, point]) => `${x.toFixed(1)},${(30 - (point / top) * 26).toFixed(1)}`);
  let drawn = svg.firstElementChild;
  if (!drawn) {
    drawn = document.createElementNS(SVG, "polyline");
    svg.append(drawn);
  }
  drawn.setAttribute("points", line.join(" "));
}

/** Let the buttons of the lanes work: pause writing to a channel, or resume it. */
export function obeyLanes(root) {
  root.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-post]");
    if (!button) return;
    const said = button.closest("[data-lane]").querySelector("[data-lane-because]");
    button.disabled = true;
    try {
      const address = button.dataset.post.replace("{action}", button.value);
      const answer = await fetch(address, { method: "POST", headers: { "idempotency-key": crypto.randomUUID() } });
      const body = await answer.json();
      if (answer.ok) showStatus(body);
      else said.textContent = `${body.title}: ${body.detail}`;
    } catch {
      said.textContent = "No answer from onhand: is it still running?";
    } finally {
      button.disabled = false;
    }
  });
}
