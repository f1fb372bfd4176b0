// Tones made here, so that nothing has to be loaded. States: locked, armed, sounding, muted; they stand in data-sound.
const PATTERNS = {
  // [frequency, seconds] pairs, then the pause; the fire tone climbs so that nobody takes it for a phone.
  critical: { tones: [[740, 0.28], [988, 0.28], [740, 0.28], [988, 0.28], [1245, 0.4]], pause: 0.25, gain: 0.9 },
  major: { tones: [[660, 0.25], [0, 0.12], [660, 0.25]], pause: 2.2, gain: 0.6 },
  minor: { tones: [[520, 0.3]], pause: 9, gain: 0.35 },
};
export const LONGEST_MUTE_MS = 60000;

let context = null;
let wanted = "";
let mutedUntil = 0;
let timer = 0;

function state() {
  if (!context || context.state !== "running") return "locked";
  if (wanted && Date.now() < mutedUntil) return "muted";
  return wanted ? "sounding" : "armed";
}

export function show() {
  document.body.dataset.sound = state();
  document.dispatchEvent(new CustomEvent("hub:sound", { detail: { state: state(), mutedUntil } }));
}

export function unlock() {
  if (!context) {
    const Context = window.AudioContext || window.webkitAudioContext;
    if (!Context) return;
    context = new Context();
    context.onstatechange = () => {
      show();
      if (state() === "sounding") loop();
    };
  }
  if (context.state !== "running") context.resume().then(show, show);
  show();
}

export function want(severity) {
  const next = PATTERNS[severity] ? severity : "";
  if (next === wanted) return show();
  // Something worse than what was muted is heard at once.
  if (next === "critical") mutedUntil = 0;
  wanted = next;
  show();
  loop();
}

export function mute() {
  mutedUntil = Date.now() + LONGEST_MUTE_MS;
  show();
  clearTimeout(timer);
  timer = setTimeout(loop, LONGEST_MUTE_MS);
}

export function unmute() {
  mutedUntil = 0;
  loop();
}

function loop() {
  clearTimeout(timer);
  show();
  if (state() !== "sounding") return;
  const pattern = PATTERNS[wanted];
  let at = context.currentTime + 0.02;
  pattern.tones.forEach(([frequency, seconds]) => {
    if (frequency) tone(frequency, at, seconds, pattern.gain);
    at += seconds;
  });
  timer = setTimeout(loop, (at - context.currentTime + pattern.pause) * 1000);
}

function tone(frequency, at, seconds, loudness) {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.type = "square";
  oscillator.frequency.value = frequency;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(loudness * 0.5, at + 0.02);
  gain.gain.setValueAtTime(loudness * 0.5, at + seconds - 0.03);
  gain.gain.linearRampToValueAtTime(0, at + seconds);
  oscillator.connect(gain);
  gain.connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + seconds);
}
