// A worker that brings one file, resumed with Range, and verifies it.
// It works on the file in place, so that what has arrived is still there after a power cut.
import { sha256 } from "./vendor/noble-hashes/sha2.js";
import { bytesToHex } from "./vendor/noble-hashes/utils.js";

const STALLED_AFTER_MS = 30_000;
const PIECE = 1024 * 1024;
const HEADROOM = 7 * PIECE; // left for unsent reports, and for a new version of the player
const KINDS = { QuotaExceededError: "full", NotFoundError: "damaged" };
const NOT_SIGNED_ANY_MORE = [400, 401, 403, 404, 410]; // S3 says 403 of an expired address, some other stores 400

const failure = (kind, message) => Object.assign(new Error(message), { kind });

onmessage = async ({ data: { task, item } }) => {
  try {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("media", { create: true });
    await tasks[task](folder, item);
    postMessage({ done: true });
  } catch (error) {
    postMessage({ failed: { kind: error.kind ?? KINDS[error.name] ?? "network", message: error.message } });
  }
};

const tasks = {
  /** Get the manifest's item. */
  async fetch(folder, item) {
    const part = await (await folder.getFileHandle(item.sha256, { create: true })).createSyncAccessHandle();
    try {
      await download(part, item);
      const whole = part.getSize() === item.size && digest(part) === item.sha256;
      if (!whole) throw failure("damaged", "the bytes are not those of the hash");
    } catch (error) {
      if (error.kind === "damaged" || error.name === "QuotaExceededError") part.truncate(0); // others need the room
      throw error;
    } finally {
      part.flush();
      part.close();
    }
  },

  /** Look at a file that would not play: one that the disk has spoiled is removed, to be fetched again. */
  async check(folder, item) {
    const handle = await folder.getFileHandle(item.sha256);
    const file = await handle.createSyncAccessHandle();
    const spoiled = digest(file) !== item.sha256;
    file.close();
    if (!spoiled) return;
    await folder.removeEntry(item.sha256);
    throw failure("damaged", "the disk has spoiled it");
  },
};

async function download(part, item) {
  let at = part.getSize();
  if (at >= item.size) return; // whole, or too long: the hash tells
  part.truncate(item.size + HEADROOM); // throws where there is no room: what a browser estimates is not true
  part.truncate(at);
  const line = new AbortController();
  let timer = setTimeout(() => line.abort(), STALLED_AFTER_MS);
  try {
    const headers = at ? { Range: `bytes=${at}-` } : {};
    const response = await fetch(item.url, { headers, cache: "no-store", credentials: "omit", signal: line.signal });
    const kind = NOT_SIGNED_ANY_MORE.includes(response.status) ? "expired" : "network";
    if (![200, 206].includes(response.status)) throw failure(kind, `the store said ${response.status}`);
    if (at && !isTheRest(response, at, item.size)) part.truncate((at = 0));
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      clearTimeout(timer);
      timer = setTimeout(() => line.abort(), STALLED_AFTER_MS);
      at += part.write(value, { at });
      postMessage({ at });
      if (at > item.size) throw (line.abort(), failure("damaged", "more bytes than announced"));
    }
  } finally {
    clearTimeout(timer);
  }
  if (at < item.size) throw new Error("the connection closed early");
}

/** Some stores answer a Range with 200, and few let a page of another origin read Content-Range: the length tells. */
function isTheRest(response, at, size) {
  const range = response.headers.get("Content-Range");
  if (range) return range.startsWith(`bytes ${at}-`);
  return response.status === 206 || Number(response.headers.get("Content-Length")) === size - at;
}

function digest(file) {
  const hash = sha256.create();
  const piece = new Uint8Array(PIECE);
  for (let at = 0, size = file.getSize(); at < size; ) {
    const read = file.read(piece, { at });
    hash.update(piece.subarray(0, read));
    postMessage({ at: (at += read) });
  }
  return bytesToHex(hash.digest());
}
