// What is to be shown: the set that is on the air, the set that is wanted, and what is next.
import { clock } from "./protocol.js";
import * as store from "./store.js";
import { isOpen } from "./windows.js";

const BROKEN_FOR_MS = 10 * 60_000;
const BROKEN_ALONE_FOR_MS = 30_000;
export const isEmergency = (item) => item.layer === "emergency";

export class Programme {
  /** The manifest on the air: complete when it was taken. */
  active = null;
  /** The newest manifest; the same as `active` once all of its files are here. */
  wanted = null;
  broken = new Map(); // sha256 -> until when a file is left out
  #files;

  constructor(files) {
    this.#files = files;
  }

  async open() {
    this.active = (await store.get("active")) ?? null;
    this.wanted = (await store.get("wanted")) ?? this.active;
  }

  /** A manifest came; files that are on their way stay so. What cannot be verified is not played. */
  async take(manifest) {
    const items = manifest.items.filter((item) => /^[0-9a-f]{64}$/.test(item.sha256) && item.size > 0);
    this.wanted = { ...manifest, items };
    await store.put("wanted", this.wanted);
    await this.settle();
  }

  /** The wanted items whose file is not here, each once; an emergency's first. */
  missing() {
    const lacking = (this.wanted?.items ?? []).filter((item) => !this.#files.held.has(item.sha256));
    lacking.sort((one, other) => isEmergency(other) - isEmergency(one));
    return [...new Map(lacking.map((item) => [item.sha256, item])).values()];
  }

  /** Put the wanted set on the air once it is complete. */
  async settle() {
    if (!this.wanted || this.wanted === this.active || this.missing().length) return;
    this.active = this.wanted;
    await store.put("active", this.active);
  }

  /** No room for two sets: what is here of the wanted one goes on the air; while nothing is, the old keeps one file. */
  giveWay() {
    const items = this.#open(this.active).sort((one, other) => one.size - other.size).slice(0, 1);
    this.active = this.#open(this.wanted).length ? this.wanted : { ...this.active, tag: null, items };
  }

  /** The tag of the set that is held whole, or null. */
  get have() {
    const whole = this.active?.items.every((item) => this.#files.held.has(item.sha256));
    return whole ? this.active.tag : null;
  }

  /** Hashes of all that some set needs. */
  listed() {
    return new Set([this.active, this.wanted].flatMap((set) => set?.items ?? []).map((item) => item.sha256));
  }

  /** What is shown at this moment, in order: the newest set's emergencies as soon as their own files are here; else of
   *  the set on the air (of the first set ever while that still comes in) the regular items, else the default ones. */
  showing() {
    const emergencies = this.#open(this.wanted).filter(isEmergency);
    if (emergencies.length) return emergencies;
    const set = this.#held(this.active).length || !this.wanted?.items.length ? this.active : this.wanted;
    const others = this.#open(set).filter((item) => !isEmergency(item));
    const regular = others.filter((item) => item.layer !== "default");
    return regular.length ? regular : others;
  }

  #held = (set) => (set?.items ?? []).filter((item) => this.#files.held.has(item.sha256));
  #open = (set) => this.#held(set).filter((item) => isOpen(item.window, clock.now(), set.timezone));

  /** The item after this one (or after where it was), null when there is none that can be played. */
  after(item) {
    const items = this.showing();
    const place = item ? items.findIndex((other) => same(other, item)) : -1;
    const from = place >= 0 ? place + 1 : Math.max(0, items.findIndex((other) => item && other.order > item.order));
    const turn = [...items.slice(from), ...items.slice(0, from)];
    return turn.find((other) => !(this.broken.get(other.sha256) > performance.now())) ?? null;
  }

  /** Whether an item may stay on the screen as it is. */
  stillShows(item) {
    return this.showing().some((other) => same(other, item));
  }

  /** Leave a file out for a while: it would not play. Not for long where nothing else is left to be shown. */
  skip(item) {
    this.broken.set(item.sha256, performance.now() + BROKEN_FOR_MS);
    if (!this.after(item)) this.broken.set(item.sha256, performance.now() + BROKEN_ALONE_FOR_MS);
  }

  /** Changes whenever something else is to be shown. */
  get fingerprint() {
    return this.showing().map(looks).join();
  }
}

const looks = (item) => item && [item.id, item.sha256, item.rotation, item.fit_mode, item.display_duration].join(" ");
export const same = (one, other) => looks(one) === looks(other);
