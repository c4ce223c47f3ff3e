// An enrolled device at work, in three loops: it shows, it reports, it downloads. None waits for another.
import { screenSize } from "./pairing.js";
import { isEmergency, same } from "./programme.js";
import { BackOff, Bell, LATE, call, clock, seconds, sleep } from "./protocol.js";
import { BATCH } from "./reports.js";
import * as store from "./store.js";

const STALLED_AFTER_S = 10;
const STUCK_AFTER_MS = 180_000;
const RELOAD_AT_MOST_EVERY_MS = 300_000;
const STORED_EVERY_S = 15;

export class Player {
  status = { polled: null, next: null, trouble: null };
  #polls = new Bell();
  #fetches = new Bell();
  #news = new Bell();
  #scenes = new Bell();
  #next = null;
  #ticks = 0;
  #expected = {};
  #told = null;
  #waitS = 20;
  #features = [];

  /** The world: identity, files, programme, outbox, plays, stage and version. */
  constructor(world) {
    Object.assign(this, world);
  }

  /** Works until the server says that the token opens nothing any more; returns that refusal. */
  run() {
    setInterval(() => this.#tick(), 1000);
    addEventListener("online", () => this.#polls.ring());
    return Promise.race([this.#report(), this.#show(), this.#download()]);
  }

  async #show() {
    for (;;) {
      this.#expect("show");
      if (this.updated) location.reload(); // between two items, a new version of this page takes over
      const current = this.stage.current;
      const item = this.programme.after(current?.item);
      this.#next = item && (await this.#prepare(item));
      await (this.#next ? this.#turnOf(this.#next) : this.#rest(item));
      this.#next = null;
    }
  }

  async #prepare(item) {
    try {
      return await this.stage.prepare(item, await this.files.read(item.sha256));
    } catch (error) {
      if (this.programme.stillShows(item)) this.#wouldNotPlay(item, error); // else it was taken away meanwhile
      return null;
    }
  }

  /** Nothing to prepare. What is on the screen stays, unless it should not be shown any more. */
  async #rest(item) {
    if (!this.programme.showing().length && this.stage.current) {
      this.stage.clear();
      this.plays.begin(null);
      this.#fetches.ring();
    }
    if (!item) await this.#scenes.wait(2);
  }

  /** Wait until the scene's turn comes, and show it; or drop it when something else is to come meanwhile. */
  async #turnOf(scene) {
    const current = this.stage.current;
    const isNext = () => same(this.programme.after(current?.item), scene.item);
    while (isNext() && current && !current.isOver && this.programme.stillShows(current.item)) {
      this.#expect("show");
      const at = current.progress();
      const news = await Promise.race([current.over, this.#scenes.wait(STALLED_AFTER_S)]).catch((error) => error);
      if (news instanceof Error) this.#wouldNotPlay(current.item, news);
      const stands = news === LATE && current.progress() === at && !document.hidden; // out of sight, browsers hold it
      if (stands) current.fail(new Error("the video stood still"));
    }
    if (!isNext()) return this.stage.drop(scene);
    await this.stage.show(scene);
    this.plays.begin(scene.item.sha256);
    this.#fetches.ring(); // what the scene before needed may go
  }

  #wouldNotPlay(item, error) {
    this.programme.skip(item);
    if (item === this.stage.current?.item) this.plays.begin(null); // a picture that stands still is no play
    this.outbox.log("play_error", `${item.name}: ${error.message}`, { sha256: item.sha256, type: item.type });
    this.files.check(item).then(() => this.#fetches.ring());
  }

  /** A loop lives, and says so again in so many seconds. */
  #expect(loop, seconds = 0) {
    this.#expected[loop] = performance.now() + seconds * 1000 + STUCK_AFTER_MS;
  }

  /** Each second: has a window opened or closed? Every few: book what was shown. Long silence: start over. */
  #tick() {
    const fingerprint = this.programme.fingerprint;
    if (fingerprint !== this.fingerprint) this.#scenes.ring();
    this.fingerprint = fingerprint;
    if (++this.#ticks % STORED_EVERY_S === 0) this.plays.save();
    if (store.trouble) this.#told ??= this.outbox.log("storage_error", store.trouble);
    const isStuck = Math.min(...Object.values(this.#expected)) < performance.now();
    if (!isStuck || Math.abs(Date.now() - (sessionStorage.startedOver ?? 0)) < RELOAD_AT_MOST_EVERY_MS) return;
    sessionStorage.startedOver = Date.now();
    this.outbox.log("play_error", "the page was stuck and was loaded again");
    setTimeout(() => location.reload(), 1000); // the disk may be what is stuck
  }

  async #report() {
    const backOff = new BackOff();
    for (;;) {
      let wait, told = 0;
      this.#expect("report");
      try {
        const more = await this.#poll();
        backOff.failures = 0;
        wait = more ? 1 + Math.random() : this.#waitS;
        this.status.trouble = null;
      } catch (error) {
        if (error.lostToken) return error;
        if ([400, 409, 413].includes(error.status)) await this.outbox.settle(error.fields);
        this.status.trouble = error.message;
        told = error.waitS ?? 0;
        wait = backOff.next();
      }
      this.#expect("report", told + wait);
      this.status.next = Date.now() + (told + wait) * 1000;
      if (told) await sleep(told); // by the server: no news of ours shortens that
      await this.#polls.wait(wait);
    }
  }

  /** Send the report under way, or a new one. True when there is more to tell: it was made well before, or is full. */
  async #poll() {
    const plays = this.#features.includes("plays") ? this.plays.due() : null;
    const batch = await this.outbox.next(await this.#state(), plays?.length ? plays : null);
    const sent = Date.now();
    const answer = await call("poll", { body: batch, token: this.identity.token });
    if (!Date.parse(answer.server_time)) throw new Error("poll: that was not the server");
    await this.outbox.settle();
    await this.plays.acknowledge(batch.plays ?? []);
    await this.#obey(answer, (sent + Date.now()) / 2);
    return this.outbox.waiting > 0 || batch.plays?.length === BATCH || sent - Date.parse(batch.sent_at) > 60_000;
  }

  async #obey(answer, at) {
    clock.skew = Date.parse(answer.server_time) - at;
    this.#waitS = Math.max(1, seconds(answer.poll_after_s, 20));
    this.status.polled = Date.now();
    this.#features = answer.features ?? [];
    await store.put("clock", { skew: clock.skew, seen: clock.now() });
    if (answer.manifest?.items) await this.#take(answer.manifest);
  }

  async #state() {
    const { quota = 0, usage = 0 } = await navigator.storage.estimate().catch(() => ({}));
    return {
      sent_at: new Date().toISOString(),
      have: this.programme.have,
      missing: this.programme.missing().slice(0, 1000).map((item) => item.sha256),
      storage_free: Math.max(0, Math.round(quota - usage)),
      screen: screenSize(),
      app_version: this.version,
      playing: this.stage.current?.item.sha256 ?? null,
    };
  }

  async #take(manifest) {
    const isNew = manifest.tag !== this.programme.wanted?.tag;
    await this.programme.take(manifest);
    const [first] = this.programme.missing();
    const { item, stop } = this.files.current ?? {};
    const waits = first && isEmergency(first) && item && !isEmergency(item); // an emergency, for something else
    if (item && (waits || !this.programme.listed().has(item.sha256))) stop({ kind: "unwanted" });
    this.#tick();
    this.#fetches.ring();
    if (isNew) this.#news.ring();
  }

  /** Get what is missing: emergencies, then the files that failed least; the old set plays until the new is whole. */
  async #download() {
    const backOff = new BackOff();
    const failed = new Map();
    const unfit = new Set(); // what is no matter of the line
    for (;;) {
      this.#expect("download", 60);
      await this.programme.settle();
      const onScreen = [this.stage.current, this.#next].filter(Boolean).map((scene) => scene.item.sha256);
      await this.files.keepOnly(new Set([...this.programme.listed(), ...onScreen]));
      const times = (item) => failed.get(item.sha256) ?? 0;
      const turn = (item) => (isEmergency(item) && !unfit.has(item.sha256) ? 0 : times(item));
      const [item] = this.programme.missing().sort((one, other) => turn(one) - turn(other));
      if (!item) {
        await this.#fetches.wait(10); // it may have rung meanwhile
        continue;
      }
      try {
        await this.files.fetch(item, () => this.#expect("download"));
        backOff.failures = 0;
        this.programme.broken.delete(item.sha256);
        await this.programme.settle();
        this.#tick();
        if (!this.programme.missing().length) this.#polls.ring(); // complete: worth telling
      } catch (failure) {
        if (failure.kind === "unwanted") continue;
        failed.set(item.sha256, times(item) + 1);
        if (["damaged", "full"].includes(failure.kind)) unfit.add(item.sha256);
        await this.#couldNotFetch(item, failure, times(item));
        const pause = backOff.next() * (failure.kind === "network" ? 1 : times(item));
        this.#expect("download", pause);
        await this.#news.wait(pause);
      }
    }
  }

  async #couldNotFetch(item, { kind, message }, times) {
    if (kind === "full") this.programme.giveWay();
    const again = () => call("manifest", { token: this.identity.token }).then((manifest) => this.#take(manifest));
    if (kind === "expired") return again().catch(() => {}); // the next poll brings it, or tells what is wrong
    if (!Number.isInteger(Math.log10(times))) return; // the 1st, 10th, 100th time: enough to know, too few to flood
    const why = kind === "full" ? `no room on the disk for ${item.size} bytes` : message;
    await this.outbox.log("download_error", `${item.name}: ${why}`, { sha256: item.sha256, kind, times });
  }
}
