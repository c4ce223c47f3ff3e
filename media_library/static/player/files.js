// The verified files, by their hash, in the browser's private file system; a list in the store says which are whole.
import * as store from "./store.js";

const WORKER = new URL("downloader.js", import.meta.url);
const folder = async () => (await navigator.storage.getDirectory()).getDirectoryHandle("media", { create: true });

export class Files {
  /** sha256 -> bytes of the files that are here. */
  held = new Map();
  /** The download under way: {item, at, stop}, or null. */
  current = null;
  #checked = Promise.resolve();

  /** Look at what is there. Throws where the browser has no such store (an address that is not secure, or too old). */
  async open() {
    if (!navigator.storage?.getDirectory) {
      throw new Error("This browser keeps no files. It needs https or http://localhost, and Chromium 109 or newer.");
    }
    const whole = new Map(await store.get("whole"));
    for await (const [name, handle] of (await folder()).entries()) {
      if (whole.get(name) === (await handle.getFile()).size) this.held.set(name, whole.get(name));
    }
  }

  /** The file, read from the disk as it is needed. */
  async read(sha256) {
    return (await (await folder()).getFileHandle(sha256)).getFile();
  }

  /** Download an item, calling `heard` meanwhile. Throws {kind, message}: expired, damaged, full, unwanted, network. */
  async fetch(item, heard) {
    await store.put("whole", [...this.held]); // a name would not tell: many a WebView renames nothing
    await this.#work("fetch", item, heard).finally(() => (this.current = null));
    await store.put("whole", [...this.held.set(item.sha256, item.size)]);
  }

  /** Verify a file that would not play, one after the other; a spoiled one is gone after. */
  check(item) {
    const damaged = ({ kind }) => kind === "damaged" && this.held.delete(item.sha256);
    return (this.#checked = this.#checked.then(() => this.#work("check", item)).catch(damaged));
  }

  /** Delete all files but these, unfinished ones too; and notice which have gone without us. */
  async keepOnly(hashes) {
    const [media, names] = [await folder(), new Set()];
    for await (const name of media.keys()) names.add(name);
    for (const sha256 of this.held.keys()) if (!names.has(sha256)) this.held.delete(sha256);
    for (const name of names) {
      if (hashes.has(name) || this.current?.item.sha256 === name) continue;
      this.held.delete(name);
      await media.removeEntry(name).catch(() => {}); // open just now: the next round takes it
    }
  }

  /** Have a worker do one task: only there can a file be written in place. */
  #work(task, item, heard) {
    const worker = new Worker(WORKER, { type: "module" });
    const answer = new Promise((resolve, reject) => {
      const work = { item, at: 0, stop: reject };
      if (task === "fetch") this.current = work;
      worker.onmessage = ({ data: { at, failed } }) => {
        if (at) heard?.((work.at = at));
        else if (failed) reject(failed);
        else resolve();
      };
      worker.onerror = (event) => reject({ kind: "network", message: event.message });
      worker.postMessage({ task, item });
    });
    return answer.finally(() => worker.terminate());
  }
}
