// An enrolled device at work, in three loops: it shows, it reports, it downloads. None waits for another.
import { screenSize } from "./pairing.js";
import { BackOff, Bell, LATE, Refused, call, clock, sleep } from "./protocol.js";
import * as store from "./store.js";

const STALLED_AFTER_S = 10;
const STUCK_AFTER_MS = 180_000;
const RELOAD_AT_MOST_EVERY_MS = 300_000;
const STORED_EVERY_S = 15;

export class Player {
  status = { polled: null, next: null, trouble: null };
  #polls = new Bell();
  #fetches = new Bell();
  #scenes = new Bell();
  #next = null;
  #ticks = 0;
  #alive = performance.now();
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
      this.#alive = performance.now();
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
      if (this.programme.stillShows(item)) await this.#wouldNotPlay(item, error); // else it was taken away meanwhile
      return null;
    }
  }

  /** Nothing to prepare. What is on the screen stays, unless it should not be shown any more. */
  async #rest(item) {
    if (!this.programme.showing().length && this.stage.current) {
      this.stage.clear();
      await this.plays.begin(null);
      this.#fetches.ring();
    }
    if (!item) await this.#scenes.wait(2);
  }

  /** Wait until the scene's turn comes, and show it; or drop it when something else is to come meanwhile. */
  async #turnOf(scene) {
    const current = this.stage.current;
    const isNext = () => this.programme.isNext(scene.item, current?.item);
    while (isNext() && current && !current.isOver && this.programme.stillShows(current.item)) {
      this.#alive = performance.now();
      const at = current.progress();
      const news = await Promise.race([current.over, this.#scenes.wait(STALLED_AFTER_S)]).catch((error) => error);
      if (news instanceof Error) await this.#wouldNotPlay(current.item, news);
      const stands = news === LATE && current.progress() === at && !document.hidden; // out of sight, browsers hold it
      if (stands) current.fail(new Error("the video stood still"));
    }
    if (!isNext()) return this.stage.drop(scene);
    await this.stage.show(scene);
    await this.plays.begin(scene.item.sha256);
    this.#fetches.ring(); // what the scene before needed may go
  }

  async #wouldNotPlay(item, error) {
    this.programme.skip(item);
    if (item === this.stage.current?.item) await this.plays.begin(null); // a picture that stands still is no play
    await this.outbox.log("play_error", `${item.name}: ${error.message}`, { sha256: item.sha256, type: item.type });
    await this.files.check(item);
    this.#fetches.ring();
  }

  #evict() {
    const onScreen = [this.stage.current, this.#next].filter(Boolean).map((scene) => scene.item.sha256);
    return this.files.keepOnly(new Set([...this.programme.listed(), ...onScreen]));
  }

  /** Each second: has a window opened or closed? Every few: book what was shown. Long silence: start over. */
  #tick() {
    const fingerprint = this.programme.fingerprint;
    if (fingerprint !== this.fingerprint) {
      this.fingerprint = fingerprint;
      this.#scenes.ring();
    }
    if (++this.#ticks % STORED_EVERY_S === 0) this.plays.save();
    if (performance.now() - this.#alive > STUCK_AFTER_MS) this.#startOver();
  }

  async #startOver() {
    const last = (await store.get("started_over")) ?? 0;
    if (Math.abs(Date.now() - last) < RELOAD_AT_MOST_EVERY_MS) return;
    await store.put("started_over", Date.now());
    await this.outbox.log("play_error", "the page was stuck and was loaded again");
    location.reload();
  }

  async #report() {
    const backOff = new BackOff();
    for (;;) {
      let wait;
      try {
        const old = await this.#poll();
        backOff.failures = 0;
        wait = old ? 1 : this.#waitS; // a report from before an outage: the present is worth telling at once
        this.status.trouble = null;
      } catch (error) {
        if (error.lostToken) return error;
        if (error instanceof Refused) await this.outbox.settle(); // refused for good: not said again
        this.status.trouble = error.message;
        if (error.waitS) await sleep(error.waitS); // told so by the server: no news of ours shortens that
        wait = backOff.next();
      }
      this.status.next = Date.now() + wait * 1000;
      await this.#polls.wait(wait);
    }
  }

  /** Send the report under way, or a new one. True when it was made well before. */
  async #poll() {
    const plays = this.#features.includes("plays") ? this.plays.due() : null;
    const batch = await this.outbox.next(await this.#state(), plays?.length ? plays : null);
    const sent = Date.now();
    const answer = await call("poll", { body: batch, token: this.identity.token });
    await this.outbox.settle();
    await this.plays.acknowledge(batch.plays ?? []);
    await this.#obey(answer, (sent + Date.now()) / 2);
    return sent - Date.parse(batch.sent_at) > 60_000;
  }

  async #obey(answer, at) {
    clock.skew = Date.parse(answer.server_time) - at;
    this.#waitS = answer.poll_after_s;
    this.status.polled = Date.now();
    this.#features = answer.features ?? [];
    await store.put("skew", clock.skew);
    if (answer.manifest) await this.#take(answer.manifest);
  }

  async #state() {
    const missing = this.programme.missing().map((item) => item.sha256);
    const { quota = 0, usage = 0 } = await navigator.storage.estimate();
    return {
      sent_at: new Date().toISOString(),
      have: this.programme.have,
      missing: missing.slice(0, 1000),
      storage_free: Math.max(0, Math.round(quota - usage)),
      screen: screenSize(),
      app_version: this.version,
      playing: this.stage.current?.item.sha256 ?? null,
    };
  }

  async #take(manifest) {
    await this.programme.take(manifest);
    this.files.giveUpUnless(this.programme.listed());
    this.#tick();
    this.#fetches.ring();
  }

  /** Get what is missing, the files that failed least first; the old set plays on until the new one is complete. */
  async #download() {
    const backOff = new BackOff();
    const failed = new Map();
    for (;;) {
      const times = (item) => failed.get(item.sha256) ?? 0;
      const [item] = this.programme.missing().sort((one, other) => times(one) - times(other));
      if (!item) {
        await this.programme.settle();
        await this.#evict();
        await this.#fetches.wait(60);
        continue;
      }
      try {
        await this.files.fetch(item);
        backOff.failures = 0;
        await this.programme.settle();
        this.#tick();
        if (!this.programme.missing().length) this.#polls.ring(); // complete: worth telling
      } catch (failure) {
        failed.set(item.sha256, times(item) + 1);
        await this.#couldNotFetch(item, failure, times(item));
        await this.#fetches.wait(backOff.next());
      }
    }
  }

  async #couldNotFetch(item, { kind, message }, times) {
    if (kind === "full") await this.#evict();
    if (kind === "expired") return this.#askAgain();
    if (!Number.isInteger(Math.log10(times))) return; // the 1st, 10th, 100th time: enough to know, too few to flood
    await this.outbox.log("download_error", `${item.name}: ${message}`, { sha256: item.sha256, kind, times });
  }

  async #askAgain() {
    const manifest = await call("manifest", { token: this.identity.token }).catch(() => null);
    if (manifest) await this.#take(manifest); // else the next poll brings it, or tells what is wrong
  }
}
