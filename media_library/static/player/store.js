// What has to survive a power cut and is small: the token, the playlists, unsent reports. One IndexedDB table of names.
const opened = new Promise((resolve, reject) => {
  const request = indexedDB.open("dgx-player", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("things");
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

async function run(mode, action) {
  const transaction = (await opened).transaction("things", mode, { durability: "strict" });
  const request = action(transaction.objectStore("things"));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

/** The value kept under a name, or undefined. */
export const get = (name) => run("readonly", (things) => things.get(name));

/** Keep a value; once this resolves it is on the disk. */
export const put = (name, value) => run("readwrite", (things) => things.put(value, name));
