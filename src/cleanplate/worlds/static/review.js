"use strict";
// One candidate on show at a time. Served by `worlds review`, every verdict is written at once; as a file, it is kept by
// the browser until it is saved as decisions.json.
const data = JSON.parse(document.getElementById("data").textContent);
const cards = [...document.querySelectorAll("article")];
const entries = [...document.querySelectorAll("#list button")];
const buttons = [...document.querySelectorAll(".verdicts button")];
const [count, saved, save, play, speed] = ["count", "saved", "save", "play", "speed"].map((id) => document.getElementById(id));
const served = location.protocol === "http:";
const names = cards.map((card) => card.dataset.name);
let decisions = data.decisions;
let unsaved = false;
let current = 0;

const written = () => JSON.stringify({ version: 1, decisions }, null, 1);
const moves = () => play.getAttribute("aria-pressed") === "true";

function tell(text, failed = false) {
  saved.textContent = text;
  saved.classList.toggle("failed", failed);
}

function paint() {
  const tally = { accept: 0, reject: 0 };
  entries.forEach((entry, number) => {
    const verdict = decisions[names[number]] ?? "";
    entry.dataset.verdict = verdict;
    entry.setAttribute("aria-current", String(number === current));
    if (verdict) tally[verdict] += 1;
  });
  const left = names.length - tally.accept - tally.reject;
  count.textContent = `${tally.accept} accepted, ${tally.reject} rejected, ${left} undecided`;
  for (const button of buttons) {
    button.setAttribute("aria-pressed", String(button.dataset.verdict === (decisions[names[current]] ?? "")));
  }
  document.documentElement.dataset.current = names[current];
}

function show(number) {
  current = Math.min(Math.max(number, 0), names.length - 1);
  cards.forEach((card, place) => {
    card.hidden = place !== current;
    const video = card.querySelector("video");
    if (!video) return;
    if (place === current) {
      if (!video.hasAttribute("src")) video.src = video.dataset.src;
      run(video);
    } else if (video.hasAttribute("src")) { // lets go of its data
      video.pause();
      video.removeAttribute("src");
      video.load();
    }
  });
  entries[current].scrollIntoView({ block: "nearest", inline: "nearest" });
  paint();
}

function run(video) {
  video.playbackRate = video.defaultPlaybackRate = Number(speed.value);
  if (moves()) video.play().catch(() => {}); // a pause that comes at once is no fault
  else video.pause();
}

function decide(verdict) {
  if (verdict) decisions[names[current]] = verdict;
  else delete decisions[names[current]];
  keep();
  const next = names.findIndex((name, number) => number > current && !decisions[name]);
  if (verdict && next >= 0) show(next);
  else paint();
}

let writing = Promise.resolve();
let waiting = 0;
function keep() {
  if (!served) {
    unsaved = true;
    tell("Not saved yet");
    return;
  }
  tell("Saving");
  waiting += 1;
  writing = writing.then(put).then(
    () => { if (!--waiting) tell("Saved"); },
    (error) => { waiting -= 1; tell(`Not saved: ${error.message}`, true); },
  );
}

async function put() {
  const answer = await fetch(data.file, {
    method: "PUT", headers: { "Content-Type": "application/json" }, body: written(),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

function download() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([written() + "\n"], { type: "application/json" }));
  link.download = data.file;
  link.click();
  URL.revokeObjectURL(link.href);
  unsaved = false;
  tell(`Put ${data.file} beside this page, then run: cleanplate worlds accept`);
}

function toggle() {
  play.setAttribute("aria-pressed", String(!moves()));
  const video = cards[current].querySelector("video");
  if (video) run(video);
}

const keys = {
  a: () => decide("accept"), r: () => decide("reject"), u: () => decide(""), " ": toggle,
  ArrowLeft: () => show(current - 1), ArrowUp: () => show(current - 1),
  ArrowRight: () => show(current + 1), ArrowDown: () => show(current + 1),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
entries.forEach((entry, number) => {
  entry.addEventListener("click", () => show(number));
  const [picture, video] = [entry.querySelector("img"), cards[number].querySelector("video")];
  if (video) [picture.src, picture.hidden] = [video.poster, false];
});
buttons.forEach((button) => button.addEventListener("click", () => decide(button.dataset.verdict)));
document.querySelectorAll(".stage").forEach((stage) => stage.addEventListener("click", toggle));
play.addEventListener("click", toggle);
save.addEventListener("click", download);
speed.addEventListener("change", () => show(current));
window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

async function begin() {
  save.hidden = served;
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) play.setAttribute("aria-pressed", "false");
  if (served) decisions = (await (await fetch(data.file)).json()).decisions;
  const first = names.findIndex((name) => !decisions[name]);
  show(Math.max(first, 0));
  document.documentElement.dataset.settled = "yes";
}
begin().catch((error) => tell(`Not connected: ${error.message}`, true));
