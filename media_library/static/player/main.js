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
const byId = (id) => document.getElementById(id);

const version = document.body.dataset.version;
const welcome = new Welcome();
const files = new Files();
const programme = new Programme(files);
const outbox = new Outbox();
const plays = new Plays();
const stage = new Stage(byId("stage"));
const world = { version, files, programme, outbox, plays, stage, identity: {}, player: null };

async function start() {
  welcome.say();
  await onlyOne();
  await files.open();
  await Promise.all([programme.open(), outbox.open(), plays.open()]);
  clock.skew = (await store.get("skew")) ?? 0;
  world.identity = await whoAmI();
  new Overlay(byId("overlay"), () => world);
  await outbox.log("boot", version);
  for (;;) {
    if (!world.identity.token) world.identity = await enrol(world.identity, welcome, version);
    welcome.say();
    world.player = new Player(world);
    const refusal = await world.player.run();
    world.player = null;
    await outbox.log("token_error", refusal.message);
    delete world.identity.token;
    await store.put("identity", world.identity);
  }
}

/** A second window of the same browser waits until the first is gone: they would share their books and their files. */
const onlyOne = () => new Promise((mine) => navigator.locks?.request("dgx-player", () => (mine(), new Promise(() => {}))) ?? mine());

async function keepAwake() {
  if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen").catch(() => {}); // its battery is low
}

/** The page, from then on, without a network. A new version is taken over between two items. */
async function keepOffline() {
  if (!navigator.serviceWorker) return;
  let first = !navigator.serviceWorker.controller;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!first && world.player) world.player.updated = true;
    first = false;
  });
  const registration = await navigator.serviceWorker.register("/player/sw.js", { scope: "/player/", updateViaCache: "none" });
  setInterval(() => registration.update().catch(() => {}), LOOK_FOR_UPDATE_MS); // no network: the next hour
}

keepAwake();
document.addEventListener("visibilitychange", keepAwake);
keepOffline().catch((error) => outbox.log("offline_error", error.message));
navigator.storage?.persist?.();
start().catch((error) => {
  const insecure = isSecureContext ? "" : " Open this page by https, or by http://localhost.";
  const words = `This screen cannot start: ${error.message}${insecure}`;
  welcome.say(world.identity.token ? "" : words); // in a shop nobody reads of errors; the logs have them
  setTimeout(() => location.reload(), TRY_AGAIN_MS);
});

// for tests and for the browser's console
globalThis.dgx = world;
