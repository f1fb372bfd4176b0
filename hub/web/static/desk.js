import { run } from "./clock.js";
import { follow } from "./live.js";

run();
follow();

// The clipboard is only there over TLS; what is selected can be copied anywhere.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.focus();
  field.select();
  if (document.execCommand("copy")) button.textContent = button.dataset.done;
});
