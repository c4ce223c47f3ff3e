// The verified files, by their hash, in the browser's private file system. What is there is whole.
export class Files {
  /** sha256 -> bytes of the files that are here. */
  held = new Map();
  /** The download under way: {item, at}, or null. */
  current = null;
  #folder;
  #worker;
  #turn = Promise.resolve();

  /** Look at what is there. Throws where the browser has no such store (an address that is not secure, or too old). */
  async open() {
    if (!navigator.storage?.getDirectory) throw new Error("This browser keeps no files for this address.");
    this.#folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("media", { create: true });
    this.#hire();
    await this.#look();
  }

  #hire() {
    this.#worker = new Worker(new URL("downloader.js", import.meta.url), { type: "module" });
  }

  async #look() {
    this.held.clear();
    for await (const [name, handle] of this.#folder.entries()) {
      if (!name.endsWith(".part")) this.held.set(name, (await handle.getFile()).size);
    }
  }

  has(sha256) {
    return this.held.has(sha256);
  }

  /** The file, read from the disk as it is needed. */
  async read(sha256) {
    return (await this.#folder.getFileHandle(sha256)).getFile();
  }

  /** Download an item. Throws {kind, message}: kind is expired, damaged, full or network. */
  async fetch(item) {
    await this.#ask("fetch", item);
    this.held.set(item.sha256, item.size);
  }

  /** Stop a download that nobody wants any more; what has come of it is deleted with the rest. */
  giveUpUnless(wanted) {
    if (!this.current || wanted.has(this.current.item.sha256)) return;
    this.#worker.terminate();
    this.#worker.onerror({ message: "given up" });
    this.#hire();
  }

  /** Verify a file that would not play; a spoiled one is gone after. */
  async check(item) {
    await this.#ask("check", item).catch(() => {}); // it is on the screen: another time
    await this.#look();
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

  /** One task after the other: the worker knows which answer is whose by the order alone. */
  #ask(task, item) {
    const answer = this.#turn.then(() => this.#run(task, item));
    this.#turn = answer.catch(() => {});
    return answer;
  }

  async #run(task, item) {
    if (task === "fetch") this.current = { item, at: 0 };
    try {
      await new Promise((resolve, reject) => {
        this.#worker.onmessage = ({ data }) => {
          if (data.at && this.current) this.current.at = data.at;
          if (data.done) resolve();
          if (data.failed) reject(data.failed);
        };
        this.#worker.onerror = (event) => reject({ kind: "network", message: event.message });
        this.#worker.postMessage({ task, item });
      });
    } finally {
      this.current = null;
    }
  }
}
