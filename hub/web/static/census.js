// The walk: one space at a time. Answers stay on this phone until the hub has said that it has them.
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

  function stored() {
    try {
      const kept = JSON.parse(localStorage.getItem(key) || "{}");
      // What somebody saw yesterday is no census.
      return Date.now() - (kept.at || 0) < 6 * 3600000 ? kept.answers || {} : {};
    } catch (error) {
      return {};
    }
  }

  function keep() {
    try {
      localStorage.setItem(key, JSON.stringify({ at: Date.now(), answers: answers }));
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
    document.getElementById("walk-photo").href = "/parking/space?id=" + encodeURIComponent(stop.dataset.walk);
    document.getElementById("walk-back").disabled = at === 0;
    document.getElementById("walk-next").disabled = at === stops.length - 1;
    walk.querySelectorAll("[data-verdict]").forEach((one) => {
      one.setAttribute("aria-pressed", String(answers[stop.dataset.walk] === one.dataset.verdict));
    });
    send.disabled = busy || done === 0;
    send.textContent = sendable + " (" + done + ")";
  }

  async function deliver() {
    if (busy) return;
    busy = true;
    waiting = false;
    show();
    tell(walk.dataset.sending);
    const form = new FormData();
    form.append("form", walk.dataset.form);
    form.append("zone", walk.dataset.zone);
    form.append("spaces", JSON.stringify(answers));
    try {
      const reply = await fetch("/parking/census?community=" + encodeURIComponent(walk.dataset.community), {
        method: "POST", body: form, credentials: "same-origin",
      });
      if (reply.redirected || reply.status === 401 || reply.status === 403) {
        tell(walk.dataset.again);
      } else if (reply.status >= 500) {
        throw new Error(String(reply.status));
      } else {
        const answer = await reply.json();
        tell(answer.said);
        if (answer.ok) {
          answers = {};
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
    answers[stops[at].dataset.walk] = button.dataset.verdict;
    keep();
    tell("");
    if (at < stops.length - 1) at += 1;
    show();
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
  });
  setInterval(() => {
    if (waiting) deliver();
  }, 10000);

  answers = stored();
  const next = stops.findIndex((one) => !(one.dataset.walk in answers));
  at = next < 0 ? stops.length - 1 : next;
  show();
}

if (walk) run();
