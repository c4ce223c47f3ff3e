// One file on its way: begun or found again, sent in parts, paused, completed.
import { call, Refused } from "./api.js";
import { forget, remember } from "./memory.js";
import { sendPart } from "./parts.js";

const ADDRESSES_AT_ONCE = 50;
const NAMES_TRIED = 30;

/** Tells `changed` after every step. `state`: waiting, sending, paused, finishing, done, failed. */
export class Sender {
  state = "waiting";
  note = "";
  video = null;
  upload = null;
  #sent = new Map();
  #addresses = new Map();
  #stop = new AbortController();

  constructor({ file, name, pool, uploads, changed, found = null }) {
    Object.assign(this, { file, name, pool, uploads, changed, upload: found });
  }

  /** From 0 to 1. */
  get progress() {
    if (this.state === "done" || this.state === "finishing") return 1;
    let bytes = 0;
    for (const each of this.#sent.values()) bytes += each;
    return Math.min(1, bytes / this.file.size);
  }

  /** Send it, or what is left of it. Never rejects: what went wrong is in `state` and `note`. */
  async start() {
    this.#stop = new AbortController();
    this.#become("sending");
    try {
      await this.#begin();
      await this.#sendAll();
      await this.#complete();
    } catch (error) {
      if (this.#stop.signal.aborted) this.#become("paused");
      else this.#become("failed", this.#inWords(error));
    }
  }

  pause() {
    this.#stop.abort();
  }

  /** Take it back, with what has arrived. */
  async cancel() {
    this.pause();
    if (!this.upload || this.video) return;
    forget(this.upload.id);
    await call("DELETE", `${this.uploads}${this.upload.id}/`).catch(() => {}); // the server takes it back in a day
  }

  async #begin() {
    if (this.upload) {
      this.upload = await call("GET", `${this.uploads}${this.upload.id}/`);
    } else {
      this.upload = await this.#beginUnderFreeName();
    }
    remember(this.upload.id, this.file);
    for (const number of this.upload.arrived) this.#sent.set(number, this.#sizeOf(number));
    this.changed(this);
  }

  /** A taken name gets a number behind it: “Menu 2”. */
  async #beginUnderFreeName() {
    const wanted = this.name;
    const { name: filename, size, type } = this.file;
    for (let number = 2; ; number++) {
      try {
        return await call("POST", this.uploads, { name: this.name, filename, size, type });
      } catch (error) {
        if (error.code !== "duplicate" || number > NAMES_TRIED) throw error;
        this.name = `${wanted} ${number}`;
      }
    }
  }

  async #sendAll() {
    const numbers = Array.from({ length: this.upload.parts }, (_, index) => index + 1);
    const missing = numbers.filter((number) => !this.upload.arrived.includes(number));
    const signal = this.#stop.signal;
    const parts = missing.map((number) =>
      this.pool.run(() => {
        signal.throwIfAborted();
        const start = (number - 1) * this.upload.part_size;
        return sendPart({
          bytes: this.file.slice(start, start + this.#sizeOf(number)),
          addressOf: (isNew) => this.#addressOf(number, missing, isNew),
          told: (bytes) => this.#hear(number, bytes),
          failed: (error, attempt) => this.#become("sending", `Part ${number} failed (${error.message}); trying again, ${attempt + 1}.`),
          signal,
        }).then(() => {
          this.#hear(number, this.#sizeOf(number));
          if (this.note) this.#become("sending");
        });
      }),
    );
    try {
      await Promise.all(parts);
    } catch (error) {
      if (!signal.aborted) {
        await Promise.allSettled(parts.map((part) => part.catch(() => {})));
      }
      throw error;
    }
  }

  async #addressOf(number, missing, isNew) {
    if (isNew) this.#addresses.clear(); // they may have run out
    if (!this.#addresses.has(number)) {
      const from = missing.indexOf(number);
      const asked = missing.slice(from, from + ADDRESSES_AT_ONCE);
      const fetched = call("POST", `${this.uploads}${this.upload.id}/addresses/`, { parts: asked });
      for (const each of asked) {
        this.#addresses.set(each, fetched.then((said) => said.parts.find((part) => part.number === each).url));
        this.#addresses.get(each).catch(() => this.#addresses.delete(each));
      }
    }
    return this.#addresses.get(number);
  }

  async #complete() {
    this.#become("finishing");
    this.video = await call("POST", `${this.uploads}${this.upload.id}/complete/`, { name: this.name });
    forget(this.upload.id);
    this.#become("done");
  }

  #sizeOf(number) {
    return Math.min(this.upload.part_size, this.file.size - (number - 1) * this.upload.part_size);
  }

  #hear(number, bytes) {
    this.#sent.set(number, bytes);
    this.changed(this);
  }

  #become(state, note = "") {
    Object.assign(this, { state, note });
    this.changed(this);
  }

  #inWords(error) {
    if (!(error instanceof Refused)) return `${error.message}. Try again, or use the ordinary form.`;
    if (error.status === 404) {
      this.upload = null;
      this.#sent.clear();
      return "The server took this upload back. Try again to send it anew.";
    }
    return error.about(Object.keys(error.fields)[0] ?? "");
  }
}
