"use strict";
// Videos load when they come into view and let go of their data when they leave it: a page of hundreds stays light.
const cards = [...document.querySelectorAll("article")];
const [search, kind, speed, play] = ["search", "kind", "speed", "play"].map((id) => document.getElementById(id));
const whole = document.getElementById("count").textContent;
const inView = new Set();

const videoOf = (card) => card.querySelector("video");
const moves = () => play.getAttribute("aria-pressed") === "true";

function start(card) {
  const video = videoOf(card);
  if (!video) return;
  if (!video.hasAttribute("src")) video.src = video.dataset.src;
  video.playbackRate = video.defaultPlaybackRate = Number(speed.value);
  video.play().catch(() => {}); // a pause that comes at once is no fault
}

function halt(card, unload) {
  const video = videoOf(card);
  if (!video || !video.hasAttribute("src")) return;
  video.pause();
  if (unload) {
    video.removeAttribute("src");
    video.load();
  }
}

const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) {
      inView.add(target);
      if (moves()) start(target);
    } else {
      inView.delete(target);
      halt(target, true);
    }
  }
}, { rootMargin: "120px" });

function choose() {
  const wanted = search.value.trim().toLowerCase().split(/\s+/);
  let left = 0;
  for (const card of cards) {
    const text = card.textContent.toLowerCase();
    card.hidden = !wanted.every((word) => text.includes(word)) || (kind.value !== "" && card.dataset.kind !== kind.value);
    left += card.hidden ? 0 : 1;
  }
  document.getElementById("none").hidden = left > 0;
  document.getElementById("count").textContent = left === cards.length ? whole : `${left} of ${whole}`;
}

for (const card of cards) {
  watcher.observe(card);
  const stage = card.querySelector(".stage");
  if (!stage) continue;
  stage.addEventListener("click", () => {
    card.classList.toggle("large");
    card.scrollIntoView({ block: "nearest" });
  });
  for (const event of ["pointerenter", "focus"]) stage.addEventListener(event, () => start(card));
  for (const event of ["pointerleave", "blur"]) stage.addEventListener(event, () => moves() || halt(card, false));
}
search.addEventListener("input", choose);
kind.addEventListener("change", choose);
speed.addEventListener("change", () => inView.forEach((card) => {
  const video = videoOf(card);
  if (video) video.playbackRate = video.defaultPlaybackRate = Number(speed.value);
}));
play.addEventListener("click", () => {
  play.setAttribute("aria-pressed", String(!moves()));
  inView.forEach((card) => (moves() ? start(card) : halt(card, false)));
});
if (matchMedia("(prefers-reduced-motion: reduce)").matches) play.setAttribute("aria-pressed", "false");
kind.hidden = kind.options.length < 3;
document.documentElement.dataset.settled = "yes";
