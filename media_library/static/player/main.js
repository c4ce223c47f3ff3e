// Where the page begins: it takes up what the last run left, pairs if it must, and plays.
import { Files } from "./files.js";
import { Overlay } from "./overlay.js";
import { Welcome, enrol, whoAmI } from "./pairing.js";
import { Player } from "./player.js";
import { Programme } from "./programme.js";
import { clock } from "./protocol.js";
import { Outbox, Plays } from "./reports.js";
import { Stage } from "./stage.js";
import * as store from "./store.js";

const TRY_AGAIN_MS = 60_000;
const LOOK_FOR_UPDATE_MS = 3_600_000;
const SIGN_OF_LIFE_MS = 60_000;
const version = document.body.dataset.version;
const welcome = new Welcome();
const files = new Files();
const programme = new Programme(files);
const outbox = new Outbox();
const plays = new Plays();
const stage = new Stage(document.getElementById("stage"));
const world = { version, files, programme, outbox, plays, stage, identity: {}, player: null };

async function start() {
  welcome.say();
  await onlyOne();
  await files.open();
  await Promise.all([programme.open(), outbox.open(), plays.open()]);
  keepOffline().catch((error) => outbox.log("offline_error", error.message));
  const { skew, seen } = (await store.get("clock")) ?? { skew: 0, seen: 0 };
  clock.skew = Math.max(skew, seen - Date.now()); // never earlier than it was: some clocks start in 1970
  world.identity = await whoAmI();
  new Overlay(document.getElementById("overlay"), () => world);
  await outbox.log("boot", version);
  if (!world.identity.token) world.identity = await enrol(world.identity, welcome, version);
  welcome.say();
  world.player = new Player(world);
  const refusal = await world.player.run();
  await plays.begin(null);
  await outbox.log("token_error", refusal.message);
  await store.put("identity", { ...world.identity, token: null });
  location.reload(); // to pairing
}

/** A second window of the same browser waits until the first is gone: they would share their books and their files. */
function onlyOne() {
  if (!navigator.locks) return null; // an address that is not secure: the files' store says so
  return new Promise((mine) => navigator.locks.request("dgx-player", () => (mine(), new Promise(() => {}))));
}

async function keepAwake() {
  await navigator.wakeLock?.request("screen").catch(() => {}); // out of sight, or its battery is low
}

/** The page, from then on, without a network. A new version is taken over between two items. */
async function keepOffline() {
  let first = !navigator.serviceWorker.controller;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!first && world.player) world.player.updated = true;
    first = false;
  });
  const options = { scope: "/player/", updateViaCache: "none" };
  const register = () => navigator.serviceWorker.register("/player/sw.js", options);
  const look = () => register().then((known) => known.update()); // registers again where the first time broke off
  setInterval(() => look().catch(() => {}), LOOK_FOR_UPDATE_MS); // no network: the next hour
  await register();
}

keepAwake();
document.addEventListener("visibilitychange", keepAwake);
navigator.storage?.persist?.();
setInterval(() => store.put("alive", Date.now()), SIGN_OF_LIFE_MS); // for a watchdog outside, see docs/player.md
start().catch((error) => {
  outbox.log("start_error", error.message).catch(() => {}); // it keeps none before it is open
  // in a shop nobody reads of errors; the logs have them
  welcome.say(world.identity.token ? "" : `This screen cannot start: ${error.message}`);
  setTimeout(() => location.reload(), TRY_AGAIN_MS);
});

// for tests and for the browser's console
globalThis.dgx = world;
