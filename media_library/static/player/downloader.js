// A worker that brings one file: into `<sha256>.part`, resumed with Range, verified, then renamed.
// It works on the file in place, so that what has arrived is still there after a power cut.
import { sha256 } from "./vendor/noble-hashes/sha2.js";
import { bytesToHex } from "./vendor/noble-hashes/utils.js";

const STALLED_AFTER_MS = 30_000;
const PIECE = 1024 * 1024;
const NOT_SIGNED_ANY_MORE = [400, 401, 403, 404, 410]; // S3 says 403 of an expired address, some other stores 400

const failure = (kind, message) => Object.assign(new Error(message), { kind });

onmessage = async ({ data: { task, item } }) => {
  try {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("media", { create: true });
    await tasks[task](folder, item);
    postMessage({ done: true });
  } catch (error) {
    const kind = error.kind ?? (error.name === "QuotaExceededError" ? "full" : "network");
    postMessage({ failed: { kind, message: error.message } });
  }
};

const tasks = {
  /** Get the manifest's item. */
  async fetch(folder, item) {
    const handle = await folder.getFileHandle(`${item.sha256}.part`, { create: true });
    const part = await handle.createSyncAccessHandle();
    let whole = false;
    try {
      await download(part, item);
      whole = part.getSize() === item.size && digest(part) === item.sha256;
      if (!whole) part.truncate(0);
    } finally {
      part.flush();
      part.close();
    }
    if (!whole) throw failure("damaged", "the bytes are not those of the hash");
    await handle.move(item.sha256);
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
  const line = new AbortController();
  let timer = setTimeout(() => line.abort(), STALLED_AFTER_MS);
  try {
    const headers = at ? { Range: `bytes=${at}-` } : {};
    const response = await fetch(item.url, { headers, cache: "no-store", credentials: "omit", signal: line.signal });
    if (NOT_SIGNED_ANY_MORE.includes(response.status)) throw failure("expired", `the store said ${response.status}`);
    if (response.status !== 200 && response.status !== 206) throw new Error(`the store said ${response.status}`);
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
    at += read;
  }
  return bytesToHex(hash.digest());
}
