"use strict";
// One video holds every view of a frame side by side, so whatever is drawn together belongs together.
(() => {
  const shot = JSON.parse(document.getElementById("shot").textContent);
  const $ = (id) => document.getElementById(id);
  const [video, canvas, stage, handle, scrub, player] =
    ["video", "canvas", "stage", "handle", "scrub", "player"].map($);
  const ctx = canvas.getContext("2d", { alpha: false });
  const sources = shot.shown.flatMap(([start, stop]) => Array.from({ length: stop - start }, (_, i) => start + i));
  const count = sources.length;
  const NAMES = { before: "Before", after: "After", layer: "Layer", matte: "Matte", quadmask: shot.regionName,
    difference: `Difference × ${shot.gain}`, makers: "Who made it" };
  const state = { frame: shot.opening, view: "wipe", wipe: shot.wipe, zoom: false, tint: false, peek: false };
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

  // ---- drawing -------------------------------------------------------------------------------------------------

  /** Draw one view into a box: all of it, or the neighbourhood of the edit, as sharp as the video has it. */
  function paint(name, x, y, w, h) {
    const near = state.zoom && shot.window;
    const [tx, ty, tw, th] = (near && shot.tiles[`${name}_close`]) || shot.tiles[name];
    const [wx, wy, ww, wh] = near && !shot.tiles[`${name}_close`] ? shot.window : [0, 0, 1, 1];
    ctx.drawImage(video, tx + wx * tw, ty + wy * th, ww * tw, wh * th, x, y, w, h);
  }

  function paintTinted(name, x, y, w, h) {
    paint(name, x, y, w, h);
    if (!state.tint || !shot.tiles.quadmask || !["before", "after", "layer"].includes(name)) return;
    ctx.globalCompositeOperation = "screen";
    ctx.globalAlpha = 0.45;
    paint("quadmask", x, y, w, h);
    ctx.globalCompositeOperation = "source-over";
    ctx.globalAlpha = 1;
  }

  function paintWipe(w, h) {
    const edge = Math.round(state.wipe * w);
    for (const [name, x, width] of [["before", 0, edge], ["after", edge, w - edge]]) {
      ctx.save();
      ctx.beginPath();
      ctx.rect(x, 0, width, h);
      ctx.clip();
      paintTinted(name, 0, 0, w, h);
      ctx.restore();
    }
  }

  /** Columns, rows and tile size with which all views fill a box best. */
  function tiling(w, h, views) {
    const [, , pw, ph] = shot.tiles.before;
    const choices = Array.from({ length: views }, (_, i) => {
      const [columns, rows] = [i + 1, Math.ceil(views / (i + 1))];
      const tw = Math.min(w / columns, ((h / rows) * pw) / ph);
      return { columns, rows, tw, th: (tw * ph) / pw };
    });
    return choices.reduce((best, choice) => (choice.tw > best.tw + 0.5 ? choice : best));
  }

  function paintAll(w, h) {
    const names = Object.keys(NAMES).filter((name) => shot.tiles[name]);
    const { columns, rows, tw, th } = tiling(w, h, names.length);
    const [left, top] = [(w - columns * tw) / 2, (h - rows * th) / 2];
    const size = Math.round(clamp(th * 0.06, 11 * devicePixelRatio, 14 * devicePixelRatio));
    ctx.font = `${size}px system-ui, sans-serif`;
    names.forEach((name, i) => {
      const [x, y] = [left + (i % columns) * tw, top + Math.floor(i / columns) * th];
      paint(name, x + 2, y + 2, tw - 4, th - 4);
      ctx.fillStyle = "rgba(12,12,12,.72)";
      ctx.fillRect(x + 8, y + th - size - 18, ctx.measureText(NAMES[name]).width + 16, size + 10);
      ctx.fillStyle = "#eee";
      ctx.fillText(NAMES[name], x + 16, y + th - 14);
    });
  }

  function draw() {
    if (video.readyState < 2) return;
    const [w, h] = [canvas.width, canvas.height];
    ctx.imageSmoothingQuality = "high";
    ctx.fillStyle = "#0b0b0b";
    ctx.fillRect(0, 0, w, h);
    const view = state.peek ? "before" : state.view;
    if (view === "wipe") paintWipe(w, h);
    else if (view === "all") paintAll(w, h);
    else paintTinted(view, 0, 0, w, h);
  }

  /** Give the canvas the largest box of the picture's shape that fits, and one sample per device pixel. */
  function fit() {
    const [, , tw, th] = shot.tiles.before;
    const full = document.fullscreenElement === player;
    const tallest = full ? stage.clientHeight : Math.max(260, Math.min(window.innerHeight * 0.68, 900));
    const across = stage.clientWidth;
    const shape = full && state.view === "all" ? across / tallest : tw / th;
    const height = Math.min(tallest, across / shape);
    const width = height * shape;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    canvas.width = Math.max(1, Math.round(width * devicePixelRatio));
    canvas.height = Math.max(1, Math.round(height * devicePixelRatio));
    placeHandle();
    draw();
  }

  // ---- what stands around the picture --------------------------------------------------------------------------

  function placeHandle() {
    const wiping = state.view === "wipe" && !state.peek;
    handle.hidden = !wiping;
    stage.classList.toggle("wiping", wiping);
    handle.style.left = `${canvas.offsetLeft + state.wipe * canvas.offsetWidth}px`;
    handle.setAttribute("aria-valuenow", Math.round(state.wipe * 100));
    handle.setAttribute("aria-valuetext", `${Math.round(state.wipe * 100)} % before`);
    $("tag-left").textContent = state.peek ? NAMES.before : NAMES[state.view] ?? "Before";
    $("tag-left").hidden = state.view === "all" && !state.peek;
    $("tag-right").hidden = !wiping;
  }

  const pad = (value, digits) => String(value).padStart(digits, "0");

  function clock(seconds) {
    const whole = Math.floor(seconds + 1e-6);
    const fraction = Math.floor((seconds - whole + 1e-6) * 1000);
    return `${pad(Math.floor(whole / 60), 2)}:${pad(whole % 60, 2)}.${pad(Math.max(0, fraction), 3)}`;
  }

  function percent(share) {
    if (share === 0) return "untouched";
    return share < 0.001 ? "under 0.1 % touched" : `${(share * 100).toFixed(1)} % touched`;
  }

  function showFrame() {
    const source = sources[state.frame];
    $("counter").textContent = source;
    $("clock").textContent = clock(shot.seconds[state.frame]);
    $("touched").textContent = percent(shot.areas[state.frame]);
    $("playhead").style.left = `${((state.frame + 0.5) / count) * 100}%`;
    if (overviewMark) overviewMark.style.left = `${((source + 0.5) / shot.frames) * 100}%`;
    scrub.setAttribute("aria-valuenow", state.frame);
    scrub.setAttribute("aria-valuetext", `frame ${source}, ${percent(shot.areas[state.frame])}`);
    canvas.setAttribute("aria-label", `${NAMES[state.view] ?? "Before and after"}, frame ${source}`);
    document.documentElement.dataset.frame = source;
  }

  // ---- time ----------------------------------------------------------------------------------------------------

  const timeOf = (frame) => (frame + 0.5) / shot.rate;
  const frameAt = (seconds) => clamp(Math.floor(seconds * shot.rate + 1e-4), 0, count - 1);
  const PATIENCE = 400;  // milliseconds; a hidden tab presents nothing
  let [wanted, onScreen, patience] = [null, null, 0];

  /** Show one frame. While a seek is under way the newest wish waits, so that holding a key never piles up seeks. */
  function go(frame) {
    video.pause();
    seek(clamp(frame, 0, count - 1));
  }

  function seek(frame) {
    wanted = frame;
    document.documentElement.dataset.settled = "no";
    if (!video.seeking) video.currentTime = timeOf(frame);
  }

  function arrived() {
    if (wanted === null) return;
    if (frameAt(video.currentTime) !== wanted) {
      video.currentTime = timeOf(wanted);
      return;
    }
    if (!video.requestVideoFrameCallback || onScreen === wanted) return settle();
    clearTimeout(patience);
    patience = setTimeout(settle, PATIENCE);
  }

  /** The wish is on the screen; a seek that has ended may still leave the picture before it there for a moment. */
  function settle() {
    clearTimeout(patience);
    if (wanted === null || video.seeking) return;
    state.frame = wanted;
    wanted = null;
    draw();
    showFrame();
    document.documentElement.dataset.settled = "yes";
  }

  function presented(_now, data) {
    onScreen = frameAt(data.mediaTime + 0.25 / shot.rate);
    if (!video.paused && wanted === null) {
      state.frame = onScreen;
      showFrame();
    }
    draw();
    if (onScreen === wanted) settle();
    video.requestVideoFrameCallback(presented);
  }

  function watchWithoutCallback() {
    if (!video.paused && wanted === null) {
      state.frame = frameAt(video.currentTime);
      showFrame();
      draw();
    }
    requestAnimationFrame(watchWithoutCallback);
  }

  function toggle() {
    if (!video.paused) return go(state.frame);
    if (state.frame === count - 1 && !video.loop) video.currentTime = 0;
    return video.play().catch((error) => trouble(`The proxy cannot be played: ${error.message}`));
  }

  function onPlay(playing) {
    player.classList.toggle("playing", playing);
    $("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  }

  function trouble(text) {
    $("trouble").textContent = text;
    $("trouble").hidden = false;
  }

  // ---- switches ------------------------------------------------------------------------------------------------

  function setView(view) {
    if (view !== "wipe" && view !== "all" && !shot.tiles[view]) return;
    state.view = view;
    for (const button of $("views").children) button.setAttribute("aria-pressed", button.dataset.view === view);
    refresh();
    fit();
  }

  function setWipe(share) {
    state.wipe = clamp(share, 0, 1);
    refresh();
  }

  function flip(key, button) {
    state[key] = !state[key];
    button.setAttribute("aria-pressed", state[key]);
    refresh();
  }

  /** Zoom to the edit or back, and leave the wipe on the same place of the picture. */
  function toggleZoom() {
    if (!shot.window) return;
    const [left, , width] = shot.window;
    state.wipe = state.zoom ? left + state.wipe * width : clamp((state.wipe - left) / width, 0.05, 0.95);
    flip("zoom", $("zoom"));
  }

  function setLoop(on) {
    video.loop = on;
    $("loop").setAttribute("aria-pressed", on);
  }

  function refresh() {
    $("legend").hidden = !(state.view === "quadmask" || state.view === "all" || state.tint);
    $("makers").hidden = !shot.makers || !(state.view === "makers" || !$("legend").hidden);
    placeHandle();
    showFrame();
    draw();
  }

  function fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else player.requestFullscreen?.();
  }

  // ---- the timeline --------------------------------------------------------------------------------------------

  let overviewMark = null;

  function bar(parent, start, stop, total, className) {
    const span = document.createElement("span");
    span.className = className;
    span.style.left = `${(start / total) * 100}%`;
    span.style.width = `${((stop - start) / total) * 100}%`;
    parent.append(span);
    return span;
  }

  function drawStrip() {
    const most = Math.max(...shot.areas, 1e-9);
    const path = shot.areas.map((share, i) => {
      const top = share > 0 ? 100 - Math.max(3, (share / most) * 100) : 100;
      return `M${i} 100V${top}H${i + 1}V100Z`;
    });
    $("strip").setAttribute("viewBox", `0 0 ${count} 100`);
    $("columns").setAttribute("d", path.join(""));
    $("caption").textContent = most > 1e-9
      ? `touched area per frame, at most ${(most * 100).toFixed(1)} %` : "no frame is touched";
  }

  function drawOverview() {
    let edge = 0;
    for (const [start, stop] of shot.shown.slice(0, -1)) {
      edge += stop - start;
      bar($("breaks"), edge, edge, count, "break");
    }
    if (count === shot.frames) return;
    $("overview").hidden = false;
    document.querySelector(".timeline").classList.add("long");
    for (const [start, stop] of shot.shown) bar($("overview"), start, stop, shot.frames, "shown");
    overviewMark = bar($("overview"), 0, 0, shot.frames, "at");
  }

  /** One lane for each thing, over the frames on which it matters. */
  function drawLanes() {
    for (const thing of shot.things) {
      const frames = sources.flatMap((n, i) => (n >= thing.onset && n <= thing.end ? [i] : []));
      if (!frames.length) continue;
      const [start, stop] = [frames[0], frames[frames.length - 1] + 1];
      const lane = document.createElement("div");
      lane.className = `lane ${thing.kind}`;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = thing.name;
      button.title = `${thing.name}: frames ${thing.onset} to ${thing.end}`;
      button.style.left = `${(start / count) * 100}%`;
      button.style.width = `${((stop - start) / count) * 100}%`;
      button.addEventListener("click", () => go(start));
      lane.append(button);
      $("lanes").append(lane);
    }
  }

  // ---- who made which region -----------------------------------------------------------------------------------

  /** The sets of makers on each sample of a coarse map; maps are unpacked when they are first pointed at. */
  const unpacked = new Map();
  function setsOn(frame) {
    const number = shot.makers.frames[frame];
    if (!unpacked.has(number)) {
      const runs = shot.makers.maps[number].split(" ").map((run) => run.split(":").map(Number));
      unpacked.set(number, runs.flatMap(([set, length]) => Array(length).fill(set)));
    }
    return unpacked.get(number);
  }

  const because = ({ name, cause, kind }) =>
    cause ? `${name} (${kind === "removed with" ? "goes with" : "because of"} ${cause})` : `${name} (removed)`;

  /** What made the region under the pointer, in words; empty where everything stays as it was. */
  function whoAt(event) {
    if (!shot.makers || state.view === "all") return "";
    const box = canvas.getBoundingClientRect();
    const [u, v] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    if (u < 0 || v < 0 || u >= 1 || v >= 1) return "";
    const [wx, wy, ww, wh] = (state.zoom && shot.window) || [0, 0, 1, 1];
    const [rows, columns] = shot.makers.size;
    const place = Math.floor((wy + v * wh) * rows) * columns + Math.floor((wx + u * ww) * columns);
    const set = shot.makers.sets[setsOn(state.frame)[place]] ?? [];
    return set.map((number) => because(shot.makers.makers[number])).join(", ");
  }

  function pointAt(event) {
    const text = whoAt(event);
    const box = stage.getBoundingClientRect();
    $("who").hidden = !text;
    $("who").textContent = text;
    $("who").style.left = `${clamp(event.clientX - box.left + 14, 0, box.width - 40)}px`;
    $("who").style.top = `${event.clientY - box.top + 18}px`;
  }

  function listMakers() {
    for (const maker of shot.makers?.makers ?? []) {
      const [entry, swatch, name] = ["span", "i", "b"].map((tag) => document.createElement(tag));
      swatch.className = "swatch";
      swatch.style.background = maker.colour;
      name.textContent = maker.name;
      entry.append(swatch, name, because(maker).slice(maker.name.length));
      $("makers").append(entry);
    }
  }

  // ---- hands ---------------------------------------------------------------------------------------------------

  function drag(element, move) {
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      move(event);
      const follow = (next) => move(next);
      element.addEventListener("pointermove", follow);
      const stop = () => element.removeEventListener("pointermove", follow);
      element.addEventListener("pointerup", stop, { once: true });
      element.addEventListener("pointercancel", stop, { once: true });
    });
  }

  function share(element, event) {
    const box = element.getBoundingClientRect();
    return clamp((event.clientX - box.left) / box.width, 0, 1);
  }

  const KEYS = {
    " ": toggle,
    ArrowLeft: (event) => go(current() - (event.shiftKey ? 10 : 1)),
    ArrowRight: (event) => go(current() + (event.shiftKey ? 10 : 1)),
    Home: () => go(0),
    End: () => go(count - 1),
    "[": () => setWipe(state.wipe - 0.05),
    "]": () => setWipe(state.wipe + 0.05),
    b: () => { if (!state.peek) { state.peek = true; refresh(); } },
    z: toggleZoom,
    o: () => flip("tint", $("tint")),
    l: () => setLoop(!video.loop),
    f: fullScreen,
    "?": () => $("keys").showModal(),
  };
  const current = () => wanted ?? state.frame;

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || $("keys").open) return;
    const target = event.target;
    if (target.matches("select, input, textarea")) return;
    if (event.key === " " && target.matches("button, a, summary")) return;
    if (target === handle && wipeKey(event)) return event.preventDefault();
    const view = $("views").children[Number(event.key) - 1];
    const act = view ? () => setView(view.dataset.view) : KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act(event);
  }

  function wipeKey(event) {
    const step = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 }[event.key];
    if (step === undefined) return false;
    setWipe(state.wipe + step);
    return true;
  }

  function listen() {
    document.addEventListener("keydown", onKey);
    document.addEventListener("keyup", (event) => {
      if (event.key.toLowerCase() === "b" && state.peek) { state.peek = false; refresh(); }
    });
    // After a click the space bar belongs to the player again; who tabs to a button keeps it.
    document.addEventListener("click", (event) => {
      if (event.detail > 0 && event.target.closest?.("button")) event.target.closest("button").blur();
    });
    for (const button of $("views").children) button.addEventListener("click", () => setView(button.dataset.view));
    for (const button of document.querySelectorAll("[data-jump]")) button.addEventListener("click", () => jump(button));
    const clicks = { first: () => go(0), last: () => go(count - 1), play: toggle, full: fullScreen,
      back: () => go(current() - 1), forward: () => go(current() + 1), loop: () => setLoop(!video.loop),
      zoom: toggleZoom, tint: () => flip("tint", $("tint")), help: () => $("keys").showModal() };
    for (const [id, act] of Object.entries(clicks)) $(id).addEventListener("click", act);
    $("pace").addEventListener("change", (event) => { video.playbackRate = Number(event.target.value); });
    drag(stage, (event) => state.view === "wipe" && setWipe(share(canvas, event)));
    stage.addEventListener("pointermove", pointAt);
    stage.addEventListener("pointerleave", () => { $("who").hidden = true; });
    drag(scrub, (event) => go(Math.floor(share(scrub, event) * count)));
    new ResizeObserver(fit).observe(stage);
    document.addEventListener("fullscreenchange", fit);
  }

  function jump(button) {
    const frame = sources.findIndex((n) => n >= Number(button.dataset.jump));
    go(frame < 0 ? count - 1 : frame);
    player.scrollIntoView({ block: "nearest" });
  }

  function load() {
    video.addEventListener("seeked", arrived);
    video.addEventListener("play", () => onPlay(true));
    video.addEventListener("pause", () => onPlay(false));
    video.addEventListener("loadeddata", () => { seek(state.frame); fit(); }, { once: true });
    video.addEventListener("error", () => trouble(shot.file
      ? `The pictures are in ${shot.file}, which must lie beside this page and be a format this browser plays (H.264).`
      : "This browser cannot play the pictures of this page (H.264)."));
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(presented);
    else watchWithoutCallback();
    video.src = shot.file ?? embedded();
  }

  /** A blob, because not every browser can seek in a data: address. */
  function embedded() {
    const text = atob($("atlas").textContent);
    return URL.createObjectURL(new Blob([Uint8Array.from(text, (c) => c.charCodeAt(0))], { type: "video/mp4" }));
  }

  $("total").textContent = ` / ${shot.frames - 1}`;
  scrub.setAttribute("aria-valuemax", count - 1);
  for (const button of $("views").children) {
    button.hidden = !["wipe", "all"].includes(button.dataset.view) && !shot.tiles[button.dataset.view];
  }
  $("zoom").hidden = !shot.window;
  $("tint").hidden = !shot.tiles.quadmask;
  drawStrip();
  drawOverview();
  drawLanes();
  listMakers();
  setLoop(true);
  listen();
  refresh();
  fit();
  load();
})();
