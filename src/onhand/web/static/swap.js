// Parts of a page that the server writes, replaced by newer ones of the same page. The server escapes what it
// writes, and this is the only place where text becomes markup: the policy's name stands in the page's own CSP.

const policy = globalThis.trustedTypes?.createPolicy("onhand-page", { createHTML: (text) => text });

let running = null;
let again = false;

async function swap() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
  if (!answer.ok) return;
  const text = await answer.text();
  const fresh = new DOMParser().parseFromString(policy ? policy.createHTML(text) : text, "text/html");
  for (const part of document.querySelectorAll("[data-part]")) {
    const newer = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    // A person in the middle of it keeps it until they leave: a button must not vanish under a finger.
    if (!newer || newer.innerHTML === part.innerHTML || part.contains(document.activeElement)) continue;
    part.replaceChildren(...newer.childNodes);
  }
}

/** Fetch this page again and put its parts in place; calls while one runs become one more. */
export function swapParts() {
  if (running) {
    again = true;
    return running;
  }
  running = swap()
    .catch(() => {}) // the stream says when the line is back, and calls again
    .finally(() => {
      running = null;
      if (again) {
        again = false;
        swapParts();
      }
    });
  return running;
}
