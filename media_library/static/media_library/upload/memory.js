// Which file on this computer an upload was begun with, so that it goes on after a reload once the file is chosen again.
const KEY = "dgx-uploads";

const read = () => {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
};

const write = (known) => {
  try {
    localStorage.setItem(KEY, JSON.stringify(known));
  } catch {
    // without storage an upload still goes on: it is found by the file's name and size
  }
};

export const fingerprint = (file) => `${file.name}|${file.size}|${file.lastModified}`;

export const remember = (id, file) => write({ ...read(), [id]: fingerprint(file) });

export function forget(id) {
  const { [id]: _gone, ...rest } = read();
  write(rest);
}

/** The upload, of those that are under way, that this file was begun as. */
export function findBegun(uploads, file) {
  const known = read();
  return uploads.find(
    (upload) =>
      upload.filename === file.name && upload.size === file.size && (known[upload.id] ?? fingerprint(file)) === fingerprint(file),
  );
}
