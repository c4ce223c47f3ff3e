// The page that takes many files: dropped or chosen, named, sent, and put on screens.
import { call } from "./api.js";
import { findBegun, forget } from "./memory.js";
import { Pool } from "./parts.js";
import { offerTargets } from "./targets.js";
import { Sender } from "./sender.js";

const LOOKED_AFTER_MS = 2000;
const LOOKS = 90;
const config = JSON.parse(document.getElementById("upload-config").textContent);
const list = document.getElementById("files");
const pool = new Pool(config.parallel);
const senders = new Map();
let begun = [];

const drop = document.getElementById("drop");
const input = document.getElementById("choose");
const targets = offerTargets(document.getElementById("targets"), config, () =>
  [...list.children].map((row) => senders.get(row)?.video).filter(Boolean),
);

input.hasChangeListener = true; // the theme's own would look for a text field beside it
drop.hidden = false;
const take = () => (add(input.files), (input.value = ""));
input.addEventListener("change", take);
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => (event.preventDefault(), drop.classList.add("dgx-drop--over")));
}
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("dgx-drop--over"));
drop.addEventListener("drop", (event) => (event.preventDefault(), add(event.dataTransfer.files)));
addEventListener("beforeunload", (event) => {
  if ([...senders.values()].some((sender) => ["sending", "finishing"].includes(sender.state))) event.preventDefault();
});
findInterrupted().then(take); // what was chosen before this script was there

/** Uploads that a reload or another day interrupted wait for their file. */
async function findInterrupted() {
  const said = await call("GET", `${config.uploads}?limit=100`).catch(() => ({ results: [] }));
  begun = said.results.filter((upload) => !upload.video);
  for (const upload of begun) {
    const row = make("interrupted");
    row.dataset.upload = upload.id;
    fill(row, "name", upload.filename || upload.name);
    fill(row, "note", "It was interrupted. Choose the same file again, and it goes on where it stopped.");
    row.querySelector("[data-do=cancel]").addEventListener("click", async () => {
      await call("DELETE", `${config.uploads}${upload.id}/`).catch(() => {});
      forget(upload.id);
      begun = begun.filter((each) => each !== upload);
      row.remove();
    });
    list.append(row);
  }
}

function add(files) {
  for (const file of files) {
    const row = make("file");
    list.append(row);
    const refusal = refusalOf(file);
    if (refusal) refuse(row, file, refusal);
    else send(row, file);
  }
}

/** What is wrong with a file before a byte of it is sent; the content decides once it is there. */
function refusalOf(file) {
  const ending = file.name.slice(file.name.lastIndexOf(".")).toLowerCase();
  const known = file.type ? config.types.includes(file.type) : config.endings.includes(ending);
  if (!known) return `${file.type || ending || "This"} is not taken: only ${config.taken}.`;
  if (file.size === 0) return "The file is empty.";
  if (file.size > config.max_bytes) return `It is larger than the ${inWords(config.max_bytes)} that are allowed.`;
  return "";
}

function refuse(row, file, refusal) {
  row.dataset.state = "refused";
  fill(row, "file", `${file.name} · ${inWords(file.size)}`);
  fill(row, "note", refusal);
  const name = row.querySelector("[data-part=name]");
  name.value = file.name;
  name.disabled = true;
  row.querySelector("[data-do=cancel]").addEventListener("click", () => row.remove());
}

function send(row, file) {
  const found = findBegun(begun, file);
  if (found) {
    begun = begun.filter((upload) => upload !== found);
    list.querySelector(`[data-upload="${found.id}"]`)?.remove();
  }
  const name = found?.name ?? (file.name.replace(/\.[^.]*$/, "").replaceAll("_", " ").trim().slice(0, 240) || file.name);
  const sender = new Sender({ file, name, found, pool, uploads: config.uploads, changed: () => show(row, sender) });
  senders.set(row, sender);
  const field = row.querySelector("[data-part=name]");
  field.value = name;
  field.addEventListener("change", () => (sender.named = true, rename(sender, field)));
  const act = {
    pause: () => sender.pause(),
    resume: () => (show(row, sender), sender.start()),
    cancel: async () => (await sender.cancel(), senders.delete(row), row.remove(), targets.refresh()),
    up: () => row.previousElementSibling && (row.previousElementSibling.before(row), row.querySelector("[data-do=up]").focus()),
  };
  for (const [verb, does] of Object.entries(act)) row.querySelector(`[data-do=${verb}]`).addEventListener("click", does);
  fill(row, "file", `${file.name} · ${inWords(file.size)}`);
  sender.start();
}

/** Until it is complete the name goes along with that; afterwards the video is renamed. */
async function rename(sender, field) {
  const wanted = field.value.trim();
  if (!sender.video) return void (sender.name = wanted || sender.name);
  try {
    sender.video = await call("PATCH", `${config.videos}${sender.video.id}/`, { name: wanted });
    field.setCustomValidity("");
  } catch (error) {
    field.setCustomValidity(error.about?.("name") ?? error.message);
  }
  field.reportValidity();
}

const WORDS = { waiting: "Waiting", sending: "Sending", paused: "Paused", finishing: "Finishing", failed: "Failed" };

function show(row, sender) {
  row.dataset.state = sender.state;
  const field = row.querySelector("[data-part=name]");
  if (document.activeElement !== field) field.value = sender.video?.name ?? sender.name;
  const share = Math.floor(sender.progress * 100);
  const bar = row.querySelector("progress");
  bar.value = share;
  fill(row, "share", sender.state === "sending" ? `${share} %` : (WORDS[sender.state] ?? ""));
  fill(row, "note", sender.note);
  if (sender.state === "done" && !row.dataset.watched) {
    row.dataset.watched = "yes";
    targets.refresh();
    watch(row, sender);
  }
}

/** The worker looks at the bytes: until it has, the file is being checked. */
async function watch(row, sender) {
  for (let look = 0; look < LOOKS; look++) {
    const video = await call("GET", `${config.videos}${sender.video.id}/`).catch(() => sender.video);
    row.dataset.video = video.state;
    fill(row, "share", { processing: "Being checked", ready: "Ready", failed: "Refused" }[video.state]);
    fill(row, "note", video.state_reason);
    if (video.thumbnail_url) return void row.querySelector("[data-part=picture]").replaceChildren(picture(video));
    if (video.state === "failed") return;
    await new Promise((resolve) => setTimeout(resolve, LOOKED_AFTER_MS));
  }
}

function picture(video) {
  const image = new Image();
  image.src = video.thumbnail_url;
  image.alt = "";
  image.className = "dgx-thumb";
  return image;
}

function make(kind) {
  return document.getElementById(`${kind}-row`).content.firstElementChild.cloneNode(true);
}

function fill(row, part, text) {
  row.querySelector(`[data-part=${part}]`).textContent = text;
}

function inWords(bytes) {
  const unit = Math.min(4, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** unit).toFixed(unit ? 1 : 0)} ${["B", "kB", "MB", "GB", "TB"][unit]}`;
}
