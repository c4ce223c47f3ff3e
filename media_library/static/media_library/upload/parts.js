// Parts on their way to the store: so many at once over all files, each with its progress, each sent again when it fails.
const ATTEMPTS = 7;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;
const SILENT_MS = 60_000;

/** Runs tasks, `limit` at a time, in the order in which they came. */
export class Pool {
  #free;
  #waiting = [];

  constructor(limit) {
    this.#free = limit;
  }

  async run(task) {
    if (this.#free > 0) this.#free--;
    else await new Promise((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}

/** PUT the bytes to the address; `told(bytes)` hears how many are out. Rejects on any other answer than success, when
 * nothing moves for a minute, and when the signal aborts. */
function put(address, bytes, told, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let watch;
    const wait = () => {
      clearTimeout(watch);
      watch = setTimeout(() => request.abort(), SILENT_MS);
    };
    const end = (settle, value) => {
      clearTimeout(watch);
      signal.removeEventListener("abort", stop);
      settle(value);
    };
    const stop = () => request.abort();
    request.upload.onprogress = (event) => (wait(), told(event.loaded));
    request.onload = () =>
      request.status >= 200 && request.status < 300
        ? end(resolve)
        : end(reject, Object.assign(new Error(`the store answered ${request.status}`), { status: request.status }));
    request.onerror = () => end(reject, new Error("the store cannot be reached"));
    request.onabort = () => end(reject, new Error("stopped"));
    signal.addEventListener("abort", stop);
    request.open("PUT", address);
    wait();
    request.send(bytes);
  });
}

/** Send one part, again and again with growing pauses; `addressOf(isNew)` gives where. What fails while the browser says
 * that it is offline does not count: a long outage is waited for, and a browser that is wrong about it sends all the same. */
export async function sendPart({ bytes, addressOf, told, failed, signal }) {
  for (let attempt = 1, counted = 0; ; attempt++) {
    signal.throwIfAborted();
    try {
      const address = await addressOf(attempt > 1);
      return await put(address, bytes, told, signal);
    } catch (error) {
      told(0);
      signal.throwIfAborted();
      if (navigator.onLine) counted++;
      if (counted === ATTEMPTS || error.code) throw error;
      failed(error, attempt);
      await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)) * (0.75 + Math.random() / 2), signal);
    }
  }
}

/** Waits so long, or until the network is back. */
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    addEventListener("online", resolve, { once: true, signal });
    signal.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}
