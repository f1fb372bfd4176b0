// The walk: one space at a time. Answers stay on this phone until the hub has said that it has them.
const BOUNCE_MS = 400;
const walk = document.getElementById("walk");

function run() {
  const stops = Array.from(walk.querySelectorAll("[data-walk]"));
  const key = "census|" + walk.dataset.community + "|" + walk.dataset.zone;
  const said = document.getElementById("walk-said");
  const send = document.getElementById("walk-send");
  const sendable = send.textContent;
  let at = 0;
  let waiting = false;
  let busy = false;
  let answers = {};
  let photos = {};
  let name = "";
  let offered = false;
  let tapped = { button: null, at: 0 };
  const files = {};

  // Names this walk: what is sent again because its answer was lost is counted once.
  function freshName() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    name = Array.from(bytes, (one) => ("0" + one.toString(16)).slice(-2)).join("");
    offered = false;
  }

  function stored() {
    try {
      const kept = JSON.parse(localStorage.getItem(key) || "{}");
      // What somebody saw yesterday is no census.
      return Date.now() - (kept.at || 0) < 6 * 3600000 ? kept : {};
    } catch (error) {
      return {};
    }
  }

  function keep() {
    try {
      localStorage.setItem(key, JSON.stringify({ at: Date.now(), answers: answers, photos: photos, name: name, offered: offered }));
    } catch (error) {
      // A private window keeps nothing: the page still does.
    }
  }

  function tell(text) {
    said.textContent = text;
    said.hidden = !text;
  }

  function show() {
    const stop = stops[at];
    const done = Object.keys(answers).length;
    document.getElementById("walk-name").textContent = stop.dataset.name;
    document.getElementById("walk-stand").textContent = stop.dataset.stand;
    document.getElementById("walk-done").textContent = done;
    document.getElementById("walk-bar").value = done;
    const id = stop.dataset.walk;
    document.getElementById("walk-photo-said").textContent =
      id in files ? walk.dataset.photoWaits : id in photos ? walk.dataset.photoThere : walk.dataset.photo;
    document.getElementById("walk-space").href = "/parking/space?id=" + encodeURIComponent(stop.dataset.walk);
    document.getElementById("walk-back").disabled = at === 0;
    document.getElementById("walk-next").disabled = at === stops.length - 1;
    walk.querySelectorAll("[data-verdict]").forEach((one) => {
      one.setAttribute("aria-pressed", String(answers[stop.dataset.walk] === one.dataset.verdict));
    });
    send.disabled = busy || done === 0;
    send.textContent = sendable + " (" + done + ")";
  }

  function lapsed(reply) {
    return reply.redirected || reply.status === 401 || reply.status === 403;
  }

  async function sendPhoto(id) {
    const form = new FormData();
    form.append("form", walk.dataset.form);
    form.append("photo", files[id]);
    const reply = await fetch("/parking/census/photo?community=" + encodeURIComponent(walk.dataset.community), {
      method: "POST", body: form, credentials: "same-origin",
    });
    if (lapsed(reply)) {
      tell(walk.dataset.again);
      return;
    }
    if (reply.status >= 500) throw new Error(String(reply.status));
    const answer = await reply.json();
    delete files[id];
    if (answer.ok) {
      photos[id] = answer.photo;
      if (offered) freshName();
      keep();
    } else {
      tell(answer.said);
    }
    show();
  }

  async function sendPhotos() {
    for (const id of Object.keys(files)) await sendPhoto(id);
  }

  async function deliver() {
    if (busy) return;
    busy = true;
    waiting = false;
    show();
    tell(walk.dataset.sending);
    try {
      await sendPhotos();
    } catch (error) {
      // The census itself may still get through; a photo is no part of it.
    }
    offered = true;
    keep();
    const form = new FormData();
    form.append("form", walk.dataset.form);
    form.append("zone", walk.dataset.zone);
    form.append("spaces", JSON.stringify(answers));
    form.append("photos", JSON.stringify(photos));
    form.append("walk", name);
    try {
      const reply = await fetch("/parking/census?community=" + encodeURIComponent(walk.dataset.community), {
        method: "POST", body: form, credentials: "same-origin",
      });
      if (lapsed(reply)) {
        tell(walk.dataset.again);
      } else if (reply.status >= 500) {
        throw new Error(String(reply.status));
      } else {
        const answer = await reply.json();
        tell(answer.said);
        if (answer.ok) {
          answers = {};
          photos = {};
          freshName();
          at = 0;
          keep();
        }
      }
    } catch (error) {
      waiting = true;
      tell(walk.dataset.unsent);
    } finally {
      busy = false;
      show();
    }
  }

  walk.addEventListener("click", (event) => {
    const button = event.target.closest("[data-verdict]");
    if (!button || busy) return;
    // A tap that bounces means this space, not the next one as well.
    if (tapped.button === button && Date.now() - tapped.at < BOUNCE_MS) return;
    tapped = { button: button, at: Date.now() };
    // What was offered already stays what it was: the same name must not mean other answers.
    if (offered) freshName();
    answers[stops[at].dataset.walk] = button.dataset.verdict;
    keep();
    tell("");
    if (at < stops.length - 1) at += 1;
    show();
  });
  document.getElementById("walk-photo").addEventListener("change", (event) => {
    const id = stops[at].dataset.walk;
    const file = event.target.files[0];
    if (!file) return;
    files[id] = file;
    event.target.value = "";
    show();
    sendPhoto(id).catch(() => {});
  });
  document.getElementById("walk-back").addEventListener("click", () => {
    at = Math.max(0, at - 1);
    show();
  });
  document.getElementById("walk-next").addEventListener("click", () => {
    at = Math.min(stops.length - 1, at + 1);
    show();
  });
  send.addEventListener("click", deliver);
  window.addEventListener("online", () => {
    if (waiting) deliver();
    else sendPhotos().catch(() => {});
  });
  setInterval(() => {
    if (waiting) deliver();
  }, 10000);

  const kept = stored();
  answers = kept.answers || {};
  photos = kept.photos || {};
  if (kept.name) {
    name = kept.name;
    offered = Boolean(kept.offered);
  } else {
    freshName();
  }
  const next = stops.findIndex((one) => !(one.dataset.walk in answers));
  at = next < 0 ? stops.length - 1 : next;
  show();
}

if (walk) run();
