// The service worker: the player's own files, kept by version, so that the page starts with no network at all.
// The server puts `VERSION` and `FILES` (path: hash) in front. Media and the API are none of its business.
const CACHE = `dgx-player-${VERSION}`;
const PAGE = "/player/";

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));
addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  const ours = origin === location.origin && event.request.method === "GET";
  const page = ours && event.request.mode === "navigate" && pathname === PAGE;
  if (page || (ours && pathname in FILES)) event.respondWith(kept(event.request, page ? PAGE : pathname));
});

async function install() {
  const cache = await caches.open(CACHE);
  const fresh = (path) => new Request(path, { cache: "reload", credentials: "omit", integrity: FILES[path] ?? "" });
  await cache.addAll([PAGE, ...Object.keys(FILES)].map(fresh)); // all of one version, or none
  await skipWaiting();
}

async function activate() {
  const old = (await caches.keys()).filter((name) => name.startsWith("dgx-player-") && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await clients.claim();
}

async function kept(request, path) {
  return (await (await caches.open(CACHE)).match(path)) ?? fetch(request);
}
