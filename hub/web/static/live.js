// Follows the page's stream; each "changed" fetches the page's fragment again. Silence is shown as a lost connection.
import { paint, setNow } from "./clock.js";

const QUIET_MS = 10000;

function parsed(text) {
  const held = document.createElement("template");
  held.innerHTML = text;
  return held.innerHTML.trim();
}

function touched(form) {
  if (form.contains(document.activeElement) || form.querySelector("input:checked")) return true;
  const fields = form.querySelectorAll("input:not([type=hidden]):not([type=radio]), textarea");
  return Array.from(fields).some((field) => field.value !== field.defaultValue);
}

// As the server made it, before the clocks are painted in.
const page = document.getElementById("live");
let shown = page ? page.innerHTML.trim() : "";

export function follow(onChange) {
  const live = document.getElementById("live");
  const lost = document.getElementById("lost");
  if (!live || !live.dataset.stream) return;
  let heard = Date.now();
  let failed = false;
  let busy = false;
  let again = false;

  function say(isLost) {
    if (lost.hidden === !isLost) return;
    lost.hidden = !isLost;
    document.dispatchEvent(new CustomEvent("hub:link", { detail: !isLost }));
  }

  function beat() {
    heard = Date.now();
    failed = false;
    say(false);
  }

  async function refresh() {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const answer = await fetch(live.dataset.fragment + location.search, { credentials: "same-origin" });
      if (answer.status === 401 || answer.status === 410) {
        location.reload();
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      const text = await answer.text();
      // Somebody who is just filling a form in keeps it.
      const dirty = Array.from(live.querySelectorAll("form[data-keep]")).some(touched);
      const fresh = parsed(text);
      // A button that is replaced under a finger loses the tap: only what differs is put in.
      if (!dirty && fresh !== shown) {
        const unfolded = Array.from(live.querySelectorAll("details[open]")).map((one) => one.id);
        live.innerHTML = text;
        unfolded.map((id) => document.getElementById(id)).forEach((one) => {
          if (one) one.open = true;
        });
        shown = fresh;
        paint(live);
      }
      if (onChange) onChange();
      beat();
    } catch (error) {
      failed = true;
      say(true);
    } finally {
      busy = false;
      if (again) {
        again = false;
        refresh();
      }
    }
  }

  let stream;
  function connect() {
    stream = new EventSource(live.dataset.stream + location.search);
    stream.addEventListener("changed", () => {
      beat();
      // The first one too: what happened between the page's making and the stream's start is in neither otherwise.
      refresh();
    });
    stream.addEventListener("tick", (event) => {
      setNow(Number(event.data));
      const wasFailed = failed;
      beat();
      if (wasFailed) refresh();
    });
    stream.onerror = () => {
      failed = true;
      say(true);
      if (stream.readyState === 2) setTimeout(connect, 2000);
    };
  }
  connect();
  setInterval(() => {
    if (Date.now() - heard > QUIET_MS) {
      failed = true;
      say(true);
    }
  }, 1000);
  return refresh;
}
