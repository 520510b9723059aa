// Server-sent events read through fetch: a request of ours like any other, and resumed where it broke off.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const SILENCE_MS = 20_000; // the server speaks every second; so much silence means that the line is dead

/** Split a stream of text into events of {id, name, data}; lines that are no field are comments. */
async function* readEvents(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let pending = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      pending += value;
      let end;
      while ((end = pending.indexOf("\n\n")) >= 0) {
        const event = parseEvent(pending.slice(0, end));
        pending = pending.slice(end + 2);
        yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function parseEvent(text) {
  const event = { id: null, name: "message", data: "" };
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const field = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, "");
    if (field === "id") event.id = value;
    else if (field === "event") event.name = value;
    else if (field === "data") event.data += value;
  }
  return event;
}

/**
 * Follow a stream until the page goes away. `onEvent(name, data)` gets parsed data, `onState("live" | "waiting",
 * retryInMs)` how the line is. Returns `{resumeFrom(id)}`, for a page that has just read everything anew.
 */
export function follow(url, { from, onEvent, onState }) {
  let lastId = from;
  let waitMs = FIRST_WAIT_MS;
  let line = new AbortController();

  async function readOnce() {
    line = new AbortController();
    let silence = setTimeout(() => line.abort(), SILENCE_MS);
    try {
      const headers = { accept: "text/event-stream" };
      if (lastId) headers["last-event-id"] = lastId;
      const answer = await fetch(url, { headers, signal: line.signal, cache: "no-store" });
      if (!answer.ok) throw new Error(`the stream answered ${answer.status}`);
      for await (const event of readEvents(answer.body)) {
        clearTimeout(silence);
        silence = setTimeout(() => line.abort(), SILENCE_MS);
        if (event.id !== null) lastId = event.id;
        if (!event.data) continue;
        waitMs = FIRST_WAIT_MS;
        onState("live", 0);
        onEvent(event.name, JSON.parse(event.data));
      }
    } finally {
      clearTimeout(silence);
    }
  }

  async function run() {
    for (;;) {
      await readOnce().catch(() => {}); // a broken line is what the loop is for
      onState("waiting", waitMs);
      await new Promise((resume) => setTimeout(resume, waitMs * (0.75 + Math.random() / 2)));
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    }
  }

  run();
  return {
    resumeFrom(id) {
      lastId = id;
      line.abort();
    },
  };
}
