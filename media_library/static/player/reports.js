// What the device has to say and nobody has acknowledged yet: kept on the disk before it is sent, so that neither a
// lost answer nor a power cut loses or doubles any of it.
import { clock } from "./protocol.js";
import * as store from "./store.js";

const RING = 1000; // logs kept while nobody answers; then the oldest give way
export const BATCH = 200; // logs, and plays, of one report
const KEPT_HOURS = 50_000; // of one file each: five weeks of sixty files
const HOUR_MS = 3_600_000;

/** Reports under `boot_id` and `seq`. One is under way at a time and never changes until it is acknowledged. */
export class Outbox {
  #kept;
  /** The latest things that went wrong, for the operator. */
  errors = [];

  /** Take up what the last run left: a report of its that is under way, under its own boot, and what waits. */
  async open() {
    const { batch = null, waiting = [] } = (await store.get("outbox")) ?? {};
    this.#kept = { batch, waiting, boot_id: crypto.randomUUID(), seq: 0 };
    await this.#save();
  }

  get waiting() {
    return this.#kept.waiting.length + (this.#kept.batch?.logs?.length ?? 0);
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
      const logs = this.#kept.waiting.splice(0, BATCH);
      this.#kept.batch = { ...state, boot_id: this.#kept.boot_id, seq: ++this.#kept.seq, logs };
      if (plays) this.#kept.batch.plays = plays;
      await this.#save();
    }
    return this.#kept.batch;
  }

  /** The report arrived, or was refused for good. Where only some of its fields were, it goes again without them. */
  settle(refused = []) {
    const wrong = refused.filter((name) => name in this.#kept.batch);
    for (const name of wrong) delete this.#kept.batch[name];
    if (!wrong.length) this.#kept.batch = null;
    return this.#save();
  }

  #save = () => store.put("outbox", this.#kept);
}

const thisHour = () => new Date(Math.floor(clock.now() / HOUR_MS) * HOUR_MS).toISOString().replace(".000", "");
const sum = ({ count, seconds }) => count + seconds;
const isTold = (entry) => sum(entry) <= (entry.told ?? 0);

/** Proof of play: for each file and hour (UTC), how often it came on the screen and for how many seconds, in total. */
export class Plays {
  #hours = new Map();
  #on = null;
  #saved = null;

  async open() {
    const [all = [], latest = []] = await Promise.all([store.get("plays"), store.get("plays_now")]);
    this.#hours = new Map(all);
    for (const [key, entry] of latest) {
      const other = this.#hours.get(key); // a power cut may have left either behind
      if (!other || sum(entry) > sum(other)) this.#hours.set(key, entry);
    }
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
    this.#entry(this.#on.sha256).seconds += Math.min(120, (now - this.#on.since) / 1000); // longer: it slept
    this.#on.since = now;
  }

  /** What the server has not acknowledged, oldest first. */
  due() {
    this.tick();
    const due = [...this.#hours.values()].filter((entry) => !isTold(entry)).slice(0, BATCH);
    return due.map(({ told, seconds, ...rest }) => ({ ...rest, seconds: Math.min(3600, Math.round(seconds)) }));
  }

  /** The server has stored these totals. */
  acknowledge(entries) {
    for (const { sha256, hour, count, seconds } of entries) {
      const entry = this.#hours.get(hour + sha256);
      if (entry) entry.told = count + Math.max(seconds, 0) + 0.5; // seconds were rounded
    }
    return this.save(true);
  }

  #entry(sha256) {
    const hour = thisHour();
    const key = hour + sha256;
    if (!this.#hours.has(key)) this.#hours.set(key, { sha256, hour, count: 0, seconds: 0 });
    return this.#hours.get(key);
  }

  /** Keep the present hour; all, which may be many, once an hour and when some are told. What is told is forgotten, but
   *  for the latest three hours (a clock may leap and come back), and the oldest of too many. */
  save(all = this.#saved !== thisHour()) {
    this.tick();
    const hour = thisHour();
    if (!all) return store.put("plays_now", [...this.#hours].filter(([, entry]) => entry.hour === hour));
    this.#saved = hour;
    const latest = [...new Set([...this.#hours.values()].map((entry) => entry.hour))].slice(-3);
    for (const [key, entry] of this.#hours) {
      const isDone = isTold(entry) && !latest.includes(entry.hour);
      if (isDone || this.#hours.size > KEPT_HOURS) this.#hours.delete(key);
    }
    return store.put("plays", [...this.#hours]);
  }
}
