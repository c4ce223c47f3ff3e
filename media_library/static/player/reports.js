// What the device has to say and nobody has acknowledged yet: kept on the disk before it is sent, so that neither a
// lost answer nor a power cut loses or doubles any of it.
import { clock } from "./protocol.js";
import * as store from "./store.js";

const RING = 1000; // logs kept while nobody answers; then the oldest give way
const BATCH_LOGS = 200;
const BATCH_PLAYS = 200;
const KEPT_HOURS_MS = 35 * 86_400_000;
const HOUR_MS = 3_600_000;

/** Reports under `boot_id` and `seq`. One is under way at a time and never changes until it is acknowledged. */
export class Outbox {
  #kept;
  /** The latest things that went wrong, for the operator. */
  errors = [];

  /** Take up what the last run left. A new boot begins only where no report of the last one is under way. */
  async open() {
    this.#kept = (await store.get("outbox")) ?? { waiting: [] };
    if (!this.#kept.batch) Object.assign(this.#kept, { boot_id: crypto.randomUUID(), seq: 0 });
    await this.#save();
  }

  get waiting() {
    return this.#kept.waiting.length + (this.#kept.batch?.logs.length ?? 0);
  }

  /** Keep a log until it is acknowledged. */
  async log(log_type, message = null, tags = {}) {
    const entry = { log_type, message: message?.slice(0, 500) ?? null, tags, logged_at: clock.iso() };
    if (log_type.endsWith("_error")) this.errors = [entry, ...this.errors].slice(0, 10);
    this.#kept.waiting = [...this.#kept.waiting, entry].slice(-RING);
    await this.#save();
  }

  /** The report to send: the one under way, else a new one of the device's state and what waits. */
  async next(state, plays) {
    if (!this.#kept.batch) {
      const logs = this.#kept.waiting.splice(0, BATCH_LOGS);
      this.#kept.batch = { ...state, boot_id: this.#kept.boot_id, seq: ++this.#kept.seq, logs };
      if (plays) this.#kept.batch.plays = plays;
      await this.#save();
    }
    return this.#kept.batch;
  }

  /** The report arrived, or was refused for good. */
  settle() {
    this.#kept.batch = null;
    return this.#save();
  }

  #save() {
    return store.put("outbox", this.#kept);
  }
}

const isTold = (entry) => entry.count + entry.seconds <= (entry.told ?? 0);

/** Proof of play: for each file and hour (UTC), how often it came on the screen and for how many seconds, in total. */
export class Plays {
  #hours = new Map();
  #on = null;

  async open() {
    this.#hours = new Map((await store.get("plays")) ?? []);
  }

  /** A file comes on the screen; null: nothing does. */
  begin(sha256) {
    this.tick();
    this.#on = sha256 && { sha256, since: performance.now() };
    if (sha256) this.#entry(sha256).count += 1;
    return this.save();
  }

  /** Book the time since the last call. */
  tick() {
    if (!this.#on) return;
    const now = performance.now();
    this.#entry(this.#on.sha256).seconds += (now - this.#on.since) / 1000;
    this.#on.since = now;
  }

  /** What the server has not acknowledged, oldest first. */
  due() {
    this.tick();
    const due = [...this.#hours.values()].filter((entry) => !isTold(entry)).slice(0, BATCH_PLAYS);
    const wholeSeconds = (seconds) => Math.min(3600, Math.round(seconds));
    return due.map(({ told, seconds, ...rest }) => ({ ...rest, seconds: wholeSeconds(seconds) }));
  }

  /** The server has stored these totals. Hours that are over and told are forgotten, untold ones after five weeks. */
  acknowledge(entries) {
    for (const { sha256, hour, count, seconds } of entries) {
      const entry = this.#hours.get(hour + sha256);
      if (entry) entry.told = count + Math.max(seconds, 0) + 0.5; // seconds were rounded
    }
    for (const [key, entry] of this.#hours) {
      const age = clock.now() - Date.parse(entry.hour);
      if (age > KEPT_HOURS_MS || (isTold(entry) && age > 2 * HOUR_MS)) this.#hours.delete(key);
    }
    return this.save();
  }

  #entry(sha256) {
    const hour = new Date(Math.floor(clock.now() / HOUR_MS) * HOUR_MS).toISOString().replace(".000", "");
    const key = hour + sha256;
    if (!this.#hours.has(key)) this.#hours.set(key, { sha256, hour, count: 0, seconds: 0 });
    return this.#hours.get(key);
  }

  save() {
    this.tick();
    return store.put("plays", [...this.#hours]);
  }
}
