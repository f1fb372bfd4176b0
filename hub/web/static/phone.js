import { run } from "./clock.js";
import { follow } from "./live.js";

run();
follow();

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
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
