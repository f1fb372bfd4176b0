// Paints what the stream says has changed into the plan; the page is never fetched again while it is shown.
const QUIET_MS = 10000;
const words = {};
const marks = {};
const counts = {};
const bays = new Map();
const lost = document.getElementById("lost");
let heard = Date.now();

document.querySelectorAll("[data-stand]").forEach((one) => {
  words[one.dataset.stand] = one.textContent;
  marks[one.dataset.stand] = one.dataset.mark;
  counts[one.dataset.stand] = one.parentNode.querySelector("b");
});
document.querySelectorAll("#plan [data-space]").forEach((one) => {
  bays.set(one.dataset.space, { box: one, title: one.querySelector("title"), mark: one.querySelector(".mark") });
});

function named(kind, id) {
  return Array.from(document.querySelectorAll("[data-" + kind + "]")).find((one) => one.dataset[kind] === id);
}

function paint(changed) {
  Object.keys(changed.spaces).forEach((id) => {
    const bay = bays.get(id);
    const stand = changed.spaces[id];
    if (!bay) return;
    bay.box.setAttribute("class", "bay " + stand);
    bay.mark.textContent = marks[stand] || "";
    bay.title.textContent = bay.box.dataset.name + " · " + (words[stand] || stand);
  });
  Object.keys(counts).forEach((stand) => {
    counts[stand].textContent = document.querySelectorAll("#plan .bay." + stand).length;
  });
  Object.keys(changed.zones).forEach((id) => {
    const zone = named("zone", id);
    if (!zone) return;
    zone.querySelector(".left b").textContent = changed.zones[id][0];
    zone.querySelector(".zone-said").textContent = changed.zones[id][1];
  });
  Object.keys(changed.gates).forEach((id) => {
    const gate = named("gate", id);
    if (!gate) return;
    gate.setAttribute("class", "zone gate " + changed.gates[id][0]);
    gate.querySelector(".gate-said").textContent = changed.gates[id][1];
  });
}

function beat() {
  heard = Date.now();
  lost.hidden = true;
}

function connect() {
  const stream = new EventSource("/parking/live" + location.search);
  stream.addEventListener("parking", (event) => {
    const changed = JSON.parse(event.data);
    beat();
    if (changed.reload) {
      location.reload();
      return;
    }
    paint(changed);
    document.body.dataset.frames = Number(document.body.dataset.frames || 0) + 1;
  });
  stream.addEventListener("tick", beat);
  stream.onerror = () => {
    lost.hidden = false;
    if (stream.readyState === 2) setTimeout(connect, 2000);
  };
}
connect();
setInterval(() => {
  if (Date.now() - heard > QUIET_MS) lost.hidden = false;
}, 1000);
