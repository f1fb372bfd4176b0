// Counts up from data-since-ms and down to data-until-ms, on the server's clock: a PC's own may be wrong by hours.
let offset = 0;

export function setNow(serverMs) {
  offset = serverMs - Date.now();
}

export function now() {
  return Date.now() + offset;
}

function two(n) {
  return n < 10 ? "0" + n : String(n);
}

export function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const h = Math.floor(s / 3600);
  if (h >= 48) return Math.floor(h / 24) + "d " + two(h % 24) + "h";
  return (h ? h + ":" : "") + two(Math.floor(s / 60) % 60) + ":" + two(s % 60);
}

export function paint(root) {
  const t = now();
  root.querySelectorAll("[data-since-ms]").forEach((el) => {
    el.textContent = span(t - Number(el.dataset.sinceMs));
  });
  root.querySelectorAll("[data-until-ms]").forEach((el) => {
    const left = Number(el.dataset.untilMs) - t;
    el.textContent = left > 0 ? span(left + 999) : el.dataset.due;
  });
}

export function run() {
  setNow(Number(document.body.dataset.nowMs));
  paint(document);
  setInterval(() => paint(document), 500);
}
