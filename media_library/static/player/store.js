// What has to survive a power cut and is small: the token, the playlists, unsent reports. One IndexedDB table of names.
// What the disk does not take, since it is full or somebody cleared it, it gets again with the next value.
const known = new Map();
let opened = null;
export let trouble = null; // why the disk did not take the last value

const open = () =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open("dgx-player", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("things");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function run(mode, action) {
  const transaction = (await (opened ??= open())).transaction("things", mode, { durability: "strict" });
  const request = action(transaction.objectStore("things"));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

/** The value kept under a name, or undefined. */
export const get = (name) => run("readonly", (things) => things.get(name));

/** Keep a value; once this resolves it is on the disk, or there is `trouble`. */
export async function put(name, value) {
  known.set(name, value);
  const due = trouble ? known : new Map([[name, value]]);
  try {
    await run("readwrite", (things) => due.forEach((value, name) => things.put(value, name)));
    trouble = null;
  } catch (error) {
    [trouble, opened] = [String(error), null]; // perhaps it was closed under us: the next call opens it
  }
}
