// Shows what is pushed and answers without opening a page. What comes is JSON:
// {title, text, link, tag, language, quiet, answers}: answers false for an end, a test, a group.
const WORDS = {
  zh: { accept: "我去", decline: "去不了", done: "已记录", failed: "没有记录,请打开页面再试" },
  en: { accept: "I'll go", decline: "Can't go", done: "Recorded", failed: "Not recorded: open the page and try again" },
};

function words(language) {
  return String(language || "zh").indexOf("en") === 0 ? WORDS.en : WORDS.zh;
}

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
  const said = words(sent.language);
  const answers = sent.link && sent.answers !== false;
  const options = {
    body: sent.text || "",
    tag: sent.tag || "hub",
    renotify: !sent.quiet,
    silent: Boolean(sent.quiet),
    requireInteraction: Boolean(answers),
    icon: "/static/icon.svg",
    data: { link: sent.link || "", language: sent.language || "zh" },
    actions: answers
      ? [
          { action: "accept", title: said.accept },
          { action: "decline", title: said.decline },
        ]
      : [],
  };
  event.waitUntil(self.registration.showNotification(sent.title || "", options));
});

async function answer(notification, action) {
  const { link, language } = notification.data;
  const said = words(language);
  try {
    const form = new URLSearchParams({ do: action, via: "push" });
    const answered = await fetch(link, { method: "POST", body: form, credentials: "omit" });
    if (!answered.ok) throw new Error(String(answered.status));
    const options = { body: said.done, tag: notification.tag, silent: true, data: notification.data };
    await self.registration.showNotification(notification.title, options);
  } catch (error) {
    const options = { body: said.failed, tag: notification.tag, data: notification.data };
    await self.registration.showNotification(notification.title, options);
  }
}

self.addEventListener("notificationclick", (event) => {
  const { link } = event.notification.data || {};
  event.notification.close();
  if (!link) return;
  const ours = new URL(link, self.location.origin).origin === self.location.origin;
  if (event.action && ours) event.waitUntil(answer(event.notification, event.action));
  else event.waitUntil(self.clients.openWindow(link));
});
