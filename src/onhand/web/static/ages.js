// How old a thing is, in the server's time: a wrong clock on the desk must not make stock look fresh.

let aheadMs = 0;

/** Learn the server's time from an answer's ISO time. */
export function learnTime(iso) {
  const at = Date.parse(iso);
  if (!Number.isNaN(at)) aheadMs = at - Date.now();
}

/** Return the server's time now, in milliseconds since the epoch. */
export function serverNow() {
  return Date.now() + aheadMs;
}

/** Return an age in the shortest words that keep its meaning: "now", "12 s", "3 min", "5 h", "2 d". */
export function ageText(ms) {
  const seconds = Math.max(0, Math.floor((serverNow() - ms) / 1000));
  if (seconds < 1) return "now";
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/** Keep every <time data-age> of the page telling its age; the machine-readable time stays in its attribute. */
export function keepAging(root = document) {
  const tick = () => {
    for (const time of root.querySelectorAll("time[data-age]")) {
      const at = Date.parse(time.dateTime);
      if (Number.isNaN(at)) continue;
      const age = ageText(at);
      const text = age === "now" ? "just now" : `${age} ago`;
      if (time.textContent !== text) time.textContent = text;
    }
  };
  tick();
  setInterval(tick, 1000);
}
