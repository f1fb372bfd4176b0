// Offers web push on the inbox page, where the browser can do it. The fragment may be put in again: looked for each time.
function bytes(key) {
  const text = atob(key.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function can() {
  return window.isSecureContext && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

function show(id) {
  const shown = document.getElementById(id);
  if (shown) shown.hidden = false;
}

async function turnOn(box) {
  const allowed = await Notification.requestPermission();
  if (allowed !== "granted") throw new Error(allowed);
  await navigator.serviceWorker.register("/static/sw.js");
  const worker = await navigator.serviceWorker.getRegistration("/static/");
  const wanted = { userVisibleOnly: true, applicationServerKey: bytes(box.dataset.key) };
  const subscription = await worker.pushManager.subscribe(wanted);
  const answer = await fetch(box.dataset.save, {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(subscription),
  });
  if (!answer.ok) throw new Error(String(answer.status));
}

export function offer() {
  const box = document.getElementById("push");
  if (!box || !can()) return;
  box.hidden = false;
  const button = document.getElementById("push-on");
  navigator.serviceWorker
    .getRegistration("/static/")
    .then((worker) => worker && worker.pushManager.getSubscription())
    .then((known) => {
      if (!known) return;
      button.hidden = true;
      show("push-done");
    })
    .catch(() => {});
  button.onclick = () => {
    button.disabled = true;
    turnOn(box)
      .then(() => {
        button.hidden = true;
        show("push-done");
      })
      .catch(() => {
        button.disabled = false;
        show("push-failed");
      });
  };
}
