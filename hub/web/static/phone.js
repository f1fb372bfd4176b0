import { run } from "./clock.js";
import { follow } from "./live.js";
import { offer } from "./push.js";

run();
follow(offer);
offer();

// A second tap while the first is under way would only wait for the same answer.
document.addEventListener("submit", (event) => {
  const pressed = event.submitter;
  const buttons = event.target.querySelectorAll("button");
  setTimeout(() => {
    buttons.forEach((button) => {
      button.disabled = true;
    });
    if (pressed && pressed.dataset.once) pressed.textContent = pressed.dataset.once;
  }, 0);
});
// The browser's own words for "no file chosen" would stand there in its language: ours stand in their place.
function sayChosen(field) {
  if (!field.dataset || !field.dataset.chosen || !field.files.length) return;
  field.parentNode.classList.add("chosen");
  field.parentNode.querySelector("b").textContent = field.dataset.chosen;
}
document.addEventListener("change", (event) => sayChosen(event.target));
// A photo may be there before this script is.
document.querySelectorAll("input[data-chosen]").forEach(sayChosen);
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// Somebody has it on their screen. A link preview runs no script, or shows it to nobody.
const opened = document.body.dataset.opened;
function sayOpened() {
  if (!opened || document.visibilityState !== "visible") return;
  document.removeEventListener("visibilitychange", sayOpened);
  fetch(opened, { method: "POST", credentials: "same-origin" }).catch(() => {});
}
document.addEventListener("visibilitychange", sayOpened);
sayOpened();
