// The verified files, by their hash, in the browser's private file system. What is there is whole.
const WORKER = new URL("downloader.js", import.meta.url);

export class Files {
  /** sha256 -> bytes of the files that are here. */
  held = new Map();
  /** The download under way: {item, at, stop}, or null. */
  current = null;
  #folder;

  /** Look at what is there. Throws where the browser has no such store (an address that is not secure, or too old). */
  async open() {
    if (!navigator.storage?.getDirectory) {
      throw new Error("This browser keeps no files for this address. Open it by https, or as http://localhost.");
    }
    this.#folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("media", { create: true });
    for await (const [name, handle] of this.#folder.entries()) {
      if (!name.endsWith(".part")) this.held.set(name, (await handle.getFile()).size);
    }
  }

  /** The file, read from the disk as it is needed. */
  async read(sha256) {
    return (await this.#folder.getFileHandle(sha256)).getFile();
  }

  /** Download an item. Throws {kind, message}: kind is expired, damaged, full or network. */
  async fetch(item) {
    await this.#work("fetch", item).finally(() => (this.current = null));
    this.held.set(item.sha256, item.size);
  }

  /** Stop a download that nobody wants any more; what has come of it is deleted with the rest. */
  giveUpUnless(wanted) {
    const unwanted = this.current && !wanted.has(this.current.item.sha256);
    if (unwanted) this.current.stop({ kind: "network", message: "given up" });
  }

  /** Verify a file that would not play; a spoiled one is gone after. One that is still on the screen stays. */
  async check(item) {
    await this.#work("check", item).catch(({ kind }) => kind === "damaged" && this.held.delete(item.sha256));
  }

  /** Delete all files but these, unfinished ones too. */
  async keepOnly(hashes) {
    const names = [];
    for await (const name of this.#folder.keys()) names.push(name);
    for (const name of names) {
      const sha256 = name.replace(/\.part$/, "");
      if (hashes.has(sha256) || this.current?.item.sha256 === sha256) continue;
      this.held.delete(name);
      await this.#folder.removeEntry(name).catch(() => {}); // open just now: the next round takes it
    }
  }

  /** Have a worker do one task: only there can a file be written in place. */
  #work(task, item) {
    const worker = new Worker(WORKER, { type: "module" });
    const answer = new Promise((resolve, reject) => {
      if (task === "fetch") this.current = { item, at: 0, stop: reject };
      worker.onmessage = ({ data: { at, failed } }) => {
        if (at) this.current.at = at;
        else if (failed) reject(failed);
        else resolve();
      };
      worker.onerror = (event) => reject({ kind: "network", message: event.message });
      worker.postMessage({ task, item });
    });
    return answer.finally(() => worker.terminate());
  }
}
