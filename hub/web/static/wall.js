import { now, run } from "./clock.js";
import { follow } from "./live.js";
import { mute, show, unlock, unmute, want } from "./sound.js";

const ORDER = ["critical", "major", "minor", "info"];
const muteChip = document.getElementById("mute");
const unlockBanner = document.getElementById("unlock");

function unanswered() {
  const open = Array.from(document.querySelectorAll("[data-incident][data-answered='0']"));
  return open.sort((a, b) => ORDER.indexOf(a.dataset.severity) - ORDER.indexOf(b.dataset.severity));
}

let known = new Set();

function listen() {
  const ids = unanswered().map((el) => el.dataset.incident);
  // A mute was for what had been seen; what is new is heard.
  if (ids.some((id) => !known.has(id)) && document.body.dataset.sound === "muted") unmute();
  known = new Set(ids);
  const first = unanswered()[0];
  want(first ? first.dataset.severity : "");
}

function accept(form) {
  if (form.dataset.sent) return;
  form.dataset.sent = "1";
  fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin" })
    .then((answer) => {
      if (!answer.ok) throw new Error(String(answer.status));
      refresh();
    })
    .catch(() => {
      delete form.dataset.sent;
      document.getElementById("lost").hidden = false;
    });
}

document.addEventListener("submit", (event) => {
  if (!event.target.action.includes("/wall/accept")) return;
  event.preventDefault();
  accept(event.target);
});

document.addEventListener("keydown", (event) => {
  unlock();
  if (event.repeat || (event.key !== "Enter" && event.key !== " ")) return;
  if (event.target.closest("a")) return;
  const first = unanswered()[0];
  const form = first && first.querySelector("form");
  if (form) {
    event.preventDefault();
    accept(form);
  }
});
document.addEventListener("pointerdown", unlock);

muteChip.addEventListener("click", () => {
  if (document.body.dataset.sound === "muted") unmute();
  else if (document.body.dataset.sound === "sounding") mute();
  muteChip.blur(); // the next Enter is for 接警
});

document.addEventListener("hub:sound", (event) => {
  const { state, mutedUntil } = event.detail;
  const label = muteChip.querySelector("span");
  unlockBanner.hidden = state !== "locked";
  if (state === "muted") label.textContent = muteChip.dataset.muted + " " + Math.ceil((mutedUntil - Date.now()) / 1000);
  else if (state === "sounding") label.textContent = muteChip.dataset.mute;
  else label.textContent = state === "locked" ? muteChip.dataset.locked : muteChip.dataset.quiet;
});

document.addEventListener("hub:link", (event) => {
  const chip = document.getElementById("link-state");
  chip.className = event.detail ? "chip ok" : "chip bad";
  chip.querySelector("span").textContent = event.detail ? chip.dataset.ok : chip.dataset.lost;
});

const timeZone = document.body.dataset.timezone;
const time = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", second: "2-digit" });
const date = new Intl.DateTimeFormat(document.documentElement.lang, { timeZone, month: "long", day: "numeric", weekday: "long" });
function tell() {
  document.getElementById("clock").textContent = time.format(now());
  document.getElementById("date").textContent = date.format(now());
}

run();
tell();
setInterval(tell, 500);
setInterval(show, 1000);
const refresh = follow(listen);
unlock();
listen();
