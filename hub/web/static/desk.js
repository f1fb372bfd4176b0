import { run } from "./clock.js";
import { follow } from "./live.js";

run();
follow();

// On a phone the tabs are a strip: the one that is open must be in sight.
document.querySelectorAll(".tabs [aria-current], .parts [aria-current]").forEach((one) => {
  const strip = one.parentNode;
  if (strip.scrollWidth > strip.clientWidth) strip.scrollLeft = one.offsetLeft - strip.offsetLeft - 40;
});

// The clipboard is only there over TLS; what is selected can be copied anywhere.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.focus();
  field.select();
  if (document.execCommand("copy")) button.textContent = button.dataset.done;
});
