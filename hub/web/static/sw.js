// Shows what is pushed and answers without opening a page. What comes is JSON (hub/delivery/channels/webpush.py):
// title, body, tag, url, actions, token (of the personal link), quiet.
const WORDS = {
  zh: { accept: "我去", decline: "去不了", done: "已记录", failed: "没有记录,请打开页面再试" },
  en: { accept: "I'll go", decline: "Can't go", done: "Recorded", failed: "Not recorded: open the page and try again" },
};
const said = String(self.navigator.language || "zh").indexOf("zh") === 0 ? WORDS.zh : WORDS.en;

function read(event) {
  try {
    return event.data ? event.data.json() : {};
  } catch (error) {
    return { title: event.data.text() };
  }
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const sent = read(event);
  const actions = (sent.token && sent.actions) || [];
  const options = {
    body: sent.body || "",
    tag: sent.tag || "hub",
    renotify: !sent.quiet,
    silent: Boolean(sent.quiet),
    requireInteraction: actions.length > 0,
    icon: "/static/icon.svg",
    data: { url: sent.url || "", token: sent.token || "" },
    actions: actions.filter((name) => said[name]).map((name) => ({ action: name, title: said[name] })),
  };
  event.waitUntil(self.registration.showNotification(sent.title || "", options));
});

async function answer(notification, action) {
  const options = { tag: notification.tag, data: notification.data };
  try {
    const form = new URLSearchParams({ do: action, via: "push" });
    const address = "/a/" + encodeURIComponent(notification.data.token);
    const answered = await fetch(address, { method: "POST", body: form, credentials: "omit" });
    if (!answered.ok) throw new Error(String(answered.status));
    options.body = said.done;
    options.silent = true;
  } catch (error) {
    options.body = said.failed;
  }
  await self.registration.showNotification(notification.title, options);
}

self.addEventListener("notificationclick", (event) => {
  const { url, token } = event.notification.data || {};
  event.notification.close();
  if (event.action && token) event.waitUntil(answer(event.notification, event.action));
  else if (url) event.waitUntil(self.clients.openWindow(url));
});
